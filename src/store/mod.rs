//! All SQL, one aggregate a file. Reads take any connection; writes take a transaction, which
//! only the service and sync layers open.

pub mod agents;
pub mod call_batches;
pub mod calls;
mod connect;
mod dialect;
mod error;
mod fetch;
mod filters;
pub mod grades;
pub mod leases;
pub mod packages;
mod paging;
pub mod platform_stats;
pub mod platform_tokens;
mod record;
pub mod rollups;
pub mod schema;
mod selection;
pub mod sync_days;
pub mod sync_runs;
mod table;
pub mod tags;
pub mod tasks;

pub use connect::{ConnectOptions, Database, DatabaseUrl, InvalidDatabaseUrl};
pub use error::StoreError;
pub use fetch::{by_ids, by_parent, count, count_by_parent, list};
pub use record::{AnyRecord, Erasable, Record, Stored};
pub use selection::Selection;
pub use table::{Column, LazyTable, Table, TableId};

/// The result of every store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A connection or transaction to read with.
pub use sea_orm::ConnectionTrait as Connection;
/// An open transaction, as the store's write functions ask for.
pub use sea_orm::DatabaseTransaction as Transaction;
