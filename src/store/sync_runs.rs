//! `sync_runs`: the history of synchronisation.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Iterable, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, UnionType},
};
use strum::VariantArray as _;

use super::{
    Change, Result, Transaction,
    record::stored,
    sync_slices::SYNC_SLICES,
    table::{LazyTable, Relation, Table},
};
pub use crate::entity::sync_run::Model as SyncRunRow;
use crate::{
    domain::{
        business_time::DayRange,
        page::OrderKey,
        sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
    },
    entity::sync_run::{ActiveModel, Column, Entity},
};

/// The table, to write it.
pub type SyncRuns = Entity;

/// All runs, newest first.
pub static SYNC_RUNS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::descending("id")];
    let relations = vec![Relation::many("slices", &SYNC_SLICES, "run_id")];
    Table::of::<Entity>(order, relations, read)
});

stored!(
    SyncRunRow,
    SYNC_RUNS,
    [
        id,
        track,
        sync_window,
        from_day,
        to_day,
        status,
        triggered_by,
        days_done,
        pages,
        fetched,
        inserted,
        updated,
        unchanged,
        skipped,
        error,
        started_at,
        heartbeat_at,
        finished_at,
        owner,
        fence,
        days_failed,
        retries,
        removed,
        cancelled_at
    ]
);

/// What a new run is about.
#[derive(Debug, Clone, Copy)]
pub struct NewRun {
    /// The track.
    pub track: SyncTrack,
    /// Why these days.
    pub window: SyncWindow,
    /// The days.
    pub days: DayRange,
    /// Who started it.
    pub trigger: SyncTrigger,
}

/// What a run did so far; adds up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Days finished, well or not.
    pub days_done: i64,
    /// Pages read.
    pub pages: i64,
    /// Records on them.
    pub fetched: i64,
    /// Records that were new.
    pub inserted: i64,
    /// Records that had changed.
    pub updated: i64,
    /// Records that were stored as they are.
    pub unchanged: i64,
    /// Records that are no calls yet, or cannot be told apart or dated.
    pub skipped: i64,
    /// Days of those finished that could not be read whole.
    pub days_failed: i64,
    /// Requests that had to be repeated.
    pub retries: i64,
    /// Calls that the platform has no longer.
    pub removed: i64,
}

impl RunCounts {
    /// The counts of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            days_done: self.days_done + other.days_done,
            pages: self.pages + other.pages,
            fetched: self.fetched + other.fetched,
            inserted: self.inserted + other.inserted,
            updated: self.updated + other.updated,
            unchanged: self.unchanged + other.unchanged,
            skipped: self.skipped + other.skipped,
            days_failed: self.days_failed + other.days_failed,
            retries: self.retries + other.retries,
            removed: self.removed + other.removed,
        }
    }
}

impl From<&SyncRunRow> for RunCounts {
    fn from(run: &SyncRunRow) -> Self {
        Self {
            days_done: run.days_done,
            pages: run.pages,
            fetched: run.fetched,
            inserted: run.inserted,
            updated: run.updated,
            unchanged: run.unchanged,
            skipped: run.skipped,
            days_failed: run.days_failed,
            retries: run.retries,
            removed: run.removed,
        }
    }
}

/// Records that a run begins, carried out by `owner`.
pub async fn create(
    tx: &Transaction,
    new: NewRun,
    owner: &str,
    now: DateTime<Utc>,
) -> Result<SyncRunRow> {
    Ok(ActiveModel {
        track: Set(new.track),
        sync_window: Set(new.window),
        from_day: Set(new.days.from()),
        to_day: Set(new.days.to()),
        status: Set(SyncStatus::Running),
        triggered_by: Set(new.trigger),
        started_at: Set(now),
        heartbeat_at: Set(now),
        owner: Set(Some(owner.to_owned())),
        fence: Set(1),
        ..Default::default()
    }
    .insert(tx)
    .await?)
}

/// The run with this id.
pub async fn find(db: &impl ConnectionTrait, id: i64) -> Result<Option<SyncRunRow>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The runs at work on `track` that cover all of `days` and lived at `alive_since`, newest first.
pub async fn find_running(
    db: &impl ConnectionTrait,
    track: SyncTrack,
    days: DayRange,
    alive_since: DateTime<Utc>,
) -> Result<Vec<SyncRunRow>> {
    Ok(Entity::find()
        .filter(Column::Status.eq(SyncStatus::Running))
        .filter(Column::Track.eq(track))
        .filter(Column::FromDay.lte(days.from()))
        .filter(Column::ToDay.gte(days.to()))
        .filter(Column::HeartbeatAt.gte(alive_since))
        .order_by_desc(Column::Id)
        .all(db)
        .await?)
}

