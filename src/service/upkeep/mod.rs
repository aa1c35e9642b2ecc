//! What keeps the service going: its zone, its stored data, its state.

pub mod business_zone;
pub mod demo;
pub mod housekeeping;
pub mod observed;
pub mod readiness;
pub mod retention;
pub mod rezone;
