use async_graphql::{Context, Object, SimpleObject};

use super::{SyncRun, run::SyncTrack};
use crate::{
    graphql::{
        connection::by_id,
        error::Result,
        scalars::{BigInt, Date, DateTime},
    },
    service::coverage::{self, CoverageTotals, DayCoverage},
    store::sync_days::SyncDayRow,
};

/// Most rows of a list of them: each day on both tracks.
pub(in crate::graphql) const MOST_COVERED_DAYS: u64 = 2 * coverage::MAX_DAYS.unsigned_abs();

pub(super) struct SyncCoverage(pub coverage::Coverage);

/// What is known of some days, and what is missing.
#[Object]
impl SyncCoverage {
    /// The first business day.
    async fn from(&self) -> Date {
        self.0.range.from().into()
    }

    /// The last business day, included.
    async fn to(&self) -> Date {
        self.0.range.to().into()
    }

    /// Each day on each track, oldest first; days never read are among them.
    async fn days(&self) -> Vec<SyncCoverageDay> {
        self.0.days.iter().cloned().map(SyncCoverageDay).collect()
    }

    /// Each track in numbers.
    async fn totals(&self) -> Vec<SyncCoverageTotals> {
        self.0.totals.iter().copied().map(Into::into).collect()
    }
}

pub(in crate::graphql) struct SyncCoverageDay(DayCoverage);

impl SyncCoverageDay {
    fn known<T>(&self, what: impl FnOnce(&SyncDayRow) -> T) -> Option<T> {
        self.0.known.as_ref().map(what)
    }
}

/// What is known of a business day on a track.
#[Object]
impl SyncCoverageDay {
    /// The business day.
    async fn date(&self) -> Date {
        self.0.date.into()
    }

    /// What was asked of the platform.
    async fn track(&self) -> SyncTrack {
        self.0.track.into()
    }

    /// The whole day was read at least once, after it had ended, and as many records were found as
    /// the platform counts. Never true of a day that is still going on.
    async fn complete(&self) -> bool {
        self.0.is_complete()
    }

    /// A newer read of it failed or is unfinished: there may be changes that are not here yet.
    async fn stale(&self) -> bool {
        self.0.is_stale()
    }

    /// When it was last read from its first second on, and not only what was new.
    async fn verified_at(&self) -> Option<DateTime> {
        self.known(|day| day.verified_at).flatten().map(DateTime)
    }

    /// When the oldest read began that what is known rests on; null when there was none.
    async fn read_at(&self) -> Option<DateTime> {
        self.known(|day| day.read_at).flatten().map(DateTime)
    }

    /// The instant up to which the last good read went; null when there was none.
    async fn synced_through(&self) -> Option<DateTime> {
        self.known(|day| day.synced_through).flatten().map(DateTime)
    }

    /// How many calls of this day the platform lists, whichever day's window lists them; of TASK_STATS,
    /// calls dialled. Null until the platform said so.
    async fn expected(&self) -> Option<BigInt> {
        self.0.expected.map(BigInt)
    }

    /// How many calls of this day that came from the platform are stored and counted by all figures;
    /// null while expected is.
    async fn stored(&self) -> Option<BigInt> {
        self.0.stored.map(BigInt)
    }

    /// expected − stored, never below 0; null while the platform did not say how many there are.
    async fn missing(&self) -> Option<BigInt> {
        self.0.missing().map(BigInt)
    }

    /// Of those read, how many wait to be dialled and are no calls yet; null of a day that nobody
    /// tried to read.
    async fn undialled(&self) -> Option<i64> {
        self.known(|day| day.undialled)
    }

    /// Why the last read failed, or why a day that is over is not complete; null when neither is so.
    async fn error(&self) -> Option<&str> {
        self.0.known.as_ref()?.error.as_deref()
    }

    /// The run that read it last, or tried to; null of a day that nobody tried to read.
    async fn last_run(&self, context: &Context<'_>) -> Result<Option<SyncRun>> {
        match self.known(|day| day.last_run_id).flatten() {
            Some(run) => by_id(context, run).await,
            None => Ok(None),
        }
    }
}

/// The days of a track in numbers.
#[derive(SimpleObject)]
pub(super) struct SyncCoverageTotals {
    /// What was asked of the platform.
    track: SyncTrack,
    /// All days asked for.
    days: i64,
    /// Of those, complete ones.
    complete_days: i64,
    /// Of those, stale ones.
    stale_days: i64,
    /// Of those, such of which no read stored anything.
    never_read_days: i64,
    /// Records known to be missing, over the days of which it is known.
    missing: BigInt,
}

impl From<CoverageTotals> for SyncCoverageTotals {
    fn from(totals: CoverageTotals) -> Self {
        Self {
            track: totals.track.into(),
            days: totals.days,
            complete_days: totals.complete_days,
            stale_days: totals.stale_days,
            never_read_days: totals.never_read_days,
            missing: totals.missing.into(),
        }
    }
}
