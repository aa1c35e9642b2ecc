use async_graphql::{Context, Enum, ID, Object};
use chrono::Utc;

use super::{SyncRunFilter, SyncRunOrder, SyncSlice, SyncSliceFilter, SyncSliceOrder};
use crate::{
    domain::{
        business_time::DayRange,
        sync_progress::{Pace, SliceTotals},
    },
    graphql::{
        connection::{Connection, ListArguments, listed, nested},
        context::ContextExt as _,
        error::Result,
        id::{self, Kind},
        loaders::{SlicesOf, load},
        plan,
        scalars::{Date, DateTime},
    },
    store::sync_runs::SyncRunRow,
};

/// What a run asks the platform for. A run has one track.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::sync::SyncTrack")]
pub(in crate::graphql) enum SyncTrack {
    /// The platform's own daily figures, a day at a time.
    TaskStats,
    /// Every call record, from which grades, tags and all figures come.
    CallRecords,
}

/// Which days a run is about.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::sync::SyncWindow")]
pub(in crate::graphql) enum SyncWindow {
    /// The ten days before today.
    T10,
    /// The three days before today.
    T3,
    /// The day that is going on.
    Today,
    /// Days that somebody asked for.
    Manual,
}

/// What a run came to.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::sync::SyncStatus")]
pub(in crate::graphql) enum SyncStatus {
    /// Waiting for its turn or at work.
    Running,
    /// Every day was read whole and counted; a day that is going on, up to the moment it was read.
    Succeeded,
    /// Some days were, others not: see the error.
    Partial,
    /// No day was: see the error.
    Failed,
}

/// Who started a run.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::sync::SyncTrigger")]
pub(in crate::graphql) enum SyncTrigger {
    /// The schedule.
    Schedule,
    /// A person or program, through this API.
    Api,
    /// The command line.
    Cli,
}

listed! {
    SyncRun(SyncRunRow) by SyncRunFilter, SyncRunOrder, whole = true {
        "slices" => "slices": plan::list::<SyncSlice>,
    }
}

impl SyncRun {
    async fn totals(&self, context: &Context<'_>) -> Result<SliceTotals> {
        let totals = Box::pin(load(context, SlicesOf(self.0.row.id))).await?;
        Ok(totals.unwrap_or_default())
    }

    /// What it did until its end, or until `now`.
    fn pace(&self, now: chrono::DateTime<Utc>) -> Pace {
        let row = &self.0.row;
        Pace {
            elapsed: row.finished_at.unwrap_or(now) - row.started_at,
            fetched: row.fetched,
            days: DayRange::new(row.from_day, row.to_day).map_or(1, DayRange::days),
        }
    }
}

/// One synchronisation: which days were read, and what came of it.
#[Object(serial)]
impl SyncRun {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::SyncRun, self.0.row.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// What it asks the platform for.
    async fn track(&self) -> SyncTrack {
        self.0.row.track.into()
    }

    /// Why these days.
    async fn window(&self) -> SyncWindow {
        self.0.row.sync_window.into()
    }

    /// The first business day.
    async fn from(&self) -> Date {
        self.0.row.from_day.into()
    }

    /// The last business day, included.
    async fn to(&self) -> Date {
        self.0.row.to_day.into()
    }

    /// What it came to.
    async fn status(&self) -> SyncStatus {
        self.0.row.status.into()
    }

    /// Who started it.
    async fn trigger(&self) -> SyncTrigger {
        self.0.row.triggered_by.into()
    }

    /// Days done so far, well or not.
    async fn days_done(&self) -> i64 {
        self.0.row.days_done
    }

    /// Answers read from the platform.
    async fn pages(&self) -> i64 {
        self.0.row.pages
    }

    /// Rows in them.
    async fn fetched(&self) -> i64 {
        self.0.row.fetched
    }

    /// Rows that were new here.
    async fn inserted(&self) -> i64 {
        self.0.row.inserted
    }

    /// Rows that had changed.
    async fn updated(&self) -> i64 {
        self.0.row.updated
    }

    /// Rows that were stored as they are, and not written again.
    async fn unchanged(&self) -> i64 {
        self.0.row.unchanged
    }

    /// Rows that are no calls yet, or that cannot be told apart or dated.
    async fn skipped(&self) -> i64 {
        self.0.row.skipped
    }

    /// Of the days done, how many could not be read whole.
    async fn days_failed(&self) -> i64 {
        self.0.row.days_failed
    }

    /// Requests that had to be repeated.
    async fn retries(&self) -> i64 {
        self.0.row.retries
    }

    /// Calls that the platform has no longer: they are kept, and count for nothing.
    async fn removed(&self) -> i64 {
        self.0.row.removed
    }

    /// Which days could not be read, and why; null when all could.
    async fn error(&self) -> Option<&str> {
        self.0.row.error.as_deref()
    }

    /// When it was started.
    async fn started_at(&self) -> DateTime {
        self.0.row.started_at.into()
    }

    /// When it ended; null while it is RUNNING.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.row.finished_at.map(DateTime)
    }

    /// When somebody asked for its end with `cancelSync`; it ends soon after.
    async fn cancelled_at(&self) -> Option<DateTime> {
        self.0.row.cancelled_at.map(DateTime)
    }

    /// Seconds from its start to its end, or until now.
    async fn elapsed_seconds(&self, context: &Context<'_>) -> Result<f64> {
        Ok(self.pace(context.services()?.clock.now()).seconds())
    }

    /// Rows read in a second, from its start to its end or until now; null while nothing was read.
    async fn records_per_second(&self, context: &Context<'_>) -> Result<Option<f64>> {
        Ok(self.pace(context.services()?.clock.now()).per_second())
    }

    /// About how many seconds the rest takes, at the pace so far; days and slices that nobody counted
    /// yet are taken to be like the others. Null while nothing can be said, and after its end.
    async fn remaining_seconds(&self, context: &Context<'_>) -> Result<Option<f64>> {
        if self.0.row.finished_at.is_some() {
            return Ok(None);
        }
        let now = context.services()?.clock.now();
        Ok(self.pace(now).remaining(self.totals(context).await?))
    }

    /// Slices that were planned so far; one that was cut in two counts as the two.
    async fn slices_total(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.totals(context).await?.slices)
    }

    /// Of those, how many are DONE: proven whole.
    async fn slices_done(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.totals(context).await?.done)
    }

    /// The parts of its days, each read and proven by itself, in the order in which they were planned;
    /// limited for each run by itself.
    async fn slices(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which of them.")] filter: Option<Box<SyncSliceFilter>>,
        #[graphql(desc = "Their order; as they were planned by default.")] order_by: Option<
            Vec<SyncSliceOrder>,
        >,
    ) -> Result<Connection<SyncSlice>> {
        let arguments = ListArguments {
            first,
            after,
            last,
            before,
            filter,
            order_by,
        };
        nested(context, &self.0, "slices", arguments).await
    }
}
