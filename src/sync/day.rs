//! What reading one day has in common on both tracks.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{
    lease::Lease,
    progress::{Progress, Reporter},
    run::Context,
};
use crate::{
    domain::sync::SyncTrack,
    guanke,
    store::{
        StoreError, Transaction,
        sync_days::{self, DayRead},
        sync_runs::{self, RunCounts},
    },
};

/// Why a day could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The platform did not answer, or not usably.
    #[error(transparent)]
    Platform(#[from] guanke::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was read is not what the platform counted, after reading it again.
    #[error("the platform counts {expected} records, and {seen} could be read")]
    Mismatch {
        /// What it counts.
        expected: u64,
        /// How many distinct ones it gave.
        seen: u64,
    },
    /// The platform gave no count to compare with.
    #[error("the platform gave no total, so nothing proves that these are all")]
    NoTotal,
    /// Records that cannot be stored.
    #[error("{count} records cannot be used; the first one: {reason}")]
    Unusable {
        /// How many.
        count: usize,
        /// What is wrong with the first.
        reason: String,
    },
    /// The platform's figures contradict each other.
    #[error("the platform's {kind} rows add up to {sum} dialled, and its total says {total}")]
    TotalsDisagree {
        /// Account or task.
        kind: &'static str,
        /// Sum over the rows.
        sum: i64,
        /// Its own total.
        total: i64,
    },
    /// Another instance took the day over, because this one was silent for too long.
    #[error("another instance took this day over")]
    LeaseLost,
    /// Nothing can be known of a day that has not begun.
    #[error("the day has not begun")]
    NotBegun,
    /// A fault of ours.
    #[error("a task of this program failed; the log says more")]
    Panicked,
    /// The program ends.
    #[error("stopped, because the service is shutting down")]
    Stopped,
}

/// The part of a day that there is to read, frozen when the read begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Its first second.
    pub from: DateTime<Utc>,
    /// Its last second, included.
    pub to: DateTime<Utc>,
    /// Whether the day is over, and this all of it.
    pub whole_day: bool,
}

/// One read of one day, at work.
pub(super) struct DayReader<'a> {
    pub context: &'a Arc<Context>,
    pub lease: &'a Lease,
    pub track: SyncTrack,
    pub day: NaiveDate,
    pub run_id: i64,
    pub reporter: &'a Reporter,
    /// What the run did before this day, and in it.
    pub counts: &'a mut RunCounts,
}

impl DayReader<'_> {
    /// The span to read now; the day has begun.
    pub fn span(&self) -> Span {
        let zone = self.context.zone;
        let (from, end) = (zone.start_of(self.day), zone.end_of(self.day));
        let now = self.context.clock.now();
        Span {
            from,
            to: (end - TimeDelta::seconds(1)).min(now),
            whole_day: now >= end,
        }
    }

    /// Opens a transaction for what was read. It holds only while the lease does.
    pub async fn begin(&self) -> Result<Transaction, SyncError> {
        Ok(self.context.db.begin().await?)
    }

    /// Closes a transaction: notes `counts` on the run, and commits if the day is still ours.
    pub async fn commit(&mut self, tx: Transaction, counts: RunCounts) -> Result<(), SyncError> {
        sync_runs::add_counts(&tx, self.run_id, counts, self.context.clock.now()).await?;
        if !self.lease.renew_in(&tx, self.context).await? {
            return Err(SyncError::LeaseLost);
        }
        tx.commit().await.map_err(StoreError::from)?;
        *self.counts = self.counts.plus(counts);
        Ok(())
    }

    /// Notes in `tx` that the read ended well with `records`, as many as the platform counts.
    pub async fn note_success(
        &self,
        tx: &Transaction,
        span: Span,
        records: i64,
    ) -> Result<(), StoreError> {
        let read = DayRead {
            expected: records,
            seen: records,
            synced_through: span.to,
            whole_day: span.whole_day,
        };
        sync_days::finish_read(tx, self.track, self.day, read, self.context.clock.now()).await
    }

    /// Tells whoever watches.
    pub fn report(&self, expected: Option<u64>, seen: u64) {
        self.reporter.report(Progress {
            day: self.day,
            expected,
            seen,
            counts: *self.counts,
        });
    }
}
