//! `platform_daily_stats`: the platform's own figures of a day.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

pub use crate::entity::platform_daily_stat::Model as PlatformStatRow;
use crate::{
    domain::{business_time::DayRange, sync::StatKind},
    entity::platform_daily_stat::{ActiveModel, Column, Entity},
    store::{Change, Result, Transaction},
};

/// One row of the platform's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPlatformStat {
    /// Account or task.
    pub kind: StatKind,
    /// Its name.
    pub name: String,
    /// Calls dialled.
    pub dialled: i64,
    /// Of those, connected.
    pub connected: i64,
    /// Of those, deals.
    pub success: i64,
    /// A row of sums or means.
    pub is_summary: bool,
    /// A seat.
    pub is_seat: bool,
}

/// What replacing the figures of a day changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplacedStats {
    /// Rows that were not there.
    pub inserted: i64,
    /// Rows that were different.
    pub updated: i64,
    /// Rows that were the same.
    pub unchanged: i64,
}

/// The figures of a day, by kind and name.
pub async fn list(db: &impl ConnectionTrait, day: NaiveDate) -> Result<Vec<PlatformStatRow>> {
    Ok(Entity::find()
        .filter(Column::StatDate.eq(day))
        .order_by_asc(Column::Kind)
        .order_by_asc(Column::Name)
        .all(db)
        .await?)
}

/// The figures of the days of `range`.
pub async fn list_of(db: &impl ConnectionTrait, range: DayRange) -> Result<Vec<PlatformStatRow>> {
    Ok(Entity::find()
        .filter(Column::StatDate.between(range.from(), range.to()))
        .all(db)
        .await?)
}

/// Makes `rows` the figures of `day`; rows the platform no longer has go, equal ones stay.
pub async fn replace(
    tx: &Transaction,
    day: NaiveDate,
    rows: &[NewPlatformStat],
    now: DateTime<Utc>,
) -> Result<ReplacedStats> {
    tx.note(Change::Day(day));
    let mut stored = list(tx, day).await?;
    let mut replaced = ReplacedStats::default();
    let mut fresh = Vec::new();
    for row in rows {
        let found = stored
            .iter()
            .position(|old| old.kind == row.kind && old.name == row.name)
            .map(|index| stored.swap_remove(index));
        match found {
            Some(old) if is_same(&old, row) => replaced.unchanged += 1,
            Some(old) => {
                replaced.updated += 1;
                Entity::delete_by_id(old.id).exec(tx).await?;
                fresh.push(row);
            }
            None => {
                replaced.inserted += 1;
                fresh.push(row);
            }
        }
    }
    let gone: Vec<i64> = stored.iter().map(|row| row.id).collect();
    if !gone.is_empty() {
        Entity::delete_many()
            .filter(Column::Id.is_in(gone))
            .exec(tx)
            .await?;
    }
    for rows in fresh.chunks(500) {
        Entity::insert_many(rows.iter().map(|row| model(day, row, now)))
            .exec_without_returning(tx)
            .await?;
    }
    Ok(replaced)
}

fn is_same(old: &PlatformStatRow, new: &NewPlatformStat) -> bool {
    (
        old.dialled,
        old.connected,
        old.success,
        old.is_summary,
        old.is_seat,
    ) == (
        new.dialled,
        new.connected,
        new.success,
        new.is_summary,
        new.is_seat,
    )
}

fn model(day: NaiveDate, row: &NewPlatformStat, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
        stat_date: Set(day),
        kind: Set(row.kind),
        name: Set(row.name.clone()),
        dialled: Set(row.dialled),
        connected: Set(row.connected),
        success: Set(row.success),
        is_summary: Set(row.is_summary),
        is_seat: Set(row.is_seat),
        fetched_at: Set(now),
        ..Default::default()
    }
}
