//! `sync_runs`: the history of synchronisation.

use sea_orm::entity::prelude::*;

use crate::domain::sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow};

/// A row of `sync_runs`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_runs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub track: SyncTrack,
    pub sync_window: SyncWindow,
    pub from_day: Date,
    pub to_day: Date,
    pub status: SyncStatus,
    pub triggered_by: SyncTrigger,
    pub days_done: i64,
    pub pages: i64,
    pub fetched: i64,
    pub inserted: i64,
    pub updated: i64,
    pub unchanged: i64,
    /// Records that are no calls yet, or cannot be told apart or dated.
    pub skipped: i64,
    pub error: Option<String>,
    pub started_at: DateTimeUtc,
    /// When the run last showed that it is alive.
    pub heartbeat_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    /// The process that carries it out.
    pub owner: Option<String>,
    /// Counts the owners; a write with an old number is refused.
    pub fence: i64,
    /// Days done that could not be read whole.
    pub days_failed: i64,
    /// Requests that had to be repeated.
    pub retries: i64,
    /// Calls that the platform has no longer.
    pub removed: i64,
    /// When somebody asked for its end.
    pub cancelled_at: Option<DateTimeUtc>,
    /// Whether many calls may be taken for removed at once, because somebody knows why.
    pub accepts_removals: bool,
}

impl ActiveModelBehavior for ActiveModel {}
