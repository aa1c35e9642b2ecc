//! `sync_days`: what is known of each day on each track.

use sea_orm::entity::prelude::*;

use crate::domain::{day_state::Reads, sync::SyncTrack};

/// A row of `sync_days`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_days")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub track: SyncTrack,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    /// How many records the platform said there are, at the last read.
    pub expected: Option<i64>,
    /// How many distinct records the last read brought; until a first read ends, how many calls it brought
    /// at least.
    pub seen: Option<i64>,
    /// When the whole day was first read and counted.
    pub completed_at: Option<DateTimeUtc>,
    /// When the last good read ended.
    pub synced_at: Option<DateTimeUtc>,
    /// Up to which instant the last good read went.
    pub synced_through: Option<DateTimeUtc>,
    /// A newer read failed or is unfinished.
    pub is_stale: bool,
    /// Why the last read failed.
    pub error: Option<String>,
    pub last_run_id: Option<i64>,
    pub updated_at: DateTimeUtc,
    /// When the day was last read from its first second on, and not only what was new.
    pub verified_at: Option<DateTimeUtc>,
    /// When the oldest read began that what is known rests on.
    pub read_at: Option<DateTimeUtc>,
    /// How many seconds beyond the day's end its calls were looked for in the list.
    pub list_lag_seconds: i64,
    /// Of those seen, how many wait to be dialled and are no calls yet.
    pub undialled: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What its reads came to. One that failed is one, too, if calls were stored by it: they are in the
    /// figures.
    #[must_use]
    pub fn reads(&self) -> Reads {
        let has_stored = self.seen.is_some_and(|seen| seen > self.undialled);
        Reads {
            read: self.synced_at.is_some() || has_stored,
            complete: self.completed_at.is_some(),
            stale: self.is_stale,
        }
    }
}
