//! `sync_runs`: the history of synchronisation.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait},
};

use super::{
    Change, Result, Transaction,
    record::stored,
    table::{LazyTable, Table},
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

/// All runs, newest first.
pub static SYNC_RUNS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::descending("id")];
    let relations = Vec::new();
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
        finished_at
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
        }
    }
}

/// Records that a run begins.
pub async fn create(tx: &Transaction, new: NewRun, now: DateTime<Utc>) -> Result<SyncRunRow> {
    Ok(ActiveModel {
        track: Set(new.track),
        sync_window: Set(new.window),
        from_day: Set(new.days.from()),
        to_day: Set(new.days.to()),
        status: Set(SyncStatus::Running),
        triggered_by: Set(new.trigger),
        started_at: Set(now),
        heartbeat_at: Set(now),
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

/// Shows that a run is alive.
pub async fn heartbeat(tx: &Transaction, id: i64, now: DateTime<Utc>) -> Result<()> {
    add_counts(tx, id, RunCounts::default(), now).await
}

/// Records how a run ended.
pub async fn finish(
    tx: &Transaction,
    id: i64,
    status: SyncStatus,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    tx.note(Change::Run(id));
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(status))
        .col_expr(Column::Error, Expr::value(error.map(str::to_owned)))
        .col_expr(Column::HeartbeatAt, Expr::value(now))
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
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

/// Ends the runs whose process died: at work, but without a sign of life since `alive_since`.
/// Returns how many there were.
pub async fn fail_dead(
    tx: &Transaction,
    alive_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let done = Entity::update_many()
        .col_expr(Column::Status, Expr::value(SyncStatus::Failed))
        .col_expr(
            Column::Error,
            Expr::value("the process that ran it ended before it was done"),
        )
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(Column::Status.eq(SyncStatus::Running))
        .filter(Column::HeartbeatAt.lt(alive_since))
        .exec(tx)
        .await?;
    if done.rows_affected > 0 {
        tx.note(Change::Anything);
    }
    Ok(done.rows_affected)
}
