//! Going on, in the foreground, with what a process that died left of the same run.

use chrono::TimeDelta;
use tokio::time::Instant;

use super::{
    context::Context,
    progress::Reporter,
    run::{RunOutcome, Syncer},
};
use crate::store::{
    StoreError, Transaction, run_claims,
    sync_runs::{NewRun, SyncRunRow},
};

/// What is left of a run that began longer ago is not gone on with: who asks now wants what is there
/// now.
const LONGEST_AGO: TimeDelta = TimeDelta::hours(6);

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
        // Whatever the clocks of others say.
        let give_up_at = Instant::now() + self.options.lease_ttl + self.options.lease_poll * 2;
        loop {
            let (db, accepts_removals) = (self.db.read(), self.options.accepts_removals);
            let Some(run) = run_claims::at_work(db, new, accepts_removals).await? else {
                return Ok(None);
            };
            let is_fit = self.is_worth_going_on(&run);
            if run_claims::is_silent(&run, self.alive_since(), self.clock.now()) {
                match self.take_over(&run, is_fit).await? {
                    Some(run) if is_fit => return Ok(Some(run)),
                    Some(_) => return Ok(None),
                    None => {}
                }
            }
            if !is_fit || give_up_at <= Instant::now() {
                return Ok(None);
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
            if !self.pause(self.options.lease_poll).await {
                return Ok(None);
            }
        }
    }

    /// Whether a new run would come to the same: none of its days has failed or was still going on, and
    /// it is not from long ago.
    fn is_worth_going_on(&self, run: &SyncRunRow) -> bool {
        run.days_failed == 0
            && self.zone_of(run.track).end_of(run.to_day) <= run.started_at
            && self.clock.now() - run.started_at <= LONGEST_AGO
    }

    /// Takes over a run whose process died, to go on with it or to end it; `None` where somebody else
    /// did, or it lives after all.
    async fn take_over(
        &self,
        run: &SyncRunRow,
        is_fit: bool,
    ) -> Result<Option<SyncRunRow>, StoreError> {
        let (me, now, alive_since) = (&self.instance, self.clock.now(), self.alive_since());
        let adopt = self.db.transaction(async |tx: &Transaction| {
            let adopted = run_claims::adopt_one(tx, run.id, alive_since, me, now).await?;
            if adopted.is_some() && !is_fit {
                run_claims::fail(tx, &[run.id], now).await?;
            }
            Ok(adopted)
        });
        let adopted = adopt.await?;
        if adopted.is_some() {
            let what = if is_fit { "going on with" } else { "ended" };
            tracing::warn!(sync.run = run.id, "{what} a run whose process had ended");
        }
        Ok(adopted)
    }
}
