//! The rules and the words of the business: pure functions and types, no I/O.
//!
//! Enums and money derive how a database column holds them, as they might derive serde's traits;
//! no statement is built or run here.

pub mod access;
pub mod access_token;
pub mod alert;
pub mod audit;
pub mod business_time;
pub mod business_zone;
pub mod call;
pub mod change;
pub mod counting;
pub mod day_state;
pub mod dialing;
pub mod fields;
pub mod filter;
pub mod fingerprint;
pub mod grade;
pub mod grade_input;
pub mod hidden;
pub mod incoming;
pub mod leads;
pub mod listing;
pub mod look_alikes;
pub mod money;
pub mod naming;
pub mod network;
pub mod package_rules;
pub mod page;
pub mod password;
pub mod period;
pub mod phone;
pub mod precis;
pub mod principal;
pub mod privacy;
pub mod problem;
pub mod pushed_call;
pub mod reconciliation;
pub mod scalar;
pub mod seal;
pub mod stats;
pub mod sync;
pub mod sync_progress;
pub mod task;
pub mod text;
pub mod user;
pub mod viewer;
