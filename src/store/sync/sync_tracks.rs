//! `sync_tracks`: whether a track is asked for, or left alone because the platform fails.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ConnectionTrait, EntityTrait, QueryTrait,
    sea_query::{OnConflict, Query},
};

pub use crate::entity::sync_track::Model as SyncTrackRow;
use crate::{
    domain::{alert::ObservedTrack, listing::Listing, sync::SyncTrack},
    entity::sync_track::{Column, Entity},
    store::{Result, Transaction, dialect},
};

/// What is known of a track.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackState {
    /// Requests that failed in a row, after all repeats.
    pub failures: i64,
    /// Since when the platform is left alone.
    pub opened_at: Option<DateTime<Utc>>,
    /// When it is tried again.
    pub retry_at: Option<DateTime<Utc>>,
    /// What failed last.
    pub error: Option<String>,
    /// Since when the platform accepts our credentials no more.
    pub refused_at: Option<DateTime<Utc>>,
}

/// What is known of each track, in no order; one of which nothing was ever noted is missing.
pub async fn list(db: &impl ConnectionTrait) -> Result<Vec<SyncTrackRow>> {
    Ok(Entity::find().all(db).await?)
}

/// Notes whether a track is left alone.
pub async fn save(
    tx: &Transaction,
    track: SyncTrack,
    state: &TrackState,
    now: DateTime<Utc>,
) -> Result<()> {
    let columns = [
        Column::Failures,
        Column::OpenedAt,
        Column::RetryAt,
        Column::Error,
        Column::RefusedAt,
        Column::UpdatedAt,
    ];
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([Column::Track].into_iter().chain(columns))
        .values_panic([
            track.into(),
            state.failures.into(),
            state.opened_at.into(),
            state.retry_at.into(),
            state.error.clone().into(),
            state.refused_at.into(),
            now.into(),
        ])
        .on_conflict(
            OnConflict::column(Column::Track)
                .update_columns(columns)
                .to_owned(),
        );
    tx.execute(&insert).await?;
    Ok(())
}

/// What is known of the list of a track; nothing where nothing was ever noted.
pub async fn listing(db: &impl ConnectionTrait, track: SyncTrack) -> Result<Listing> {
    let row = Entity::find_by_id(track).one(db).await?;
    Ok(row.map(|row| listing_of(&row)).unwrap_or_default())
}

/// The same, locked until the transaction ends: whoever learns more waits.
pub async fn lock_listing(tx: &Transaction, track: SyncTrack) -> Result<Listing> {
    let mut find = Entity::find_by_id(track);
    dialect::lock_rows(tx.get_database_backend(), QueryTrait::query(&mut find));
    let row = find.one(tx).await?;
    Ok(row.map(|row| listing_of(&row)).unwrap_or_default())
}

/// What a row says of the list.
#[must_use]
pub fn listing_of(row: &SyncTrackRow) -> Listing {
    Listing {
        by: row.listed_by,
        longest: TimeDelta::seconds(row.list_lag_seconds),
    }
}

/// Notes what is known of the list of a track.
pub async fn save_listing(
    tx: &Transaction,
    track: SyncTrack,
    listing: Listing,
    now: DateTime<Utc>,
) -> Result<()> {
    let columns = [Column::ListedBy, Column::ListLagSeconds];
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns(
            [Column::Track, Column::Failures, Column::UpdatedAt]
                .into_iter()
                .chain(columns),
        )
        .values_panic([
            track.into(),
            0.into(),
            now.into(),
            listing.by.into(),
            listing.longest.num_seconds().into(),
        ])
        .on_conflict(
            OnConflict::column(Column::Track)
                .update_columns(columns)
                .to_owned(),
        );
    tx.execute(&insert).await?;
    Ok(())
}

/// What is known of a track, of which a day was last read well at `read_at`.
#[must_use]
pub fn observed(row: SyncTrackRow, read_at: Option<DateTime<Utc>>) -> ObservedTrack {
    ObservedTrack {
        track: row.track,
        paused: row.opened_at.map(|since| (since, row.retry_at)),
        refused_at: row.refused_at,
        error: row.error,
        noted_at: row.updated_at,
        read_at,
    }
}
