//! `sync_runs`, as work: whose a run is, how far it is, and what becomes of those of the dead.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Iterable, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query, UpdateStatement},
};

use crate::{
    clock::CLOCK_MARGIN,
    domain::sync::SyncStatus,
    entity::sync_run::{Column, Entity},
    store::{
        Change, Result, Transaction, dialect, slice_claims, sync_days, sync_runs,
        sync_runs::{NewRun, SyncRunRow},
    },
};

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// It does.
    On,
    /// Somebody asked for its end.
    Cancelled,
    /// Another process carries it out by now, or it has ended.
    Lost,
}

/// Shows that a run is alive, if it is still its owner's.
pub async fn beat(tx: &Transaction, run: &SyncRunRow, now: DateTime<Utc>) -> Result<Beat> {
    let done = Entity::update_many()
        .col_expr(Column::HeartbeatAt, Expr::value(now))
        .filter(is_owned(run))
        .exec(tx)
        .await?;
    if done.rows_affected == 0 {
        return Ok(Beat::Lost);
    }
    let cancelled = sync_runs::find(tx, run.id)
        .await?
        .and_then(|run| run.cancelled_at);
    Ok(cancelled.map_or(Beat::On, |_| Beat::Cancelled))
}

fn is_owned(run: &SyncRunRow) -> Expr {
    Column::Id
        .eq(run.id)
        .and(Column::Owner.eq(run.owner.as_deref()))
        .and(Column::Fence.eq(run.fence))
        .and(Column::Status.eq(SyncStatus::Running))
}

/// What became of a note that a day is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It was made.
    Now,
    /// It was made before, and only the answer was lost; so many days had failed by then.
    Before {
        /// Days of the run that failed.
        days_failed: i64,
    },
    /// The run is another's by now.
    Lost,
}

