//! `sync_slices`: the ledger of synchronisation, a row for each part of a day of a run.

use sea_orm::entity::prelude::*;

use crate::domain::sync::{SliceState, SyncTrack};

/// A row of `sync_slices`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_slices")]
pub struct Model {
    /// The id in the database, for joins in BI tools.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// The synchronisation that it is a part of.
    #[api(id = "SyncRun", filter)]
    pub run_id: i64,
    /// What it asks the platform for.
    #[api(filter)]
    pub track: SyncTrack,
    /// The business day that it is a part of.
    #[api(filter, order)]
    pub day: Date,
    /// Its first second.
    #[api(name = "from", filter, order)]
    pub from_at: DateTimeUtc,
    /// Its last second, included.
    #[api(name = "to", filter)]
    pub to_at: DateTimeUtc,
    /// How far it is.
    #[api(filter, order)]
    pub state: SliceState,
    /// How many records the platform says it has; null until it said so.
    #[api(filter, resolved)]
    pub expected: Option<i64>,
    /// How many distinct records the last attempt brought; null before the first.
    #[api(filter, resolved)]
    pub seen: Option<i64>,
    /// Of those seen, how many wait to be dialled and are no calls yet.
    #[api]
    pub undialled: i64,
    /// Calls that are stored of its time and were not in the list.
    pub unlisted: i64,
    /// Calls in the list of days whose calls are not kept.
    pub not_kept: i64,
    /// Calls of it that the platform has no longer: they are kept, and count for nothing.
    #[api(filter)]
    pub removed: i64,
    /// Answers read from the platform, all attempts together.
    #[api(filter)]
    pub pages: i64,
    /// Requests that had to be repeated.
    #[api(filter)]
    pub retries: i64,
    /// How often it was read from the start.
    #[api(filter, order)]
    pub attempts: i64,
    /// Why the last attempt did not prove it whole.
    #[api(filter)]
    pub error: Option<String>,
    /// The process that reads it.
    pub owner: Option<String>,
    /// Counts the owners; a write with an old number is refused.
    pub fence: i64,
    /// Until when it is the owner's without another sign of life.
    pub expires_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    /// When somebody began to read it; null while it waits.
    #[api(filter, order)]
    pub started_at: Option<DateTimeUtc>,
    /// When nothing more was to be done about it.
    #[api(filter, order)]
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
