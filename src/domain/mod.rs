//! The rules and the words of the business: pure functions and types, no I/O.
//!
//! Enums and money derive how a database column holds them, as they might derive serde's traits;
//! no statement is built or run here.

pub mod business_time;
pub mod dialing;
pub mod filter;
pub mod grade;
pub mod incoming;
pub mod leads;
pub mod money;
pub mod page;
pub mod period;
pub mod phone;
pub mod scalar;
pub mod stats;
pub mod sync;
pub mod viewer;
