//! `calls` that the platform has no longer: which there are to compare with it, and their marks.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Func},
};

use crate::{
    domain::{business_time::DayRange, dialing::CallSource},
    entity::call::{Column, Entity},
    store::{Result, Transaction, calls::CallRow, dialect, retention},
};

/// A part of the platform's list: what it has for one business day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedPart {
    /// The business day.
    pub day: NaiveDate,
    /// The first second of the day or of a part of it.
    pub from: DateTime<Utc>,
    /// The last one, included.
    pub to: DateTime<Utc>,
}

/// How many calls that are not removed belong to a part of the list: those of its time, but for
/// those that another day's part gave.
///
/// # Errors
/// When the database fails.
pub async fn count_of_part(db: &impl ConnectionTrait, part: ListedPart) -> Result<i64> {
    let count = Entity::find().filter(of_part(part)).count(db).await?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// How many calls that are not removed a day's part of the list gave though they are of other days.
///
/// # Errors
/// When the database fails.
pub async fn count_of_other_days(db: &impl ConnectionTrait, day: NaiveDate) -> Result<i64> {
    let count = Entity::find().filter(of_other_days(day)).count(db).await?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// How many of these calls of the platform are stored and not removed, whichever part of its list gave
/// them.
///
/// # Errors
/// When the database fails.
pub async fn count_among(db: &impl ConnectionTrait, external_ids: &[&str]) -> Result<i64> {
    let backend = db.get_database_backend();
    let mut sum = 0;
    for ids in external_ids.chunks(dialect::MAX_BINDINGS) {
        let among = dialect::among(backend, Column::ExternalId, ids);
        sum += Entity::find()
            .filter(known())
            .filter(among)
            .count(db)
            .await?;
    }
    Ok(i64::try_from(sum).unwrap_or(i64::MAX))
}

/// The external ids and times of the calls that [`count_of_part`] counts.
///
/// # Errors
/// When the database fails.
pub async fn ids_of_slice(
    db: &impl ConnectionTrait,
    part: ListedPart,
) -> Result<Vec<(String, DateTime<Utc>)>> {
    ids(db, of_part(part)).await
}

/// The external ids and times of the calls that [`count_of_part`] and [`count_of_other_days`] count.
///
/// # Errors
/// When the database fails.
pub async fn ids_of_part(
    db: &impl ConnectionTrait,
    part: ListedPart,
) -> Result<Vec<(String, DateTime<Utc>)>> {
    let mut calls = ids(db, of_part(part)).await?;
    calls.extend(ids(db, of_other_days(part.day)).await?);
    Ok(calls)
}

async fn ids(db: &impl ConnectionTrait, which: Condition) -> Result<Vec<(String, DateTime<Utc>)>> {
    Ok(Entity::find()
        .select_only()
        .columns([Column::ExternalId, Column::CallTime])
        .filter(which)
        .into_tuple()
        .all(db)
        .await?)
}

/// The longest of the calls that [`count_of_part`] counts, at most `limit`: the external id of each, when
/// it was dialled, and its duration in seconds.
///
/// # Errors
/// When the database fails.
pub async fn longest_of_part(
    db: &impl ConnectionTrait,
    part: ListedPart,
    limit: u64,
) -> Result<Vec<(String, DateTime<Utc>, i32)>> {
    Ok(Entity::find()
        .select_only()
        .columns([Column::ExternalId, Column::CallTime, Column::Duration])
        .filter(of_part(part))
        .order_by_desc(Column::Duration)
        .order_by_asc(Column::CallTime)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?)
}

fn of_part(part: ListedPart) -> Condition {
    let is_own = Column::ListedDay
        .is_null()
        .or(Column::ListedDay.eq(part.day));
    live(part.from, part.to).add(is_own)
}

fn of_other_days(day: NaiveDate) -> Condition {
    known()
        .add(Column::ListedDay.eq(day))
        .add(Column::CallDate.ne(day))
}

/// The day whose part of the list gave each of these calls of the platform, by its external id; removed
/// ones and such as are not stored are left out.
///
/// # Errors
/// When the database fails.
pub async fn parts_of(
    db: &impl ConnectionTrait,
    external_ids: &[&str],
) -> Result<Vec<(String, NaiveDate)>> {
    let backend = db.get_database_backend();
    let part = Func::coalesce([Expr::col(Column::ListedDay), Expr::col(Column::CallDate)]);
    Ok(Entity::find()
        .select_only()
        .column(Column::ExternalId)
        .expr_as(part, "part")
        .filter(known())
        .filter(dialect::among(backend, Column::ExternalId, external_ids))
        .into_tuple()
        .all(db)
        .await?)
}

/// How many calls of days before `first` each day's part of the list gave from `first` on.
///
/// # Errors
/// When the database fails.
pub async fn listed_later(
    db: &impl ConnectionTrait,
    first: NaiveDate,
) -> Result<Vec<(NaiveDate, i64)>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::ListedDay)
        .column_as(Column::Id.count(), "calls")
        .filter(known().add(Column::ListedDay.gte(first)))
        .filter(Column::CallDate.lt(first))
        .group_by(Column::ListedDay)
        .into_tuple()
        .all(db)
        .await?)
}

