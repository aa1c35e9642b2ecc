//! `sync_days`: what is known of each day on each track.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, InsertStatement, OnConflict, Query, SimpleExpr},
};

pub use crate::entity::sync_day::Model as SyncDayRow;
use crate::{
    clock::CLOCK_MARGIN,
    domain::{
        business_time::{BusinessZone, DayRange},
        sync::SyncTrack,
    },
    entity::sync_day::{Column, Entity},
    store::{Change, Result, Transaction, dialect},
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

/// What is known of the days of `range` on all tracks, oldest first; days never read are missing.
pub async fn list_all(db: &impl ConnectionTrait, range: DayRange) -> Result<Vec<SyncDayRow>> {
    Ok(Entity::find()
        .filter(Column::Day.between(range.from(), range.to()))
        .order_by_asc(Column::Day)
        .all(db)
        .await?)
}

/// The days of `range` count as read from their first second on no longer: the next run reads them
/// whole.
pub async fn forget_verified(tx: &Transaction, track: SyncTrack, range: DayRange) -> Result<()> {
    Entity::update_many()
        .col_expr(
            Column::VerifiedAt,
            Expr::value(Option::<DateTime<Utc>>::None),
        )
        .filter(Column::Track.eq(track))
        .filter(Column::Day.between(range.from(), range.to()))
        .exec(tx)
        .await?;
    Ok(())
}

/// A read of the day begins: until it ends well, what is known is stale.
pub async fn begin_read(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    run_id: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    dialect::write_calls(tx).await?;
    let changed = [Column::IsStale, Column::LastRunId, Column::UpdatedAt];
    let mut conflict = OnConflict::columns([Column::Track, Column::Day]);
    conflict.update_columns(changed);
    let insert = stale(track, day, run_id, None, now);
    insert_day(tx, day, insert, conflict).await
}

/// A read stored `calls` of a day of which nothing was known: they are in the figures, however the read
/// ends.
pub async fn note_stored(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    calls: i64,
) -> Result<()> {
    let noted = Entity::update_many()
        .col_expr(Column::Seen, Expr::value(calls))
        .filter(Column::Track.eq(track))
        .filter(Column::Day.eq(day))
        .filter(Column::Seen.is_null())
        .exec(tx)
        .await?;
    if noted.rows_affected > 0 {
        tx.note(Change::Day(day));
    }
    Ok(())
}

/// Notes of a day why a run that began at `began` did not read it: what is known of it stays, stale,
/// unless it was read well since.
pub async fn note_unread(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    (run_id, began): (i64, DateTime<Utc>),
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let synced_at = || Expr::col((Entity, Column::SyncedAt));
    let mut conflict = OnConflict::columns([Column::Track, Column::Day]);
    conflict
        .update_columns([Column::IsStale, Column::Error, Column::UpdatedAt])
        .action_and_where(
            synced_at()
                .is_null()
                .or(synced_at().lt(began))
                // By a clock that was ahead: nobody knows when.
                .or(synced_at().gt(now + CLOCK_MARGIN)),
        );
    let insert = stale(track, day, run_id, Some(reason), now);
    insert_day(tx, day, insert, conflict).await
}

/// A row of a day of which nothing is known.
fn stale(
    track: SyncTrack,
    day: NaiveDate,
    run_id: i64,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> InsertStatement {
    Query::insert()
        .into_table(Entity)
        .columns([
            Column::Track,
            Column::Day,
            Column::IsStale,
            Column::Error,
            Column::LastRunId,
            Column::UpdatedAt,
        ])
        .values_panic([
            track.into(),
            day.into(),
            true.into(),
            error.map(str::to_owned).into(),
            run_id.into(),
            now.into(),
        ])
        .take()
}

async fn insert_day(
    tx: &Transaction,
    day: NaiveDate,
    mut insert: InsertStatement,
    conflict: OnConflict,
) -> Result<()> {
    tx.note(Change::Day(day));
    tx.execute(insert.on_conflict(conflict)).await?;
    Ok(())
}

/// Notes of the days that these runs left half-read why nobody goes on with them.
pub async fn fail_runs(
    tx: &Transaction,
    run_ids: &[i64],
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Error, Expr::value(reason))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::LastRunId.is_in(run_ids.iter().copied()))
        .filter(Column::IsStale.eq(true))
        .exec(tx)
        .await?;
    Ok(())
}

