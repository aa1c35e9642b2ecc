//! Tests that need more than one file of the module.

mod client;
mod faults;
mod platform;
mod records;
