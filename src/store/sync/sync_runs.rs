//! `sync_runs`: the history of synchronisation.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, UnionType},
};
use strum::VariantArray as _;

pub use crate::entity::sync_run::Model as SyncRunRow;
use crate::{
    domain::{
        business_time::DayRange,
        page::OrderKey,
        sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
    },
    entity::sync_run::{ActiveModel, Column, Entity},
    store::{
        Change, Result, Transaction,
        record::Stored,
        run_claims,
        sync_slices::SyncSliceRow,
        table::{LazyTable, Relation, Table, ToMany},
    },
};

/// The table, to write it.
pub type SyncRuns = Entity;

/// All runs, newest first.
pub static SYNC_RUNS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::descending("id")];
    let relations = vec![Relation::from(SyncRunRow::SLICES)];
    Table::of::<Entity>("SyncRun", order, relations)
});

impl SyncRunRow {
    /// Its slices.
    pub const SLICES: ToMany<Self, SyncSliceRow> = ToMany::new("slices", "run_id");
}

impl Stored for SyncRunRow {
    fn table() -> &'static Table {
        &SYNC_RUNS
    }
}

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
    /// One request that was answered after `retries` repeats.
    #[must_use]
    pub fn of_request(retries: u32) -> Self {
        Self {
            pages: 1,
            retries: retries.into(),
            ..Self::default()
        }
    }

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

/// Says of a run that many calls may be taken for removed at once, whoever reads its days.
pub async fn accept_removals(tx: &Transaction, run: &mut SyncRunRow) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::AcceptsRemovals, Expr::value(true))
        .filter(Column::Id.eq(run.id))
        .exec(tx)
        .await?;
    run.accepts_removals = true;
    Ok(())
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
    now: DateTime<Utc>,
) -> Result<Vec<SyncRunRow>> {
    Ok(Entity::find()
        .filter(Column::Status.eq(SyncStatus::Running))
        .filter(Column::Track.eq(track))
        .filter(Column::FromDay.lte(days.from()))
        .filter(Column::ToDay.gte(days.to()))
        .filter(run_claims::silent(alive_since, now).not())
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
