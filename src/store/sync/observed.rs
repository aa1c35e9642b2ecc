//! How synchronisation is doing, in a fixed number of statements of which none reads a history.

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::Query,
};

use crate::{
    domain::{
        alert::{AlertKind, DeliveryState},
        business_time::DayRange,
        sync::{SliceState, SyncStatus, SyncTrack},
    },
    entity::{alert, alert_delivery, sync_day, sync_run, sync_slice},
    store::Result,
};

/// What a day is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayWorth {
    /// On this track.
    pub track: SyncTrack,
    /// The day.
    pub day: NaiveDate,
    /// Whether its last read failed, or is unfinished.
    pub is_stale: bool,
    /// Whether it was ever read whole.
    pub is_complete: bool,
}

/// What the days of `range` are worth; those never asked for are missing.
pub async fn days(db: &impl ConnectionTrait, range: DayRange) -> Result<Vec<DayWorth>> {
    let days = sync_day::Entity::find()
        .filter(sync_day::Column::Day.between(range.from(), range.to()))
        .all(db)
        .await?;
    Ok(days
        .into_iter()
        .map(|day| DayWorth {
            track: day.track,
            day: day.day,
            is_stale: day.is_stale,
            is_complete: day.completed_at.is_some(),
        })
        .collect())
}

/// How many slices of the runs at work are in each state.
pub async fn slices(db: &impl ConnectionTrait) -> Result<Vec<(SliceState, i64)>> {
    let running = Query::select()
        .column(sync_run::Column::Id)
        .from(sync_run::Entity)
        .and_where(sync_run::Column::Status.eq(SyncStatus::Running))
        .take();
    Ok(sync_slice::Entity::find()
        .select_only()
        .column(sync_slice::Column::State)
        .column_as(sync_slice::Column::Id.count(), "count")
        .filter(sync_slice::Column::RunId.in_subquery(running))
        .group_by(sync_slice::Column::State)
        .into_tuple()
        .all(db)
        .await?)
}

/// How many alerts of each kind are open.
pub async fn open_alerts(db: &impl ConnectionTrait) -> Result<Vec<(AlertKind, i64)>> {
    Ok(alert::Entity::find()
        .select_only()
        .column(alert::Column::Kind)
        .column_as(alert::Column::Id.count(), "count")
        .filter(alert::Column::IsOpen.eq(true))
        .group_by(alert::Column::Kind)
        .into_tuple()
        .all(db)
        .await?)
}

/// How many messages of alerts are still to be sent.
pub async fn pending_deliveries(db: &impl ConnectionTrait) -> Result<i64> {
    let pending = alert_delivery::Entity::find()
        .filter(alert_delivery::Column::State.eq(DeliveryState::Pending))
        .count(db)
        .await?;
    Ok(i64::try_from(pending).unwrap_or(i64::MAX))
}
