//! Tests that need more than one file of the module.

mod client;
mod faults;
mod platform;
mod push;
mod records;
mod simulated;
mod waiting;
