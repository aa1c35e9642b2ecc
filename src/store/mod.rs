//! All SQL, one aggregate a file. Reads take any connection; writes take a transaction, which
//! only the service and sync layers open.

pub mod agents;
pub mod audit_log;
pub mod call_batches;
pub mod call_edits;
pub mod calls;
mod connect;
mod dialect;
mod error;
pub mod grades;
pub mod idempotency_keys;
pub mod leases;
pub mod package_edits;
pub mod packages;
mod paging;
pub mod platform_stats;
pub mod platform_tokens;
pub mod recounts;
pub mod rollups;
mod rows;
pub mod schema;
pub mod sync_days;
pub mod sync_runs;
pub mod tags;
pub mod task_edits;
pub mod tasks;

pub use connect::{ConnectOptions, Database, DatabaseUrl, InvalidDatabaseUrl};
pub use dialect::{claim_calls, write_calls};
pub use error::StoreError;
pub use paging::{Keyset, Row, find_by_ids, list, list_by_parent};
pub use rows::{delete_row, hold_rows, lock_row, lock_rows};

/// The result of every store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A connection or transaction to read with.
pub use sea_orm::ConnectionTrait as Connection;
/// An open transaction, as the store's write functions ask for.
pub use sea_orm::DatabaseTransaction as Transaction;
