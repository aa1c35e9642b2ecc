//! Figures of days and periods, and who watches them.

pub mod dashboard;
pub mod figures;
pub mod grade_stats;
pub mod live;
pub mod metrics;
pub mod trend;