/// The newest run of each track, window and status that there is one of, in one statement that
/// looks at no others.
pub async fn newest(db: &impl ConnectionTrait) -> Result<Vec<SyncRunRow>> {
    let mut ids: Option<SelectStatement> = None;
    for &track in SyncTrack::VARIANTS {
        for &window in SyncWindow::VARIANTS {
            for &status in SyncStatus::VARIANTS {
                let newest = newest_id(track, window, status);
                ids = Some(match ids {
                    Some(mut ids) => ids.union(UnionType::All, newest).take(),
                    None => newest,
                });
            }
        }
    }
    let Some(ids) = ids else {
        return Ok(Vec::new());
    };
    Ok(Entity::find()
        .filter(Column::Id.in_subquery(ids))
        .all(db)
        .await?)
}

fn newest_id(track: SyncTrack, window: SyncWindow, status: SyncStatus) -> SelectStatement {
    let newest = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Expr::col(Column::Track).eq(track))
        .and_where(Expr::col(Column::SyncWindow).eq(window))
        .and_where(Expr::col(Column::Status).eq(status))
        .order_by(Column::Id, Order::Desc)
        .limit(1)
        .take();
    // On SQLite a part of a union has no order of its own.
    Query::select()
        .column(Column::Id)
        .from_subquery(newest, "newest")
        .take()
}

/// Asks for the end of a run.
pub async fn cancel(tx: &Transaction, id: i64, now: DateTime<Utc>) -> Result<()> {
    tx.note(Change::Run(id));
    Entity::update_many()
        .col_expr(Column::CancelledAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Adds to a run's counts and shows that it is alive.
pub async fn add_counts(
    tx: &Transaction,
    id: i64,
    counts: RunCounts,
    now: DateTime<Utc>,
) -> Result<()> {
    // A sign of life alone is nothing to tell.
    if counts != RunCounts::default() {
        tx.note(Change::Run(id));
    }
    let plus = |column: Column, by: i64| (column, Expr::col(column).add(by));
    let mut update = Entity::update_many();
    for (column, expression) in [
        plus(Column::DaysDone, counts.days_done),
        plus(Column::Pages, counts.pages),
        plus(Column::Fetched, counts.fetched),
        plus(Column::Inserted, counts.inserted),
        plus(Column::Updated, counts.updated),
        plus(Column::Unchanged, counts.unchanged),
        plus(Column::Skipped, counts.skipped),
        plus(Column::DaysFailed, counts.days_failed),
        plus(Column::Retries, counts.retries),
        plus(Column::Removed, counts.removed),
    ] {
        update = update.col_expr(column, expression);
    }
    update
        .col_expr(Column::HeartbeatAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

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
    let cancelled = find(tx, run.id).await?.and_then(|run| run.cancelled_at);
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
    let update = Query::update()
        .table(Entity)
        .value(Column::Owner, owner)
        .value(Column::Fence, Expr::col(Column::Fence).add(1))
        .value(Column::HeartbeatAt, now)
        .and_where(Column::Status.eq(SyncStatus::Running))
        .and_where(Column::HeartbeatAt.lt(alive_since))
        .returning(Query::returning().columns(Column::iter()))
        .take();
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
pub async fn any_dead(db: &impl ConnectionTrait, alive_since: DateTime<Utc>) -> Result<bool> {
    let dead = Entity::find()
        .filter(Column::Status.eq(SyncStatus::Running))
        .filter(Column::HeartbeatAt.lt(alive_since));
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
    let done = Entity::update_many()
        .col_expr(Column::Status, Expr::value(SyncStatus::Failed))
        .col_expr(
            Column::Error,
            Expr::value("the process that ran it ended before it was done"),
        )
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(Column::Status.eq(SyncStatus::Running))
        .filter(Column::HeartbeatAt.lt(alive_since))
        .filter(Column::Fence.gte(most))
        // One that was handed over in good order killed nobody.
        .filter(Column::HeartbeatAt.gt(DateTime::UNIX_EPOCH))
        .exec(tx)
        .await?;
    if done.rows_affected > 0 {
        tx.note(Change::Anything);
    }
    Ok(())
}
