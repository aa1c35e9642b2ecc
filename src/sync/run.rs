//! Runs: started by the schedule, the API or the command line, one day after the other.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use super::{
    call_records,
    day::{DayReader, SyncError},
    lease::{Lease, delta},
    progress::Reporter,
    schedule::Schedule,
    task_stats,
};
use crate::{
    clock::Clock,
    domain::{
        business_time::{BusinessZone, DayRange},
        stats::count,
        sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
    },
    guanke,
    service::refresh::{RefreshError, Refresher, StartedRun},
    store::{
        Connection, Database, StoreError, sync_days,
        sync_runs::{self, NewRun, RunCounts, SyncRunRow},
    },
    telemetry::with_sources,
};

/// How synchronisation goes about its work.
#[derive(Debug, Clone, Copy)]
pub struct SyncOptions {
    /// How many pages are asked for at a time, by all runs together.
    pub page_concurrency: usize,
    /// How often a day is read before a difference to the platform's count is taken as final.
    pub passes: u32,
    /// How long a silent instance keeps its right to a day.
    pub lease_ttl: Duration,
    /// How often to look whether another instance is done with a day.
    pub lease_poll: Duration,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            page_concurrency: 4,
            passes: 3,
            lease_ttl: Duration::from_mins(1),
            lease_poll: Duration::from_secs(1),
        }
    }
}

/// Everything that runs share.
pub(super) struct Context {
    pub db: Database,
    pub client: guanke::Client,
    pub clock: Arc<dyn Clock>,
    pub zone: BusinessZone,
    pub options: SyncOptions,
    /// This process among all instances.
    pub instance: String,
    pub schedule: Schedule,
    /// Lets so many pages be asked for at a time, by all runs together.
    pub pages: Semaphore,
    pub stop: CancellationToken,
    tracker: TaskTracker,
}

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

