//! `sync_tracks`: whether a track is asked for at all, or left alone because the platform fails.

use sea_orm::entity::prelude::*;

use crate::domain::{listing::ListedBy, sync::SyncTrack};

/// A row of `sync_tracks`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_tracks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub track: SyncTrack,
    /// Requests that failed in a row, after all repeats.
    pub failures: i64,
    /// Since when the platform is left alone; none while it is asked.
    pub opened_at: Option<DateTimeUtc>,
    /// When it is tried again.
    pub retry_at: Option<DateTimeUtc>,
    /// What failed last.
    pub error: Option<String>,
    /// Since when the platform accepts our credentials no more; none while it does.
    pub refused_at: Option<DateTimeUtc>,
    pub updated_at: DateTimeUtc,
    /// By which time of a call the platform lists it; none while nothing showed it.
    pub listed_by: Option<ListedBy>,
    /// How many seconds after a call was dialled it may be listed.
    pub list_lag_seconds: i64,
}

impl ActiveModelBehavior for ActiveModel {}