/// The days of `range` that are over and were not read whole, or whose last read failed; newest first,
/// at most `limit`.
pub async fn unhealed(
    db: &impl ConnectionTrait,
    track: SyncTrack,
    range: DayRange,
    limit: u64,
) -> Result<Vec<NaiveDate>> {
    let days = Entity::find()
        .filter(Column::Track.eq(track))
        .filter(Column::Day.between(range.from(), range.to()))
        .filter(Column::IsStale.eq(true).or(Column::CompletedAt.is_null()))
        .order_by_desc(Column::Day)
        .limit(limit)
        .all(db)
        .await?;
    Ok(days.into_iter().map(|day| day.day).collect())
}

/// How a good read of a day ended.
#[derive(Debug, Clone)]
pub struct DayRead {
    /// How many records the platform said there are.
    pub expected: i64,
    /// How many distinct ones the read brought, or are stored.
    pub seen: i64,
    /// Of those, how many are no calls yet.
    pub undialled: i64,
    /// Whether it began with the day's first second, and not with what was new.
    pub verified: bool,
    /// The instant up to which it went.
    pub synced_through: DateTime<Utc>,
    /// When the read began.
    pub began: DateTime<Utc>,
    /// How far beyond the day's end its calls were looked for in the list.
    pub list_lag: TimeDelta,
    /// Whether the day is complete with it: it went to the day's end, so long after it that nothing
    /// arrives late any more.
    pub completes: bool,
    /// Why it does not, of a day that is over.
    pub doubt: Option<String>,
}

/// The read ended well: the day is fresh, and complete from now on if it was read whole.
pub async fn finish_read(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    read: DayRead,
    now: DateTime<Utc>,
) -> Result<()> {
    dialect::write_calls(tx).await?;
    tx.note(Change::Day(day));
    let completed = read.completes.then_some(now);
    let mut update = Entity::update_many();
    // What is new rests on the whole read before it.
    if read.verified {
        update = update
            .col_expr(Column::VerifiedAt, Expr::value(now))
            .col_expr(Column::ReadAt, Expr::value(read.began));
    }
    update
        .col_expr(Column::Expected, Expr::value(read.expected))
        .col_expr(Column::Seen, Expr::value(read.seen))
        .col_expr(Column::Undialled, Expr::value(read.undialled))
        .col_expr(
            Column::CompletedAt,
            Func::coalesce([Expr::col(Column::CompletedAt), Expr::value(completed)]).into(),
        )
        .col_expr(Column::SyncedAt, Expr::value(now))
        .col_expr(Column::SyncedThrough, Expr::value(read.synced_through))
        .col_expr(Column::IsStale, Expr::value(false))
        .col_expr(
            Column::ListLagSeconds,
            Expr::value(read.list_lag.num_seconds()),
        )
        .col_expr(Column::Error, Expr::value(read.doubt))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Track.eq(track))
        .filter(Column::Day.eq(day))
        .exec(tx)
        .await?;
    Ok(())
}

/// Notes that `lost` calls which this day's part of the list gave were given by another part since, which
/// leaves `left` of them stored: the platform lists so many less for the day, but for such as it never
/// listed there, being known from a push alone.
pub async fn note_lost(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    (lost, left): (i64, i64),
    now: DateTime<Utc>,
) -> Result<()> {
    let fewer = |column: Column| {
        let listed = || Expr::col(column).sub(Expr::col(Column::Undialled));
        let without_pushed = Expr::col(Column::Undialled).add(left);
        Expr::case(listed().gte(left + lost), Expr::col(column).sub(lost))
            .case(listed().gt(left), without_pushed)
            .finally(Expr::col(column))
            .into()
    };
    let counts = [fewer(Column::Expected), fewer(Column::Seen)];
    change_counts(tx, track, day, counts, now).await
}

/// Notes that the day's own part of the list has `calls` again that another part gave.
pub async fn note_returned(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    calls: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    let counts = [Column::Expected, Column::Seen].map(|column| Expr::col(column).add(calls));
    change_counts(tx, track, day, counts, now).await
}

/// Sets how many records the platform said there are of a day, and how many of them were seen.
pub async fn set_counts(
    tx: &Transaction,
    day: &SyncDayRow,
    (expected, seen): (i64, i64),
    now: DateTime<Utc>,
) -> Result<()> {
    let counts = [expected, seen].map(Expr::value);
    change_counts(tx, day.track, day.day, counts, now).await
}

