//! `sync_days`: what is known of each day on each track.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, Func, OnConflict, Query},
};

use super::{Change, Result, Transaction};
pub use crate::entity::sync_day::Model as SyncDayRow;
use crate::{
    domain::{business_time::DayRange, sync::SyncTrack},
    entity::sync_day::{Column, Entity},
};

/// What is known of `day` on `track`; `None` when nobody ever read it.
pub async fn find(
    db: &impl ConnectionTrait,
    track: SyncTrack,
    day: NaiveDate,
) -> Result<Option<SyncDayRow>> {
    Ok(Entity::find_by_id((track, day)).one(db).await?)
}

/// What is known of the days of `range` on `track`, oldest first; days never read are missing.
pub async fn list(
    db: &impl ConnectionTrait,
    track: SyncTrack,
    range: DayRange,
) -> Result<Vec<SyncDayRow>> {
    Ok(Entity::find()
        .filter(Column::Track.eq(track))
        .filter(Column::Day.between(range.from(), range.to()))
        .order_by_asc(Column::Day)
        .all(db)
        .await?)
}

/// A read of the day begins: until it ends well, what is known is stale.
pub async fn begin_read(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    run_id: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.note(Change::Day(day));
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([
            Column::Track,
            Column::Day,
            Column::IsStale,
            Column::LastRunId,
            Column::UpdatedAt,
        ])
        .values_panic([
            track.into(),
            day.into(),
            true.into(),
            run_id.into(),
            now.into(),
        ])
        .on_conflict(
            OnConflict::columns([Column::Track, Column::Day])
                .update_columns([Column::IsStale, Column::LastRunId, Column::UpdatedAt])
                .to_owned(),
        );
    tx.execute(&insert).await?;
    Ok(())
}

/// How a good read of a day ended.
#[derive(Debug, Clone, Copy)]
pub struct DayRead {
    /// How many records the platform said there are.
    pub expected: i64,
    /// How many distinct ones the read brought.
    pub seen: i64,
    /// The instant up to which it went.
    pub synced_through: DateTime<Utc>,
    /// Whether that is the whole day.
    pub whole_day: bool,
}

/// The read ended well: the day is fresh, and complete from now on if it was read whole.
pub async fn finish_read(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    read: DayRead,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.note(Change::Day(day));
    let completed = if read.whole_day { Some(now) } else { None };
    Entity::update_many()
        .col_expr(Column::Expected, Expr::value(read.expected))
        .col_expr(Column::Seen, Expr::value(read.seen))
        .col_expr(
            Column::CompletedAt,
            Func::coalesce([Expr::col(Column::CompletedAt), Expr::value(completed)]).into(),
        )
        .col_expr(Column::SyncedAt, Expr::value(now))
        .col_expr(Column::SyncedThrough, Expr::value(read.synced_through))
        .col_expr(Column::IsStale, Expr::value(false))
        .col_expr(Column::Error, Expr::value(Option::<String>::None))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Track.eq(track))
        .filter(Column::Day.eq(day))
        .exec(tx)
        .await?;
    Ok(())
}

/// The read of run `run_id` ended badly: what is known stays, stale, with the reason. A day that
/// another run has begun to read since is left to it.
pub async fn fail_read(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    run_id: i64,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.note(Change::Day(day));
    Entity::update_many()
        .col_expr(Column::IsStale, Expr::value(true))
        .col_expr(Column::Error, Expr::value(reason))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::LastRunId.eq(run_id))
        .filter(Column::Track.eq(track))
        .filter(Column::Day.eq(day))
        .exec(tx)
        .await?;
    Ok(())
}
