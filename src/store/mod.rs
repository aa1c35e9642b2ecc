//! All SQL, one aggregate a file. Reads take any connection; writes take a transaction, which
//! only the service and sync layers open.

pub mod access_tokens;
mod address;
pub mod agents;
pub mod alert_deliveries;
pub mod alerts;
pub mod audit_log;
mod bulk;
pub mod business_zones;
pub mod call_batches;
pub mod call_edits;
pub mod call_pushes;
pub mod calls;
mod changes;
mod connect;
mod counts;
mod dialect;
mod error;
mod fetch;
mod filters;
pub mod grades;
mod health;
pub mod idempotency_keys;
mod instances;
pub mod leases;
pub mod naming;
pub mod observed;
mod one_form;
pub mod package_edits;
pub mod package_rules;
pub mod packages;
mod paging;
pub mod platform_stats;
pub mod platform_tokens;
pub mod raw_records;
mod record;
pub mod recounts;
pub mod removals;
pub mod retention;
pub mod retired_grades;
pub mod rezone;
pub mod rollup_sums;
pub mod rollups;
mod rows;
pub mod run_claims;
pub mod schema;
mod selection;
pub mod sessions;
pub mod slice_claims;
mod statistics;
pub mod sync_days;
pub mod sync_runs;
pub mod sync_slices;
pub mod sync_tracks;
mod table;
pub mod tag_counts;
pub mod tags;
pub mod task_edits;
pub mod tasks;
mod transaction;
pub mod users;
mod write_queue;

pub use address::{DatabasePlace, DatabaseUrl, InvalidDatabaseUrl};
pub use changes::{Change, Changes, Told};
pub use connect::{ConnectOptions, Database, default_connections};
pub use counts::{count, count_by_parent};
pub use dialect::{claim_calls, write_calls};
pub use error::{StoreError, Trouble};
pub use fetch::{by_ids, by_parent, list, matching};
pub use health::{WriteHealth, probe};
pub use instances::Sharing;
pub use record::{AnyRecord, Erasable, Record, Stored};
pub use rows::{Row, Rows, delete_row, find_by_ids, hold_rows, lock_row, lock_rows};
pub use selection::Selection;
pub use statistics::follow_growth;
pub use table::{Column, LazyTable, Table, TableId};
pub use transaction::Transaction;
pub use write_queue::{Lane, LaneState};

/// The result of every store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A connection or transaction to read with.
pub use sea_orm::ConnectionTrait as Connection;