/// How many calls of each day of `range` other days' parts of the list gave, and how many calls of
/// other days the day's own part gave; of days whose calls are kept.
///
/// # Errors
/// When the database fails.
pub async fn moved_by_day(
    db: &impl ConnectionTrait,
    range: DayRange,
) -> Result<HashMap<NaiveDate, Moved>> {
    let mut moved: HashMap<NaiveDate, Moved> = HashMap::new();
    for column in [Column::CallDate, Column::ListedDay] {
        let rows: Vec<(NaiveDate, i64)> = Entity::find()
            .select_only()
            .column(column)
            .column_as(Column::Id.count(), "calls")
            .filter(known().add(Column::ListedDay.is_not_null()))
            .filter(Expr::col(Column::ListedDay).ne(Expr::col(Column::CallDate)))
            .filter(column.between(range.from(), range.to()))
            .filter(Expr::col(Column::CallDate).gte(retention::first_kept()))
            .group_by(column)
            .into_tuple()
            .all(db)
            .await?;
        for (day, calls) in rows {
            let moved = moved.entry(day).or_default();
            match column {
                Column::CallDate => moved.listed_elsewhere = calls,
                _ => moved.of_other_days = calls,
            }
        }
    }
    Ok(moved)
}

/// Calls of a day that its part of the list does not have, and the other way round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Calls of the day that another day's part gave.
    pub listed_elsewhere: i64,
    /// Calls of other days that the day's part gave.
    pub of_other_days: i64,
}

/// As the partial index has it, which no bound parameter finds.
const NOT_OF_THE_PLATFORM: &str = "source <> 'GUANKE'";

/// How many calls that did not come from the platform each day of `range` has.
///
/// # Errors
/// When the database fails.
pub async fn own_by_day(
    db: &impl ConnectionTrait,
    range: DayRange,
) -> Result<HashMap<NaiveDate, i64>> {
    let rows: Vec<(NaiveDate, i64)> = Entity::find()
        .select_only()
        .column(Column::CallDate)
        .column_as(Column::Id.count(), "calls")
        .filter(Expr::cust(NOT_OF_THE_PLATFORM))
        .filter(Column::CallDate.between(range.from(), range.to()))
        .group_by(Column::CallDate)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The whole second `to` belongs to the window.
fn live(from: DateTime<Utc>, to: DateTime<Utc>) -> Condition {
    known()
        .add(Column::CallTime.gte(from))
        .add(Column::CallTime.lt(to + TimeDelta::seconds(1)))
}

/// The calls that the platform told us of and is not found to have lost.
fn known() -> Condition {
    Condition::all()
        .add(Column::Source.eq(CallSource::Guanke))
        .add(Column::ExternalId.is_not_null())
        .add(Column::RemovedAt.is_null())
}

/// Locks those of the platform's calls that are not removed, in the order in which every writer
/// locks, and returns them.
pub async fn lock_known(tx: &Transaction, external_ids: &[&str]) -> Result<Vec<CallRow>> {
    let backend = tx.get_database_backend();
    let mut find = Entity::find()
        .filter(dialect::among(backend, Column::ExternalId, external_ids))
        .filter(known())
        .order_by_asc(Column::ExternalId);
    dialect::lock_rows(backend, QueryTrait::query(&mut find));
    Ok(find.all(tx).await?)
}

/// Marks calls, which must be locked. The version that is stored is forgotten, so that the same one
/// told again is a change.
pub async fn mark(tx: &Transaction, call_ids: &[i64], now: DateTime<Utc>) -> Result<()> {
    for call_ids in call_ids.chunks(dialect::MAX_BINDINGS) {
        Entity::update_many()
            .col_expr(Column::RemovedAt, Expr::value(now))
            .col_expr(Column::SourceHash, Expr::value(Option::<i64>::None))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.is_in(call_ids.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}
