//! `sync_slices`, written: which part of a day is to be read, by whom, and what came of it.
//!
//! A slice belongs to whoever claimed it, until its time is over. Whatever its owner writes is
//! written in one transaction with [`hold`], [`finish`] or [`split`], which say whether it is still
//! theirs: an owner who was paused for too long writes nothing.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Iterable, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

pub use crate::entity::sync_slice::Model as SliceRow;
use crate::{
    clock::CLOCK_MARGIN,
    domain::sync::{SliceState, SyncStatus, SyncTrack},
    entity::{
        sync_run,
        sync_slice::{ActiveModel, Column, Entity},
    },
    store::{Change, Result, Transaction, dialect},
};

/// A window of a day, both ends included, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its first second.
    pub from: DateTime<Utc>,
    /// Its last second.
    pub to: DateTime<Utc>,
}

/// Whose slices.
#[derive(Debug, Clone, Copy)]
pub struct RunDay {
    /// The run.
    pub run_id: i64,
    /// Its track.
    pub track: SyncTrack,
    /// The day.
    pub day: NaiveDate,
}

/// Adds slices to the ledger, to be read.
pub async fn plan(
    tx: &Transaction,
    of: RunDay,
    windows: &[Window],
    now: DateTime<Utc>,
) -> Result<()> {
    tx.note(Change::Run(of.run_id));
    let rows = windows.iter().map(|window| ActiveModel {
        run_id: Set(of.run_id),
        track: Set(of.track),
        day: Set(of.day),
        from_at: Set(window.from),
        to_at: Set(window.to),
        state: Set(SliceState::Pending),
        created_at: Set(now),
        ..Default::default()
    });
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// The slices of a day of a run, in the order of their times.
pub async fn of_day(db: &impl ConnectionTrait, of: RunDay) -> Result<Vec<SliceRow>> {
    Ok(Entity::find()
        .filter(Column::RunId.eq(of.run_id))
        .filter(Column::Day.eq(of.day))
        .order_by_asc(Column::FromAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// Leaves what other runs have not finished of this day to this one: their owners can write nothing
/// more.
pub async fn abandon_others(tx: &Transaction, of: RunDay, now: DateTime<Utc>) -> Result<()> {
    let others = is_of_day(of).and(Column::RunId.ne(of.run_id));
    abandon(tx, others, "a later run reads this day", now).await
}

/// Leaves what this run has not finished of this day.
pub async fn abandon_own(
    tx: &Transaction,
    of: RunDay,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    abandon(
        tx,
        is_of_day(of).and(Column::RunId.eq(of.run_id)),
        reason,
        now,
    )
    .await
}

/// Leaves what these runs have not finished.
pub async fn abandon_runs(
    tx: &Transaction,
    run_ids: &[i64],
    reason: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    abandon(
        tx,
        Column::RunId.is_in(run_ids.iter().copied()),
        reason,
        now,
    )
    .await
}

fn is_of_day(of: RunDay) -> Expr {
    Column::Track.eq(of.track).and(Column::Day.eq(of.day))
}

async fn abandon(tx: &Transaction, which: Expr, reason: &str, now: DateTime<Utc>) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(SliceState::Abandoned))
        .col_expr(Column::Error, Expr::value(reason))
        .col_expr(Column::Owner, Expr::value(Option::<String>::None))
        .col_expr(Column::Fence, Expr::col(Column::Fence).add(1))
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(Column::State.is_in([SliceState::Pending, SliceState::Reading]))
        .filter(which)
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes back what a run has come to of a day, proven or not: all of it is read anew.
pub async fn reject(tx: &Transaction, of: RunDay, reason: &str, now: DateTime<Utc>) -> Result<()> {
    abandon_own(tx, of, reason, now).await?;
    Entity::update_many()
        .col_expr(Column::State, Expr::value(SliceState::Abandoned))
        .col_expr(Column::Error, Expr::value(reason))
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(Column::RunId.eq(of.run_id))
        .filter(Column::Day.eq(of.day))
        .filter(Column::State.is_in([SliceState::Done, SliceState::Split, SliceState::Incomplete]))
        .exec(tx)
        .await?;
    Ok(())
}

/// Which slices somebody looks for.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// Those of a day of one's own run.
    Of(RunDay),
    /// Those of runs that others carry out.
    OfOthers(&'a str),
}

/// Gives `owner` a slice that nobody reads, or whose reader was silent for too long; `None` when
/// there is none.
pub async fn claim(
    tx: &Transaction,
    wanted: Wanted<'_>,
    owner: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<Option<SliceRow>> {
    // No reader has one for longer, whatever a clock said that was wrong.
    let is_over = Column::ExpiresAt
        .lte(now)
        .or(Column::ExpiresAt.gt(expires_at + CLOCK_MARGIN));
    let silent = Column::State.eq(SliceState::Reading).and(is_over);
    let mut next = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(
            Column::State
                .is_in([SliceState::Pending, SliceState::Reading])
                .and(Column::State.eq(SliceState::Pending).or(silent)),
        )
        .order_by(Column::FromAt, sea_orm::Order::Asc)
        .limit(1)
        .take();
    match wanted {
        Wanted::Of(of) => next
            .and_where(Column::RunId.eq(of.run_id))
            .and_where(Column::Day.eq(of.day)),
        Wanted::OfOthers(me) => next.and_where(Column::RunId.in_subquery(runs_of_others(me))),
    };
    dialect::skip_locked(tx.get_database_backend(), &mut next);
    let update = Query::update()
        .table(Entity)
        .value(Column::State, SliceState::Reading)
        .value(Column::Owner, owner)
        .value(Column::Fence, Expr::col(Column::Fence).add(1))
        .value(Column::ExpiresAt, expires_at)
        .value(
            Column::StartedAt,
            sea_orm::sea_query::Func::coalesce([Expr::col(Column::StartedAt), Expr::value(now)]),
        )
        .and_where(Column::Id.in_subquery(next))
        .returning(Query::returning().columns(Column::iter()))
        .take();
    let row = tx.query_one(&update).await?;
    Ok(row
        .map(|row| SliceRow::from_query_result(&row, ""))
        .transpose()?)
}

fn runs_of_others(me: &str) -> SelectStatement {
    Query::select()
        .column(sync_run::Column::Id)
        .from(sync_run::Entity)
        .and_where(sync_run::Column::Status.eq(SyncStatus::Running))
        .and_where(sync_run::Column::Owner.ne(me))
        .take()
}

/// What happened to a slice since it was last held; adds up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SliceCounts {
    /// Answers read.
    pub pages: i64,
    /// Requests that had to be repeated.
    pub retries: i64,
    /// Reads from the start.
    pub attempts: i64,
}

/// How far an attempt is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SliceSeen {
    /// How many records the platform says there are.
    pub expected: Option<i64>,
    /// How many distinct ones were brought.
    pub seen: i64,
    /// Of those, how many are no calls yet.
    pub undialled: i64,
    /// Of those, how many are calls of days whose calls are not kept.
    pub not_kept: i64,
    /// Calls that are stored of the slice's time and were not among those.
    pub unlisted: i64,
}

/// Holds a slice on until `expires_at` and notes what happened to it. `false`: it is another's by
/// now, or its time was over, and whatever was done in this transaction must not be kept.
pub async fn hold(
    tx: &Transaction,
    slice: &SliceRow,
    counts: SliceCounts,
    seen: Option<SliceSeen>,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<bool> {
    let mut update = Entity::update_many().col_expr(Column::ExpiresAt, Expr::value(expires_at));
    for (column, by) in [
        (Column::Pages, counts.pages),
        (Column::Retries, counts.retries),
        (Column::Attempts, counts.attempts),
    ] {
        update = update.col_expr(column, Expr::col(column).add(by));
    }
    if let Some(seen) = seen {
        update = update
            .col_expr(Column::Expected, Expr::value(seen.expected))
            .col_expr(Column::Seen, Expr::value(seen.seen))
            .col_expr(Column::Undialled, Expr::value(seen.undialled))
            .col_expr(Column::NotKept, Expr::value(seen.not_kept))
            .col_expr(Column::Unlisted, Expr::value(seen.unlisted));
    }
    let done = update.filter(is_held(slice, now)).exec(tx).await?;
    Ok(done.rows_affected == 1)
}

fn is_held(slice: &SliceRow, now: DateTime<Utc>) -> Expr {
    Column::Id
        .eq(slice.id)
        .and(Column::Owner.eq(slice.owner.as_deref()))
        .and(Column::Fence.eq(slice.fence))
        .and(Column::State.eq(SliceState::Reading))
        .and(Column::ExpiresAt.gt(now))
}

/// Notes what a slice came to. `false` as for [`hold`].
pub async fn finish(
    tx: &Transaction,
    slice: &SliceRow,
    state: SliceState,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool> {
    tx.note(Change::Run(slice.run_id));
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Error, Expr::value(error.map(str::to_owned)))
        .col_expr(Column::Owner, Expr::value(Option::<String>::None))
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(is_held(slice, now))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Puts `windows` in the place of a slice, each to be read by itself. `false` as for [`hold`].
pub async fn split(
    tx: &Transaction,
    slice: &SliceRow,
    windows: &[Window],
    reason: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let of = RunDay {
        run_id: slice.run_id,
        track: slice.track,
        day: slice.day,
    };
    plan(tx, of, windows, now).await?;
    finish(tx, slice, SliceState::Split, Some(reason), now).await
}

/// Notes of a slice, which is done, how many calls of its time the platform has no longer.
pub async fn note_removed(tx: &Transaction, slice_id: i64, removed: i64) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Removed, Expr::value(removed))
        .filter(Column::Id.eq(slice_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Gives a slice back, to be read by whoever comes next, if it is still this owner's.
pub async fn release(tx: &Transaction, slice: &SliceRow) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(SliceState::Pending))
        .col_expr(Column::Owner, Expr::value(Option::<String>::None))
        .filter(Column::Id.eq(slice.id))
        .filter(Column::Owner.eq(slice.owner.as_deref()))
        .filter(Column::Fence.eq(slice.fence))
        .filter(Column::State.eq(SliceState::Reading))
        .exec(tx)
        .await?;
    Ok(())
}
