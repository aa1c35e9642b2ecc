//! Going on, in the foreground, with what a process that died left of the same run.

use std::time::Duration;

use super::{
    context::Context,
    progress::Reporter,
    run::{RunOutcome, Syncer},
};
use crate::store::{
    StoreError, Transaction, run_claims,
    sync_runs::{NewRun, SyncRunRow},
};

/// How often to look whether a process shows a sign of life.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Syncer {
    /// Carries a run out while the caller waits: a new one, or the one that a process that died left of
    /// the same days, from where it was.
    ///
    /// # Errors
    /// When the run cannot be recorded. What happens to its days is in the outcome.
    pub async fn run(&self, new: NewRun, reporter: Reporter) -> Result<RunOutcome, StoreError> {
        let context = self.context();
        let run = match context.left_by_the_dead(new).await? {
            Some(run) => run,
            None => context.record(new).await?,
        };
        Ok(context.execute(run, reporter).await)
    }
}

impl Context {
    /// The run that somebody started like `new`, and whose process died. Whether one that is silent has
    /// died is certain once its leases have expired.
    async fn left_by_the_dead(&self, new: NewRun) -> Result<Option<SyncRunRow>, StoreError> {
        let mut seen = None;
        loop {
            let (db, accepts_removals) = (self.db.read(), self.options.accepts_removals);
            let Some(run) = run_claims::at_work(db, new, accepts_removals).await? else {
                return Ok(None);
            };
            let alive_since = self.alive_since();
            if run.heartbeat_at < alive_since {
                let (id, me, now) = (run.id, self.instance.as_str(), self.clock.now());
                let adopted = self.db.transaction(async |tx: &Transaction| {
                    run_claims::adopt_one(tx, id, alive_since, me, now).await
                });
                if let Some(run) = adopted.await? {
                    tracing::warn!(
                        sync.run = run.id,
                        "going on with a run whose process had ended"
                    );
                    return Ok(Some(run));
                }
            }
            match seen {
                Some(before) if run.heartbeat_at > before => return Ok(None),
                Some(_) => {}
                None => {
                    let wait = self.options.lease_ttl.as_secs();
                    tracing::warn!(
                        sync.run = run.id,
                        "a run of the same days is at work; if its process has died, this one goes on with it within {wait} s"
                    );
                    seen = Some(run.heartbeat_at);
                }
            }
            if !self.pause(LOOK_AGAIN.min(self.options.lease_poll)).await {
                return Ok(None);
            }
        }
    }
}
