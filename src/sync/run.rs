//! Runs: started by the schedule, the API or the command line, or taken over from a process that
//! ended.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};

use super::{
    context::{Context, SyncOptions},
    progress::Reporter,
    schedule::Schedule,
};
use crate::{
    clock::Clock,
    domain::{
        business_time::{BusinessZone, DayRange},
        sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
    },
    guanke,
    service::refresh::{RefreshError, Refresher, StartedRun},
    store::{
        Connection, Database, StoreError, Transaction, run_claims,
        slice_claims::{self, RunDay},
        sync_runs::{self, NewRun, RunCounts, SyncRunRow},
    },
};

/// Carries runs out. Clones share everything.
#[derive(Clone)]
pub struct Syncer(Arc<Context>);

/// What a run came to.
#[derive(Debug, Clone)]
pub struct RunOutcome {
    /// The run's id.
    pub run_id: i64,
    /// What it came to.
    pub status: SyncStatus,
    /// What it did.
    pub counts: RunCounts,
    /// The days that could not be read, with the reason.
    pub failed: Vec<(NaiveDate, String)>,
}

impl Syncer {
    /// A syncer that works as `instance`, a name no other process has.
    #[must_use]
    pub fn new(
        db: Database,
        client: guanke::Client,
        clock: Arc<dyn Clock>,
        zone: BusinessZone,
        schedule: Schedule,
        options: SyncOptions,
        instance: String,
    ) -> Self {
        Self(Arc::new(Context::new(
            db, client, clock, zone, schedule, options, instance,
        )))
    }

    /// Names of accounts that are no seats.
    #[must_use]
    pub fn non_seat_names(&self) -> &[String] {
        self.0.client.non_seat_names()
    }

    /// Carries a new run out while the caller waits. What a process that died left of the same days is
    /// not gone on with: whoever gives a command now wants the platform as it is now.
    ///
    /// # Errors
    /// When the run cannot be recorded. What happens to its days is in the outcome.
    pub async fn run(&self, new: NewRun, reporter: Reporter) -> Result<RunOutcome, StoreError> {
        let context = self.context();
        context.end_dead_run(new).await?;
        let run = context.record(new).await?;
        let outcome = context.execute(run, reporter).await;
        // Its process may have died so shortly before that only time could tell.
        context.end_dead_run(new).await?;
        Ok(outcome)
    }

    /// Starts a run in the background, or joins one that has yet to read these days.
    async fn start_or_join(&self, new: NewRun) -> Result<StartedRun, RefreshError> {
        let context = &self.0;
        if context.stop.is_cancelled() {
            return Err(RefreshError::ShuttingDown);
        }
        if let Some(run) = context.find_joinable(context.db.read(), new).await? {
            return Ok(StartedRun { run, joined: true });
        }
        let run = context.record(new).await?;
        self.start_recorded(run.clone());
        Ok(StartedRun { run, joined: false })
    }

    /// Carries a recorded run out in the background.
    pub(super) fn start_recorded(&self, run: SyncRunRow) {
        let context = Arc::clone(&self.0);
        self.0.spawn(async move {
            context.execute(run, Reporter::default()).await;
        });
    }

    /// What runs share.
    pub(super) fn context(&self) -> &Arc<Context> {
        &self.0
    }

    /// Stops everything: slices at work are given back, and runs left to the next process.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tracker.close();
        self.0.tracker.wait().await;
    }

    /// Ends everything that goes on in the background at once, as a crash would: nothing is given
    /// back. For simulations.
    pub fn kill(&self) {
        self.0.kill.cancel();
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.stop.is_cancelled()
    }

    /// Waits until the runs that were started in the background are done.
    pub async fn wait_idle(&self) {
        self.0.tracker.close();
        self.0.tracker.wait().await;
        self.0.tracker.reopen();
    }
}

#[async_trait]
impl Refresher for Syncer {
    fn instance(&self) -> Result<&str, RefreshError> {
        if self.is_stopped() {
            return Err(RefreshError::ShuttingDown);
        }
        Ok(&self.0.instance)
    }

