//! The database itself: connections, transactions, the queue of writes, dialects, errors.

pub(in crate::store) mod address;
pub(in crate::store) mod bulk;
pub(in crate::store) mod changes;
pub(in crate::store) mod connect;
pub(in crate::store) mod dialect;
pub(in crate::store) mod error;
pub(in crate::store) mod health;
pub mod idempotency_keys;
pub(in crate::store) mod instances;
pub(in crate::store) mod private_files;
pub(in crate::store) mod retry;
pub(in crate::store) mod server_settings;
pub(in crate::store) mod statistics;
pub(in crate::store) mod transaction;
pub(in crate::store) mod write_queue;
