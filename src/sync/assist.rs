//! Working together: going on with runs whose process ended, and reading slices of runs that others
//! carry out.

use std::sync::Arc;

use futures_util::StreamExt as _;

use super::{
    context::Context,
    error::SyncError,
    progress::{Reporter, Tally},
    run::Syncer,
    slice::{self, SliceReader},
};
use crate::{
    store::{
        StoreError, Transaction, run_claims,
        slice_claims::{self, SliceRow, Wanted},
        sync_runs::{self, RunCounts},
    },
    telemetry::with_sources,
};

/// So many processes may die of a run before it is given up.
const MOST_OWNERS: i64 = 10;

impl Syncer {
    /// Looks for work that others left or have too much of, until the syncer is stopped.
    pub async fn share_work(&self) {
        let context = self.context();
        // A run that goes on somewhere is told of at most once a second.
        let mut runs = std::pin::pin!(context.db.changes().runs());
        loop {
            self.take_over_dead_runs().await;
            self.help().await;
            let look_again = tokio::time::sleep(context.options.lease_ttl / 6);
            tokio::select! {
                () = look_again => {}
                told = runs.next() => if told.is_none() { return },
                () = context.stop.cancelled() => return,
            }
        }
    }

    /// Goes on with the runs whose process ended, where it was. Failing that, the next time does.
    pub async fn take_over_dead_runs(&self) {
        match self.context().adopt().await {
            Ok(runs) => {
                for run in runs {
                    tracing::warn!(
                        sync.run = run.id,
                        "going on with a run whose process had ended"
                    );
                    self.start_recorded(run);
                }
            }
            Err(error) => tracing::warn!(
                error = with_sources(&error),
                "could not look for runs whose process has ended"
            ),
        }
    }

    /// Reads slices of runs that others carry out, as long as there are any to be had.
    async fn help(&self) {
        let context = self.context();
        while context.helpers.available_permits() > 0 && !context.stop.is_cancelled() {
            let claimed = slice::claim(context, Wanted::OfOthers(&context.instance)).await;
            match claimed {
                Ok(Some(slice)) => self.read_for_another(slice),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(
                        error = with_sources(&error),
                        "could not look for parts of days to read"
                    );
                    return;
                }
            }
        }
    }

    fn read_for_another(&self, slice: SliceRow) {
        let context = Arc::clone(self.context());
        let Ok(place) = Arc::clone(&context.helpers).try_acquire_owned() else {
            return;
        };
        self.context().spawn(async move {
            if let Err(error) = context.read_for_another(slice).await {
                tracing::warn!(
                    error = with_sources(&error),
                    "could not read a part of a day for another process"
                );
            }
            drop(place);
        });
    }
}

impl Context {
    async fn adopt(&self) -> Result<Vec<sync_runs::SyncRunRow>, StoreError> {
        let alive_since = self.alive_since();
        let (me, now) = (self.instance.as_str(), self.clock.now());
        if !run_claims::any_dead(self.db.read(), alive_since, now).await? {
            return Ok(Vec::new());
        }
        self.db
            .transaction(async |tx: &Transaction| {
                run_claims::adopt(tx, alive_since, me, MOST_OWNERS, now).await
            })
            .await
    }

    async fn read_for_another(self: Arc<Self>, slice: SliceRow) -> Result<(), SyncError> {
        let run = sync_runs::find(self.db.read(), slice.run_id).await;
        let Ok(Some(run)) = run else {
            // Nobody waits for it to expire.
            self.db
                .transaction(async |tx: &Transaction| slice_claims::release(tx, &slice).await)
                .await?;
            return Ok(run.map(drop)?);
        };
        let nobody = Reporter::default();
        let reader = SliceReader {
            trigger: run.triggered_by,
            recounts: true,
            tally: Tally::new(slice.day, RunCounts::default(), nobody),
            slice,
            context: self,
        };
        reader.read().await;
        Ok(())
    }
}