impl RunOutcome {
    /// The reasons in one text, as kept with the run; not longer than is readable.
    fn error(&self) -> Option<String> {
        const LONGEST: usize = 1_000;
        if self.failed.is_empty() {
            return None;
        }
        let text = self
            .failed
            .iter()
            .map(|(day, reason)| format!("{day}: {reason}"))
            .collect::<Vec<_>>()
            .join("; ");
        Some(text.chars().take(LONGEST).collect())
    }
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
        Self(Arc::new(Context {
            db,
            client,
            clock,
            zone,
            options,
            instance,
            schedule,
            pages: Semaphore::new(options.page_concurrency.max(1)),
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
        }))
    }

    /// Records a new run, and carries it out while the caller waits.
    ///
    /// # Errors
    /// When the run cannot be recorded. What happens to its days is in the outcome.
    pub async fn run(&self, new: NewRun, reporter: Reporter) -> Result<RunOutcome, StoreError> {
        let run = self.0.record(new).await?;
        Ok(self.0.execute(run, new, reporter).await)
    }

    /// Starts a run in the background, or joins one that will read these days.
    async fn start_or_join(&self, new: NewRun) -> Result<StartedRun, RefreshError> {
        let context = &self.0;
        if context.stop.is_cancelled() {
            return Err(RefreshError::ShuttingDown);
        }
        if let Some(run) = context.find_joinable(context.db.read(), new).await? {
            return Ok(StartedRun { run, joined: true });
        }
        let run = context.record(new).await?;
        self.start_recorded(run.clone(), new);
        Ok(StartedRun { run, joined: false })
    }

    /// Carries a recorded run out in the background.
    pub(super) fn start_recorded(&self, run: SyncRunRow, new: NewRun) {
        let context = Arc::clone(&self.0);
        self.0.tracker.spawn(async move {
            context.execute(run, new, Reporter::default()).await;
        });
    }

    /// What runs share.
    pub(super) fn context(&self) -> &Context {
        &self.0
    }

    /// Stops everything: days at work are given back, unfinished.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tracker.close();
        self.0.tracker.wait().await;
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
    async fn record(&self, new: NewRun) -> Result<SyncRunRow, StoreError> {
        let now = self.clock.now();
        self.db
            .transaction(async |tx| sync_runs::create(tx, new, now).await)
            .await
    }

    /// The newest run at work that has these days still before it.
    pub(super) async fn find_joinable(
        &self,
        db: &impl Connection,
        new: NewRun,
    ) -> Result<Option<SyncRunRow>, StoreError> {
        let running = sync_runs::find_running(db, new.track, new.days, self.alive_since()).await?;
        Ok(running
            .into_iter()
            .find(|run| self.will_read(run, new.days)))
    }

    /// Whether `run`, which covers `days`, has yet to finish them: days are read newest first. A day
    /// that has ended meanwhile must be read by a run that began after its end, to be complete.
    fn will_read(&self, run: &SyncRunRow, days: DayRange) -> bool {
        let newest_left = run
            .to_day
            .checked_sub_signed(chrono::TimeDelta::days(run.days_done));
        let end = self.zone.end_of(days.to());
        newest_left.is_some_and(|left| days.to() <= left)
            && (self.clock.now() < end || end <= run.started_at)
    }

    /// A run that showed no sign of life since then is dead.
    pub(super) fn alive_since(&self) -> DateTime<Utc> {
        self.clock.now() - delta(self.options.lease_ttl) * 2
    }

    /// Carries a recorded run out to its end, and records the end.
    async fn execute(
        self: &Arc<Self>,
        run: SyncRunRow,
        new: NewRun,
        reporter: Reporter,
    ) -> RunOutcome {
        let span = tracing::info_span!("sync.run", sync.run = run.id, sync.track = %new.track);
        self.work(run, new, reporter).instrument(span).await
    }

    async fn work(
        self: &Arc<Self>,
        run: SyncRunRow,
        new: NewRun,
        reporter: Reporter,
    ) -> RunOutcome {
        tracing::info!(from = %new.days.from(), to = %new.days.to(), window = %new.window, "synchronisation begins");
        let mut counts = RunCounts::default();
        let mut failed = Vec::new();
        // The newest day first: it is the one people look at.
        for day in new.days.iter().rev() {
            let read = self.read_day(&run, day, &reporter, &mut counts).await;
            counts.days_done += 1;
            self.note_day(&run, day, read.as_ref().err()).await;
            if let Err(error) = read {
                tracing::warn!(sync.day = %day, error = with_sources(&error), "a day could not be read");
                failed.push((day, error.to_string()));
                if matches!(error, SyncError::Stopped) {
                    break;
                }
            }
        }
        let status = match counts.days_done - count(failed.len()) {
            0 => SyncStatus::Failed,
            read if read < new.days.days() => SyncStatus::Partial,
            _ => SyncStatus::Succeeded,
        };
        let outcome = RunOutcome {
            run_id: run.id,
            status,
            counts,
            failed,
        };
        self.finish(&outcome).await;
        tracing::info!(
            status = %status,
            pages = counts.pages,
            fetched = counts.fetched,
            inserted = counts.inserted,
            updated = counts.updated,
            unchanged = counts.unchanged,
            "synchronisation ends"
        );
        outcome
    }

    /// Reads one day under its lease; a day that another run read while this one waited for it is
    /// not read again.
    async fn read_day(
        self: &Arc<Self>,
        run: &SyncRunRow,
        day: NaiveDate,
        reporter: &Reporter,
        counts: &mut RunCounts,
    ) -> Result<(), SyncError> {
        if self.clock.now() < self.zone.start_of(day) {
            return Err(SyncError::NotBegun);
        }
        let acquired = tokio::select! {
            acquired = self.wait_for_lease(run, day) => acquired?,
            () = self.stop.cancelled() => return Err(SyncError::Stopped),
        };
        let lease = acquired.lease;
        let read = async {
            if acquired.waited && self.was_read_since(run, day).await? {
                return Ok(());
            }
            self.read_leased(run, day, &lease, reporter, counts).await
        };
        let result = read.await;
        // Whatever came of it, or the next reader waits for the lease to expire.
        lease.release(self).await;
        result
    }

    async fn wait_for_lease(
        &self,
        run: &SyncRunRow,
        day: NaiveDate,
    ) -> Result<super::lease::Acquired, SyncError> {
        tokio::select! {
            acquired = Lease::acquire(self, run.track, day) => acquired,
            error = self.keep_run_alive(run.id) => Err(error),
        }
    }

    /// Shows that a run lives while it waits for its turn.
    async fn keep_run_alive(&self, run_id: i64) -> SyncError {
        loop {
            tokio::time::sleep(self.options.lease_ttl / 3).await;
            let now = self.clock.now();
            let beat = self
                .db
                .transaction(async |tx| sync_runs::heartbeat(tx, run_id, now).await);
            if let Err(error) = beat.await {
                tracing::warn!(
                    error = with_sources(&error),
                    "could not note that a run is alive"
                );
            }
        }
    }

    /// Whether somebody read `day` well since `run` began, and as far as `run` itself would.
    async fn was_read_since(&self, run: &SyncRunRow, day: NaiveDate) -> Result<bool, StoreError> {
        let end = self.zone.end_of(day);
        let known = sync_days::find(self.db.read(), run.track, day).await?;
        Ok(known.is_some_and(|known| {
            let whole = known.synced_through >= Some(end - chrono::TimeDelta::seconds(1));
            !known.is_stale
                && known.synced_at >= Some(run.started_at)
                && (whole || self.clock.now() < end)
        }))
    }

    async fn read_leased(
        self: &Arc<Self>,
        run: &SyncRunRow,
        day: NaiveDate,
        lease: &Lease,
        reporter: &Reporter,
        counts: &mut RunCounts,
    ) -> Result<(), SyncError> {
        let tx = self.db.begin().await?;
        sync_days::begin_read(&tx, run.track, day, run.id, self.clock.now()).await?;
        if !lease.renew_in(&tx, self).await? {
            return Err(SyncError::LeaseLost);
        }
        tx.commit().await.map_err(StoreError::from)?;
        let reader = DayReader {
            context: self,
            lease,
            track: run.track,
            day,
            run_id: run.id,
            reporter,
            counts,
        };
        let read = async {
            match run.track {
                SyncTrack::CallRecords => call_records::read_day(reader).await,
                SyncTrack::TaskStats => task_stats::read_day(reader).await,
            }
        };
        tokio::select! {
            result = read => result,
            lost = lease.keep(self, run.id) => Err(lost),
            () = self.stop.cancelled() => Err(SyncError::Stopped),
        }
    }

    /// Notes on the run that a day is done, and on the day why it could not be read.
    async fn note_day(&self, run: &SyncRunRow, day: NaiveDate, error: Option<&SyncError>) {
        let note = self.db.transaction(async |tx| {
            let now = self.clock.now();
            let done = RunCounts {
                days_done: 1,
                ..RunCounts::default()
            };
            sync_runs::add_counts(tx, run.id, done, now).await?;
            match error {
                // Whoever took the day over says what is known of it.
                None | Some(SyncError::LeaseLost) => Ok(()),
                Some(error) => {
                    sync_days::fail_read(tx, run.track, day, run.id, &error.to_string(), now).await
                }
            }
        });
        if let Err(error) = note.await {
            tracing::error!(error = with_sources(&error), sync.day = %day, "could not note how the read of a day ended");
        }
    }

    async fn finish(&self, outcome: &RunOutcome) {
        let now = self.clock.now();
        let finish = self.db.transaction(async |tx| {
            sync_runs::finish(
                tx,
                outcome.run_id,
                outcome.status,
                outcome.error().as_deref(),
                now,
            )
            .await
        });
        if let Err(error) = finish.await {
            tracing::error!(
                error = with_sources(&error),
                sync.run = outcome.run_id,
                "could not record how a run ended"
            );
        }
    }
}
