//! All SQL, one aggregate a file. Reads take any connection; writes take a transaction, which
//! only the service and sync layers open.

mod database;
mod dialing;
mod identity;
mod lists;
mod stats;
mod sync;
mod upkeep;

// The parts are named without their folders.
pub use database::idempotency_keys;
use database::{
    address, bulk, changes, connect, dialect, error, health, instances, private_files, retry,
    server_settings, statistics, transaction, write_queue,
};
pub use dialing::{
    agents, call_batches, call_edits, call_pushes, calls, grades, naming, package_rules, packages,
    removals, retired_grades, stored_calls, tag_counts, tags, task_edits, tasks,
};
pub use identity::{access_tokens, audit_log, sessions, users};
use lists::{counts, fetch, filters, paging, record, rows, selection, table};
use stats::counted_calls;
pub use stats::{active_seats, recounts, rollup_sums, rollups};
pub use sync::{
    alert_deliveries, alerts, leases, observed, platform_stats, platform_tokens, raw_records,
    run_claims, slice_claims, sync_days, sync_runs, sync_slices, sync_tracks,
};
pub use upkeep::{business_zones, retention, rezone, schema};
use upkeep::{data_changes, masked_audit_log, one_form, user_names};

pub use address::{DatabasePlace, DatabaseUrl, InvalidDatabaseUrl};
pub use changes::{Change, Changes, Told};
pub use connect::{ConnectOptions, Database, default_connections};
pub use counts::{count, count_by_parent};
pub use dialect::{claim_calls, write_calls};
pub use error::{StoreError, Trouble, reason};
pub use fetch::{by_ids, by_parent, list, matching, veil};
pub use health::{WriteHealth, probe};
pub use instances::Sharing;
pub use paging::{kinds, place};
pub use private_files::make_private_folder;
pub use record::{AnyRecord, Record, Stored};
pub use retry::{MaybeStoreError, Retry};
pub use rows::{Row, Rows, delete_row, find_by_ids, hold_rows, lock_row, lock_rows};
pub use selection::Selection;
pub use server_settings::InvalidServerSetting;
pub use statistics::follow_growth;
pub use table::{Column, LazyTable, Privacy, Relation, Table, TableId, ToMany, ToOne};
pub use transaction::Transaction;
pub use write_queue::{Lane, LaneState};

#[cfg(test)]
mod scope_tests;

/// The result of every store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A connection or transaction to read with.
pub use sea_orm::ConnectionTrait as Connection;
