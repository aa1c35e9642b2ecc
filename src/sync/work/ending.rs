//! How a run ends: what came of it is recorded, or another process goes on with it.

use super::{Work, days_of};
use crate::{
    domain::{
        stats::count,
        sync::{SyncStatus, SyncTrigger},
    },
    store::{
        Lane, Transaction, run_claims,
        sync_runs::{self, RunCounts},
    },
    sync::{context::insist, error::SyncError, run::RunOutcome},
    telemetry::with_sources,
};

impl Work<'_> {
    /// Records how the run ended, or leaves it to another process.
    pub(super) async fn end(mut self, ended: Result<(), SyncError>) -> RunOutcome {
        let held = std::mem::take(&mut *self.held());
        for lease in held {
            lease.release(self.context.holder()).await;
        }
        let day = days_of(self.run)
            .iter()
            .rev()
            .nth(usize::try_from(self.done).unwrap_or_default());
        if let (Err(error), Some(day)) = (&ended, day) {
            let is_left = match error {
                SyncError::LeaseLost => {
                    tracing::warn!("another process took this run over, or its turn");
                    self.hand_over().await;
                    true
                }
                error if self.is_left_to_others(error) => {
                    self.hand_over().await;
                    true
                }
                error => self.fail(day, error).await.is_err(),
            };
            if is_left {
                self.failed.push((day, error.to_string()));
                return self.outcome();
            }
        }
        let mut outcome = self.outcome();
        self.finish(outcome.status).await;
        // Others may have read parts of it.
        if let Ok(Some(run)) = sync_runs::find(self.context.db.read(), self.run.id).await {
            outcome.counts = RunCounts::from(&run);
        }
        self.context
            .metrics
            .run_ended(self.run.track, outcome.status);
        let counts = outcome.counts;
        tracing::info!(
            status = %outcome.status,
            pages = counts.pages,
            fetched = counts.fetched,
            inserted = counts.inserted,
            updated = counts.updated,
            unchanged = counts.unchanged,
            removed = counts.removed,
            "synchronisation ends"
        );
        outcome
    }

    fn outcome(&mut self) -> RunOutcome {
        let is_doubted = count(self.failed.len()) > self.failures;
        let status = match self.done - self.failures {
            0 => SyncStatus::Failed,
            read if is_doubted || read < days_of(self.run).days() => SyncStatus::Partial,
            _ => SyncStatus::Succeeded,
        };
        let counts = RunCounts {
            days_done: self.done,
            days_failed: count(self.failed.len()),
            ..self.tally.counts()
        };
        RunOutcome {
            run_id: self.run.id,
            status,
            counts,
            failed: std::mem::take(&mut self.failed),
        }
    }

    async fn finish(&self, status: SyncStatus) {
        let finish = insist(&self.context.db, Lane::Short, async |tx: &Transaction| {
            let now = self.context.clock.now();
            Ok(run_claims::finish(tx, self.run, status, now).await?)
        })
        .await;
        if let Err(error) = finish {
            tracing::error!(
                error = with_sources(&error),
                sync.run = self.run.id,
                "could not record how a run ended"
            );
        }
    }

    /// Whether somebody else goes on from the ledger: what cannot be noted is not over, and what a
    /// service is about when it stops is its successor's.
    const fn is_left_to_others(&self, error: &SyncError) -> bool {
        match error {
            SyncError::Store(_) => true,
            SyncError::Stopped => !matches!(self.run.triggered_by, SyncTrigger::Cli),
            _ => false,
        }
    }

    /// Lets the next process that looks for dead runs go on with this one at once.
    async fn hand_over(&self) {
        let over = self
            .context
            .db
            .transaction(async |tx: &Transaction| run_claims::hand_over(tx, self.run).await);
        match over.await {
            Ok(()) => tracing::info!("another process, or the next start, goes on with this run"),
            Err(error) => tracing::warn!(
                error = with_sources(&error),
                "could not leave a run to another process; it will be taken for dead"
            ),
        }
    }
}
