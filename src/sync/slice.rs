//! One slice, from its claim to what it came to.

use std::sync::Arc;

use super::{
    call_records,
    context::{Context, insist},
    error::SyncError,
    progress::Tally,
    task_stats,
};
use crate::{
    domain::sync::{SliceState, SyncTrack, SyncTrigger},
    metrics::Records,
    store::{
        Lane, Transaction,
        slice_claims::{self, SliceCounts, SliceRow, SliceSeen, Wanted, Window},
        sync_runs::{self, RunCounts},
    },
    telemetry::with_sources,
};

/// A slice that this process reads.
pub(super) struct SliceReader {
    pub context: Arc<Context>,
    pub slice: SliceRow,
    pub trigger: SyncTrigger,
    /// Whether a slice of one page asks for the count again; else the count of the whole day is
    /// asked for once the slice is read.
    pub recounts: bool,
    pub tally: Tally,
}

/// What happened since the last step.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Step {
    pub run: RunCounts,
    pub slice: SliceCounts,
    pub seen: Option<SliceSeen>,
}

impl Step {
    /// One answer was read, after so many repeats.
    pub fn answer(retries: u32, seen: SliceSeen) -> Self {
        Self {
            run: RunCounts::of_request(retries),
            slice: SliceCounts {
                pages: 1,
                retries: retries.into(),
                ..SliceCounts::default()
            },
            seen: Some(seen),
        }
    }
}

impl SliceReader {
    /// What is to be read.
    pub fn window(&self) -> Window {
        Window {
            from: self.slice.from_at,
            to: self.slice.to_at,
        }
    }

    /// Notes a step on the slice and the run.
    pub async fn step(&self, step: Step) -> Result<(), SyncError> {
        insist(&self.context.db, Lane::Short, async |tx: &Transaction| {
            self.note(tx, step, None).await
        })
        .await?;
        self.tell(step);
        Ok(())
    }

    /// Notes a step as part of `tx`, and what the slice came to if this was the last one. An error if
    /// the slice is another's by now: nothing in the transaction may be kept then.
    pub async fn note(
        &self,
        tx: &Transaction,
        step: Step,
        end: Option<SliceState>,
    ) -> Result<(), SyncError> {
        let (now, until) = (self.context.clock.now(), self.context.expiry());
        if !slice_claims::hold(tx, &self.slice, step.slice, step.seen, now, until).await? {
            return Err(SyncError::LeaseLost);
        }
        if let Some(state) = end {
            self.end(tx, state, None).await?;
        }
        // Last, because all readers of a run wait for each other here.
        Ok(sync_runs::add_counts(tx, self.slice.run_id, step.run, now).await?)
    }

    /// Tells whoever watches of a step that is noted.
    pub fn tell(&self, step: Step) {
        self.tally.add(self.slice.id, step.seen, step.run);
        let records = Records {
            inserted: step.run.inserted,
            updated: step.run.updated,
            unchanged: step.run.unchanged,
            removed: step.run.removed,
        };
        self.context.metrics.records(self.slice.track, records);
    }

    async fn end(
        &self,
        tx: &Transaction,
        state: SliceState,
        error: Option<&str>,
    ) -> Result<(), SyncError> {
        let now = self.context.clock.now();
        if slice_claims::finish(tx, &self.slice, state, error, now).await? {
            Ok(())
        } else {
            Err(SyncError::LeaseLost)
        }
    }

    /// Reads the slice to its end, whatever that is, and says so in the ledger.
    pub async fn read(self) {
        let read = async {
            match self.slice.track {
                SyncTrack::CallRecords => call_records::read(&self).await,
                SyncTrack::TaskStats => task_stats::read(&self).await,
            }
        };
        let result = tokio::select! {
            result = read => result,
            lost = self.keep() => Err(lost),
            () = self.context.stop.cancelled() => Err(SyncError::Stopped),
        };
        let ended = match &result {
            // Whoever has it now says what is known of it.
            Ok(()) | Err(SyncError::LeaseLost) => Ok(()),
            Err(SyncError::Stopped) => self.release().await,
            Err(error) => {
                tracing::warn!(
                    sync.day = %self.slice.day,
                    from = %self.slice.from_at,
                    to = %self.slice.to_at,
                    error = with_sources(error),
                    "a part of a day could not be proven whole"
                );
                let reason = error.to_string();
                insist(&self.context.db, Lane::Short, async |tx: &Transaction| {
                    self.end(tx, SliceState::Incomplete, Some(&reason)).await
                })
                .await
            }
        };
        if let Err(error) = ended {
            tracing::error!(
                error = with_sources(&error),
                "could not note what a part of a day came to; it will be read again"
            );
        }
        self.tally.slice_done();
    }

    async fn release(&self) -> Result<(), SyncError> {
        let release = async |tx: &Transaction| slice_claims::release(tx, &self.slice).await;
        Ok(self.context.db.transaction(release).await?)
    }

    /// Holds the slice on while the platform is slow; returns only when it is another's.
    async fn keep(&self) -> SyncError {
        let pause = self.context.options.lease_ttl / 3;
        loop {
            tokio::time::sleep(pause).await;
            let held = self
                .context
                .db
                .transaction(async |tx: &Transaction| {
                    let (now, until) = (self.context.clock.now(), self.context.expiry());
                    let nothing = SliceCounts::default();
                    slice_claims::hold(tx, &self.slice, nothing, None, now, until).await
                })
                .await;
            match held {
                Ok(true) => {}
                Ok(false) => return SyncError::LeaseLost,
                // The database may come back before the time is over.
                Err(error) => tracing::warn!(
                    error = with_sources(&error),
                    "could not hold a part of a day on"
                ),
            }
        }
    }
}

/// Claims a slice, if there is one to be read.
pub(super) async fn claim(
    context: &Context,
    wanted: Wanted<'_>,
) -> Result<Option<SliceRow>, SyncError> {
    insist(&context.db, Lane::Short, async |tx: &Transaction| {
        let (now, until) = (context.clock.now(), context.expiry());
        Ok(slice_claims::claim(tx, wanted, &context.instance, now, until).await?)
    })
    .await
}
