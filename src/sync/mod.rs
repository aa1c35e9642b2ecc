//! Keeping calls and statistics in step with the Guanke platform.
//!
//! A run has one track and some days. A day is cut into slices, which are rows of a ledger: any
//! instance may claim one, read its pages and store each with what it counts for, in one transaction
//! with the proof that the slice is still its own. A slice is whole when the platform's count says so,
//! and a day is complete when its slices, without a gap, are. A run whose process ended is gone on
//! with by another, from the ledger.

mod assist;
mod call_records;
mod catch_up;
mod context;
mod day;
mod error;
mod incoming;
mod lease;
mod listing;
mod missing;
mod plan;
mod progress;
mod proof;
mod pushes;
mod raw;
mod replay;
mod run;
mod schedule;
mod scheduler;
mod seen;
mod shape;
mod slice;
mod task_stats;
mod timetable;
mod token_store;
mod work;

pub use context::SyncOptions;
pub use error::SyncError;
pub use progress::{Progress, Reporter};
pub use pushes::PlatformPushes;
pub use replay::{Replay, ReplayProgress, ReplayReport};
pub use run::{RunOutcome, Syncer};
pub use schedule::{Job, Schedule, ScheduleError, Tick};
pub use token_store::DatabaseTokenStore;
