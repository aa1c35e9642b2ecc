//! The stored data as a whole: its schema and forms, its age, its time zone.

pub mod business_zones;
pub(in crate::store) mod data_changes;
pub(in crate::store) mod masked_audit_log;
pub(in crate::store) mod one_form;
pub mod retention;
pub mod rezone;
pub mod schema;
pub(in crate::store) mod user_names;
