//! Figures, and the counts that they are read from.

pub mod active_seats;
pub(in crate::store) mod counted_calls;
pub mod recounts;
pub mod rollup_sums;
pub mod rollups;