    fn carry_out(&self, run: SyncRunRow) {
        self.start_recorded(run);
    }

    fn next_run(
        &self,
        track: SyncTrack,
        window: SyncWindow,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        self.0.schedule.next_run(self.0.zone, track, window, now)
    }

    async fn start(
        &self,
        track: SyncTrack,
        days: DayRange,
        trigger: SyncTrigger,
    ) -> Result<StartedRun, RefreshError> {
        let window = SyncWindow::Manual;
        self.start_or_join(NewRun {
            track,
            window,
            days,
            trigger,
        })
        .await
    }

    fn next_scheduled(
        &self,
        track: SyncTrack,
        day: NaiveDate,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        self.0.schedule.next_read(self.0.zone, track, day, now)
    }
}

impl Context {
    pub(super) async fn record(&self, new: NewRun) -> Result<SyncRunRow, StoreError> {
        let now = self.clock.now();
        self.db
            .transaction(async |tx: &Transaction| {
                let mut run = sync_runs::create(tx, new, &self.instance, now).await?;
                if self.options.accepts_removals {
                    sync_runs::accept_removals(tx, &mut run).await?;
                }
                Ok(run)
            })
            .await
    }

    /// Ends a run that was started like `new` and whose process died.
    async fn end_dead_run(&self, new: NewRun) -> Result<(), StoreError> {
        let Some(run) = run_claims::at_work(self.db.read(), new).await? else {
            return Ok(());
        };
        let (alive_since, now) = (self.alive_since(), self.clock.now());
        if !run_claims::is_silent(&run, alive_since, now) {
            return Ok(());
        }
        let me = &self.instance;
        let end = self.db.transaction(async |tx: &Transaction| {
            let adopted = run_claims::adopt_one(tx, run.id, alive_since, me, now).await?;
            if adopted.is_some() {
                run_claims::fail(tx, &[run.id], now).await?;
            }
            Ok(adopted.is_some())
        });
        if end.await? {
            tracing::warn!(sync.run = run.id, "ended a run whose process had died");
        }
        Ok(())
    }

    /// The newest run at work that has these days still before it. Who asks for days now wants them read
    /// from now on: a day that is being read is none that is before a run. The schedule waits for it.
    pub(super) async fn find_joinable(
        &self,
        db: &impl Connection,
        new: NewRun,
    ) -> Result<Option<SyncRunRow>, StoreError> {
        let running = sync_runs::find_running(
            db,
            new.track,
            new.days,
            self.alive_since(),
            self.clock.now(),
        )
        .await?;
        for run in running {
            if self.will_read(&run, new.days)
                && (new.trigger == SyncTrigger::Schedule
                    || !Self::has_begun(db, &run, new.days.to()).await?)
            {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// Whether a run has begun to read a day.
    async fn has_begun(
        db: &impl Connection,
        run: &SyncRunRow,
        day: NaiveDate,
    ) -> Result<bool, StoreError> {
        let of = RunDay {
            run_id: run.id,
            track: run.track,
            day,
        };
        Ok(!slice_claims::of_day(db, of).await?.is_empty())
    }

    /// Whether `run`, which covers `days`, has yet to finish them: days are read newest first. A day
    /// that has ended meanwhile must be read by a run that began after its end, to be complete.
    fn will_read(&self, run: &SyncRunRow, days: DayRange) -> bool {
        let newest_left = run
            .to_day
            .checked_sub_signed(chrono::TimeDelta::days(run.days_done));
        let end = self.zone_of(run.track).end_of(days.to());
        newest_left.is_some_and(|left| days.to() <= left)
            && (self.clock.now() < end || end <= run.started_at)
            && run.cancelled_at.is_none()
    }

    /// Does `work` in the background, until it ends or is killed.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let kill = self.kill.clone();
        self.tracker.spawn(async move {
            kill.run_until_cancelled(work).await;
        });
    }
}