/// Notes that a day is done, well or with an `error`, if the run is still its owner's. `done` is how
/// many were done before: to note the same day twice, because nobody knows whether it was noted, does
/// no harm.
pub async fn note_day(
    tx: &Transaction,
    run: &SyncRunRow,
    done: i64,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Noted> {
    tx.note(Change::Run(run.id));
    let mut update = Entity::update_many()
        .col_expr(Column::DaysDone, Expr::value(done + 1))
        .col_expr(Column::HeartbeatAt, Expr::value(now));
    if let Some(error) = error {
        update = update
            .col_expr(Column::DaysFailed, Expr::col(Column::DaysFailed).add(1))
            .col_expr(Column::Error, Expr::value(error));
    }
    let noted = update
        .filter(is_owned(run))
        .filter(Column::DaysDone.eq(done))
        .exec(tx)
        .await?;
    if noted.rows_affected == 1 {
        return Ok(Noted::Now);
    }
    let noted_before = Entity::find()
        .filter(is_owned(run))
        .filter(Column::DaysDone.eq(done + 1));
    Ok(match noted_before.one(tx).await? {
        Some(run) => Noted::Before {
            days_failed: run.days_failed,
        },
        None => Noted::Lost,
    })
}

/// The newest run at work that was started like `new`.
pub async fn at_work(db: &impl ConnectionTrait, new: NewRun) -> Result<Option<SyncRunRow>> {
    Ok(Entity::find()
        .filter(Column::Status.eq(SyncStatus::Running))
        .filter(Column::Track.eq(new.track))
        .filter(Column::SyncWindow.eq(new.window))
        .filter(Column::FromDay.eq(new.days.from()))
        .filter(Column::ToDay.eq(new.days.to()))
        .filter(Column::TriggeredBy.eq(new.trigger))
        .order_by_desc(Column::Id)
        .one(db)
        .await?)
}

/// Gives `owner` this run, if its process showed no sign of life since `alive_since`.
pub async fn adopt_one(
    tx: &Transaction,
    id: i64,
    alive_since: DateTime<Utc>,
    owner: &str,
    now: DateTime<Utc>,
) -> Result<Option<SyncRunRow>> {
    let mut update = take_over(alive_since, owner, now);
    update.and_where(Column::Id.eq(id));
    let row = tx.query_one(&update).await?;
    Ok(row
        .map(|row| SyncRunRow::from_query_result(&row, ""))
        .transpose()?)
}

/// Whether the process of `run` showed no sign of life since `alive_since`; one that lies ahead of `now`
/// is that of a clock that was wrong.
#[must_use]
pub fn is_silent(run: &SyncRunRow, alive_since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    run.heartbeat_at < alive_since || run.heartbeat_at > now + CLOCK_MARGIN
}

/// The same, of rows.
pub(in crate::store) fn silent(alive_since: DateTime<Utc>, now: DateTime<Utc>) -> Expr {
    let beat = || Column::HeartbeatAt;
    beat().lt(alive_since).or(beat().gt(now + CLOCK_MARGIN))
}

fn take_over(alive_since: DateTime<Utc>, owner: &str, now: DateTime<Utc>) -> UpdateStatement {
    Query::update()
        .table(Entity)
        .value(Column::Owner, owner)
        .value(Column::Fence, Expr::col(Column::Fence).add(1))
        .value(Column::HeartbeatAt, now)
        .and_where(Column::Status.eq(SyncStatus::Running))
        .and_where(silent(alive_since, now))
        .returning(Query::returning().columns(Column::iter()))
        .take()
}

/// Gives `owner` the runs whose process showed no sign of life since `alive_since`; but those that
/// were given away `most` times already end, failed.
pub async fn adopt(
    tx: &Transaction,
    alive_since: DateTime<Utc>,
    owner: &str,
    most: i64,
    now: DateTime<Utc>,
) -> Result<Vec<SyncRunRow>> {
    fail_dead(tx, alive_since, most, now).await?;
    let update = take_over(alive_since, owner, now);
    let rows = tx.query_all(&update).await?;
    let rows = rows
        .iter()
        .map(|row| SyncRunRow::from_query_result(row, ""));
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records how a run ended, if it is still its owner's.
pub async fn finish(
    tx: &Transaction,
    run: &SyncRunRow,
    status: SyncStatus,
    now: DateTime<Utc>,
) -> Result<bool> {
    tx.note(Change::Run(run.id));
    let done = Entity::update_many()
        .col_expr(Column::Status, Expr::value(status))
        .col_expr(Column::HeartbeatAt, Expr::value(now))
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(is_owned(run))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Leaves a run to whoever looks for dead ones, at once.
pub async fn hand_over(tx: &Transaction, run: &SyncRunRow) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::HeartbeatAt, Expr::value(DateTime::UNIX_EPOCH))
        .filter(is_owned(run))
        .exec(tx)
        .await?;
    Ok(())
}

/// Whether a run is at work without a sign of life since `alive_since`.
pub async fn any_dead(
    db: &impl ConnectionTrait,
    alive_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let dead = Entity::find()
        .filter(Column::Status.eq(SyncStatus::Running))
        .filter(silent(alive_since, now));
    Ok(dead.one(db).await?.is_some())
}

/// Ends the runs that showed no sign of life since `alive_since` and were given away `most` times:
/// whoever carries them out dies.
pub async fn fail_dead(
    tx: &Transaction,
    alive_since: DateTime<Utc>,
    most: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut find = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Status.eq(SyncStatus::Running))
        .filter(silent(alive_since, now))
        .filter(Column::Fence.gte(most))
        // One that was handed over in good order killed nobody.
        .filter(Column::HeartbeatAt.gt(DateTime::UNIX_EPOCH));
    dialect::lock_rows(tx.get_database_backend(), QueryTrait::query(&mut find));
    let dead: Vec<i64> = find.into_tuple().all(tx).await?;
    if dead.is_empty() {
        return Ok(());
    }
    fail(tx, &dead, now).await
}

/// Ends runs whose process is dead; what they left of their days is said to have failed.
pub async fn fail(tx: &Transaction, dead: &[i64], now: DateTime<Utc>) -> Result<()> {
    const REASON: &str = "the process that ran it ended before it was done";
    fail_because(tx, dead, REASON, now).await
}

/// Ends runs for `reason`; what they left of their days is said to have failed.
pub async fn fail_because(
    tx: &Transaction,
    runs: &[i64],
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(SyncStatus::Failed))
        .col_expr(Column::Error, Expr::value(reason))
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(Column::Id.is_in(runs.iter().copied()))
        .filter(Column::Status.eq(SyncStatus::Running))
        .exec(tx)
        .await?;
    slice_claims::abandon_runs(tx, runs, reason, now).await?;
    sync_days::fail_runs(tx, runs, reason, now).await?;
    tx.note(Change::Anything);
    Ok(())
}