/// Changes how many records a day is expected to have, and how many of them were seen.
async fn change_counts(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    [expected, seen]: [SimpleExpr; 2],
    now: DateTime<Utc>,
) -> Result<()> {
    tx.note(Change::Day(day));
    Entity::update_many()
        .col_expr(Column::Expected, expected)
        .col_expr(Column::Seen, seen)
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Track.eq(track))
        .filter(Column::Day.eq(day))
        .exec(tx)
        .await?;
    Ok(())
}

/// Days are not complete any more whose calls were looked for in the list up to less than `lag` beyond
/// their end, unless the day after was read well beyond that: it brought the rest. Days before `first` stay
/// as they are: nobody comes back to them.
pub async fn doubt_short_reads(
    tx: &Transaction,
    track: SyncTrack,
    (zone, lag): (BusinessZone, TimeDelta),
    first: NaiveDate,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let known = Entity::find().filter(Column::Track.eq(track));
    let known: HashMap<NaiveDate, SyncDayRow> = known
        .all(tx)
        .await?
        .into_iter()
        .map(|known| (known.day, known))
        .collect();
    let is_followed = |day: NaiveDate| {
        let next = day.succ_opt().and_then(|next| known.get(&next));
        next.is_some_and(|next| {
            !next.is_stale && next.synced_through >= Some(zone.end_of(day) + lag)
        })
    };
    let short = known.values().filter(|known| {
        known.completed_at.is_some()
            && first <= known.day
            && known.list_lag_seconds < lag.num_seconds()
            && !is_followed(known.day)
    });
    for day in short.map(|known| &known.day) {
        tx.note(Change::Day(*day));
        Entity::update_many()
            .col_expr(
                Column::CompletedAt,
                Expr::value(Option::<DateTime<Utc>>::None),
            )
            .col_expr(Column::IsStale, Expr::value(true))
            .col_expr(Column::Error, Expr::value(reason))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Track.eq(track))
            .filter(Column::Day.eq(*day))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// A day that was doubted for `reason` alone is complete again: the day after brought what was missing.
pub async fn settle_doubt(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.note(Change::Day(day));
    Entity::update_many()
        .col_expr(Column::CompletedAt, Expr::value(now))
        .col_expr(Column::IsStale, Expr::value(false))
        .col_expr(Column::Error, Expr::value(Option::<String>::None))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Track.eq(track))
        .filter(Column::Day.eq(day))
        .filter(Column::IsStale.eq(true))
        .filter(Column::Error.eq(reason))
        .exec(tx)
        .await?;
    Ok(())
}

/// The days of `range` that run `run_id` read well, and that were doubted since.
pub async fn doubted(
    db: &impl ConnectionTrait,
    track: SyncTrack,
    range: DayRange,
    run_id: i64,
    reason: &str,
) -> Result<Vec<NaiveDate>> {
    let days = Entity::find()
        .select_only()
        .column(Column::Day)
        .filter(Column::Track.eq(track))
        .filter(Column::Day.between(range.from(), range.to()))
        .filter(Column::LastRunId.eq(run_id))
        .filter(Column::IsStale.eq(true))
        .filter(Column::Error.eq(reason))
        .order_by_desc(Column::Day);
    Ok(days.into_tuple().all(db).await?)
}

/// What the platform counts of a day that could not be read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// How many records it has.
    pub expected: i64,
    /// How many of these were read or are stored.
    pub seen: i64,
    /// Of those, how many are no calls yet.
    pub undialled: i64,
}

/// The read of run `run_id` ended badly: what is known stays, stale, with the reason; `counted` is
/// what the platform counts, if it did of all parts of the day. A day that another run has begun to
/// read since stays as that says.
pub async fn fail_read(
    tx: &Transaction,
    track: SyncTrack,
    day: NaiveDate,
    run_id: i64,
    reason: &str,
    counted: Option<Counted>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.note(Change::Day(day));
    let mut update = Entity::update_many();
    if let Some(counted) = counted {
        update = update
            .col_expr(Column::Expected, Expr::value(counted.expected))
            .col_expr(Column::Seen, Expr::value(counted.seen))
            .col_expr(Column::Undialled, Expr::value(counted.undialled));
    }
    update
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
