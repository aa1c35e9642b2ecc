//! Keeping calls and statistics in step with the Guanke platform.
//!
//! A run has one track and some days. A day is read under a lease, so that over all instances it
//! is read once at a time; what a page brings is stored, counted and noted on the run in one
//! transaction; and the day is called complete only when everything the platform counted is here.

mod call_records;
mod day;
mod lease;
mod progress;
mod run;
mod schedule;
mod scheduler;
mod task_stats;
mod token_store;

pub use day::SyncError;
pub use progress::{Progress, Reporter};
pub use run::{RunOutcome, SyncOptions, Syncer};
pub use schedule::{Job, Schedule, ScheduleError, Tick};
pub use token_store::DatabaseTokenStore;
