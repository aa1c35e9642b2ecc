//! `sync_slices`: the ledger of synchronisation, a row for each part of a day of a run.

use sea_orm::entity::prelude::*;

use crate::domain::sync::{SliceState, SyncTrack};

/// A row of `sync_slices`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_slices")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub run_id: i64,
    pub track: SyncTrack,
    /// The business day it is a part of.
    pub day: Date,
    /// Its first second.
    pub from_at: DateTimeUtc,
    /// Its last second, included.
    pub to_at: DateTimeUtc,
    pub state: SliceState,
    /// How many records the platform says it has.
    pub expected: Option<i64>,
    /// How many distinct ones the last attempt brought.
    pub seen: Option<i64>,
    /// Of those seen, how many wait to be dialled and are no calls yet.
    pub undialled: i64,
    /// Calls that are stored of its time and were not in the list.
    pub unlisted: i64,
    /// Calls in the list of days whose calls are not kept.
    pub not_kept: i64,
    /// Calls of it that the platform has no longer.
    pub removed: i64,
    /// Answers read, all attempts together.
    pub pages: i64,
    /// Requests that had to be repeated.
    pub retries: i64,
    /// How often it was read from the start.
    pub attempts: i64,
    /// Why the last attempt did not prove it whole.
    pub error: Option<String>,
    /// The process that reads it.
    pub owner: Option<String>,
    /// Counts the owners; a write with an old number is refused.
    pub fence: i64,
    /// Until when it is the owner's without another sign of life.
    pub expires_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
