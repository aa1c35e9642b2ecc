//! Use cases: what the program does, whoever asks for it.

pub mod audit;
mod dialing;
mod idempotency;
mod identity;
mod stats;
mod sync;
mod upkeep;
pub mod write;

// The parts are named without their folders.
pub use dialing::{
    calls, grades, import, ingest, package_rules, packages, push, removal, reveal, tagging, tasks,
};
use dialing::{gaps, import_edits, import_results, import_rows, listed_parts, task_facts};
pub use identity::{access_tokens, accounts, caller, passwords, sign_in, users};
use identity::{recent, secrets, throttle, watchers};
pub use stats::{dashboard, figures, grade_stats, live, metrics, trend};
pub use sync::{alerts, coverage, reconciliation, refresh, sync_requests, sync_status};
pub use upkeep::{business_zone, demo, housekeeping, observed, readiness, retention, rezone};
