//! `sync_runs`: the history of synchronisation.

use sea_orm::entity::prelude::*;

use crate::domain::sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow};

/// A row of `sync_runs`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_runs")]
pub struct Model {
    /// The id in the database, for joins in BI tools.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// What it asks the platform for.
    #[api(filter)]
    pub track: SyncTrack,
    /// Why these days.
    #[api(name = "window", filter)]
    pub sync_window: SyncWindow,
    /// The first business day.
    #[api(name = "from", filter, order)]
    pub from_day: Date,
    /// The last business day, included.
    #[api(name = "to", filter, order)]
    pub to_day: Date,
    /// What it came to.
    #[api(filter, order)]
    pub status: SyncStatus,
    /// Who started it.
    #[api(name = "trigger", filter)]
    pub triggered_by: SyncTrigger,
    /// Days done so far, well or not.
    #[api(filter)]
    pub days_done: i64,
    /// Answers read from the platform.
    #[api(filter)]
    pub pages: i64,
    /// Rows in them.
    #[api(filter)]
    pub fetched: i64,
    /// Rows that were new here.
    #[api(filter)]
    pub inserted: i64,
    /// Rows that had changed.
    #[api(filter)]
    pub updated: i64,
    /// Rows that were stored as they are, and not written again.
    #[api(filter)]
    pub unchanged: i64,
    /// Rows that are no calls yet, or that cannot be told apart or dated.
    #[api(filter)]
    pub skipped: i64,
    /// Which days could not be read, and why; null when all could.
    #[api(filter)]
    pub error: Option<String>,
    /// When it was started.
    #[api(filter, order)]
    pub started_at: DateTimeUtc,
    /// When the run last showed that it is alive.
    pub heartbeat_at: DateTimeUtc,
    /// When it ended; null while it is RUNNING.
    #[api(filter, order)]
    pub finished_at: Option<DateTimeUtc>,
    /// The process that carries it out.
    pub owner: Option<String>,
    /// Counts the owners; a write with an old number is refused.
    pub fence: i64,
    /// Of the days done, how many could not be read whole.
    #[api(filter)]
    pub days_failed: i64,
    /// Requests that had to be repeated.
    #[api(filter)]
    pub retries: i64,
    /// Calls that the platform has no longer: they are kept, and count for nothing.
    #[api(filter)]
    pub removed: i64,
    /// When somebody asked for its end with `cancelSync`; it ends soon after.
    #[api(filter)]
    pub cancelled_at: Option<DateTimeUtc>,
    /// Whether many calls may be taken for removed at once, because somebody knows why.
    pub accepts_removals: bool,
}

impl ActiveModelBehavior for ActiveModel {}
