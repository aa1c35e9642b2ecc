use async_graphql::{Context, Enum, ID, Object};
use chrono::Utc;

use super::SyncSlice;
use crate::{
    domain::{
        business_time::DayRange,
        sync_progress::{Pace, SliceTotals},
    },
    graphql::{
        connection::{listed, lists, nested},
        context::ContextExt as _,
        error::Result,
        filter::compared_words,
        id::{self, Kind},
        loaders::{SlicesOf, load},
        plan::{self, Lead},
    },
    store::{Record, sync_runs::SyncRunRow},
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

compared_words!(
    SyncStatus => crate::domain::sync::SyncStatus,
    SyncTrack => crate::domain::sync::SyncTrack,
    SyncTrigger => crate::domain::sync::SyncTrigger,
    SyncWindow => crate::domain::sync::SyncWindow,
);

/// What its pace is worked out from.
const PACE: Lead = ("pace", |_, _, _, selection| {
    for column in ["started_at", "finished_at", "fetched", "from_day", "to_day"] {
        selection.column(column);
    }
    Ok(())
});

listed! {
    SyncRun(SyncRunRow) {
        "elapsedSeconds" => PACE,
        "recordsPerSecond" => PACE,
        "remainingSeconds" => PACE,
        "slices" => plan::list::<SyncSlice, _>(&SyncRunRow::SLICES),
    }
}

impl SyncRun {
    async fn totals(&self, context: &Context<'_>) -> Result<SliceTotals> {
        let totals = Box::pin(load(context, SlicesOf(self.0.id()?))).await?;
        Ok(totals.unwrap_or_default())
    }

    /// What it did until its end, or until `now`.
    fn pace(&self, now: chrono::DateTime<Utc>) -> Result<Pace> {
        let finished_at = self.0.get(SyncRunRow::FINISHED_AT)?;
        let (from, to) = (
            self.0.get(SyncRunRow::FROM_DAY)?,
            self.0.get(SyncRunRow::TO_DAY)?,
        );
        Ok(Pace {
            elapsed: finished_at.unwrap_or(now) - self.0.get(SyncRunRow::STARTED_AT)?,
            fetched: self.0.get(SyncRunRow::FETCHED)?,
            days: DayRange::new(from, to).map_or(1, DayRange::days),
        })
    }
}

/// One synchronisation: which days were read, and what came of it.
#[Object(serial)]
impl SyncRun {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> Result<ID> {
        Ok(id::global(Kind::SyncRun, self.0.id()?))
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<SyncRunRow> {
        &self.0
    }

    /// Seconds from its start to its end, or until now.
    async fn elapsed_seconds(&self, context: &Context<'_>) -> Result<f64> {
        Ok(self.pace(context.services()?.clock.now())?.seconds())
    }

    /// Rows read in a second, from its start to its end or until now; null while nothing was read.
    async fn records_per_second(&self, context: &Context<'_>) -> Result<Option<f64>> {
        Ok(self.pace(context.services()?.clock.now())?.per_second())
    }

    /// About how many seconds the rest takes, at the pace so far; days and slices that nobody counted
    /// yet are taken to be like the others. Null while nothing can be said, and after its end.
    async fn remaining_seconds(&self, context: &Context<'_>) -> Result<Option<f64>> {
        if self.0.get(SyncRunRow::FINISHED_AT)?.is_some() {
            return Ok(None);
        }
        let now = context.services()?.clock.now();
        Ok(self.pace(now)?.remaining(self.totals(context).await?))
    }

    /// Slices that were planned so far; one that was cut in two counts as the two.
    async fn slices_total(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.totals(context).await?.slices)
    }

    /// Of those, how many are DONE: proven whole.
    async fn slices_done(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.totals(context).await?.done)
    }

    #[graphql(flatten)]
    async fn lists(&self) -> SyncRunLists<'_> {
        SyncRunLists(&self.0)
    }
}

/// The lists under it.
struct SyncRunLists<'a>(&'a Record<SyncRunRow>);

lists! {
    #[Object(serial)]
    SyncRunLists<'_> {
        /// The parts of its days, each read and proven by itself, in the order in which they were planned;
        /// limited for each run by itself.
        slices: SyncSlice => |of, context, arguments| nested(context, of.0, SyncRunRow::SLICES, arguments),
    }
}
