//! Carrying a run out: its days, newest first, and what they come to.

mod ending;

use std::{
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::StreamExt as _;
use tracing::Instrument;

use super::{
    context::{Context, insist},
    day::Day,
    error::SyncError,
    lease::{Acquired, Lease},
    listing::LISTS_LATER,
    progress::{Reporter, Tally},
    proof,
    run::RunOutcome,
};
use crate::{
    clock::CLOCK_MARGIN,
    domain::{
        business_time::DayRange,
        sync::{SyncTrack, SyncTrigger},
    },
    store::{
        Lane, StoreError, Transaction, retention,
        run_claims::{self, Beat, Noted},
        slice_claims::{self, RunDay},
        sync_days,
        sync_runs::{RunCounts, SyncRunRow},
    },
    telemetry::with_sources,
};

/// How often a run shows that it lives, and looks whether it was cancelled, within the time after
/// which a silent one is dead.
const BEATS_A_LEASE: u32 = 12;

/// How long slices at work may take to be given back when the program ends.
const TIME_TO_STOP: Duration = Duration::from_secs(5);

impl Context {
    /// Carries a recorded run out to its end, and records the end.
    pub(super) async fn execute(
        self: &Arc<Self>,
        run: SyncRunRow,
        reporter: Reporter,
    ) -> RunOutcome {
        let span = tracing::info_span!("sync.run", sync.run = run.id, sync.track = %run.track);
        // A future of this size is moved once.
        Box::pin(self.work(run, reporter)).instrument(span).await
    }

    async fn work(self: &Arc<Self>, run: SyncRunRow, reporter: Reporter) -> RunOutcome {
        tracing::info!(from = %run.from_day, to = %run.to_day, window = %run.sync_window, "synchronisation begins");
        let tally = Tally::new(run.to_day, RunCounts::from(&run), reporter);
        let mut work = Work {
            context: self,
            run: &run,
            tally: &tally,
            done: run.days_done,
            failed: Vec::new(),
            error: run.error.clone(),
            failures: run.days_failed,
            held: Mutex::default(),
        };
        let ended = tokio::select! {
            ended = work.days() => ended,
            why = self.keep_run_alive(&run) => Err(why),
            () = self.stopped() => Err(SyncError::Stopped),
        };
        work.end(ended).await
    }

    /// The program ends, and what is being read had its time to be given back.
    async fn stopped(&self) {
        self.stop.cancelled().await;
        tokio::time::sleep(TIME_TO_STOP).await;
    }

    /// Shows that a run lives; returns only when it has to end.
    async fn keep_run_alive(&self, run: &SyncRunRow) -> SyncError {
        let changes = self.db.changes().runs();
        // Somebody may have asked for its end.
        let told = changes.filter(|told| ready(told.what.is_none_or(|id| id == run.id)));
        let mut told = std::pin::pin!(told);
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.options.lease_ttl / BEATS_A_LEASE) => {}
                Some(_) = told.next() => {}
            }
            let now = self.clock.now();
            let beat = self
                .db
                .transaction(async |tx: &Transaction| run_claims::beat(tx, run, now).await);
            match beat.await {
                Ok(Beat::On) => {}
                Ok(Beat::Cancelled) => return SyncError::Cancelled,
                Ok(Beat::Lost) => return SyncError::LeaseLost,
                Err(error) => tracing::warn!(
                    error = with_sources(&error),
                    "could not note that a run is alive"
                ),
            }
        }
    }

    /// Whether somebody began to read `day` after `run` was asked for, and read it well and as far as
    /// `run` itself would.
    async fn was_read_for(&self, run: &SyncRunRow, day: NaiveDate) -> Result<bool, StoreError> {
        let (db, end) = (self.db.read(), self.zone_of(run.track).end_of(day));
        let known = sync_days::find(db, run.track, day).await?;
        let Some(known) = known.filter(|known| !known.is_stale) else {
            return Ok(false);
        };
        let Some(other) = known.last_run_id.filter(|other| *other != run.id) else {
            return Ok(false);
        };
        let of = RunDay {
            run_id: other,
            track: run.track,
            day,
        };
        let slices = slice_claims::of_day(db, of).await?;
        let began = slices.iter().filter_map(|slice| slice.started_at).min();
        let whole = known.synced_through >= Some(end - chrono::TimeDelta::seconds(1));
        // What somebody asks for may be a read from the first second on.
        let verified = known.verified_at == known.synced_at;
        let now = self.clock.now();
        Ok(is_since(began, run.started_at, now)
            && (whole || now < end)
            && (verified || run.triggered_by != SyncTrigger::Api))
    }
}

/// A run at work.
struct Work<'a> {
    context: &'a Arc<Context>,
    run: &'a SyncRunRow,
    tally: &'a Tally,
    /// Days done, those that failed included.
    done: i64,
    /// Those that failed here.
    failed: Vec<(NaiveDate, String)>,
    /// Those that failed, here and in a process before this one.
    failures: i64,
    error: Option<String>,
    /// What it has a right to at present, to be given back even if it is cut short.
    held: Mutex<Vec<Lease>>,
}

impl Work<'_> {
    /// Reads the days that are left, newest first: it is the one people look at.
    async fn days(&mut self) -> Result<(), SyncError> {
        // Runs of the schedule follow each other on a track; what people ask for does not wait.
        let turn = match self.run.triggered_by {
            SyncTrigger::Schedule => {
                let name = format!("schedule:{}", self.run.track);
                Some(self.acquire(name).await?.lease)
            }
            SyncTrigger::Api | SyncTrigger::Cli => None,
        };
        let context = self.context;
        let lost = async {
            match &turn {
                Some(turn) => turn.keep(context.holder()).await,
                None => std::future::pending().await,
            }
        };
        let read = tokio::select! {
            read = self.days_left() => read,
            error = lost => Err(error),
        };
        if let Some(turn) = turn {
            self.release(turn).await;
        }
        read
    }

    async fn acquire(&self, name: String) -> Result<Acquired, SyncError> {
        let acquired = Lease::acquire(self.context.holder(), name).await?;
        self.held().push(acquired.lease.clone());
        Ok(acquired)
    }

    async fn release(&self, lease: Lease) {
        self.held().retain(|held| *held != lease);
        lease.release(self.context.holder()).await;
    }

    fn held(&self) -> MutexGuard<'_, Vec<Lease>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn days_left(&mut self) -> Result<(), SyncError> {
        let days = days_of(self.run);
        let begin = usize::try_from(self.done).unwrap_or_default();
        for day in days.iter().rev().skip(begin) {
            match self.day(day, self.done).await {
                Ok(lease) => {
                    // Before anything else is waited for: the database says so by now.
                    self.done += 1;
                    self.release(lease).await;
                }
                Err(error) if error.ends_the_run() => return Err(error),
                Err(error) => self.fail(day, &error).await?,
            }
        }
        self.doubted_days().await
    }

    /// Reads the days again that are complete no more, because more was learnt of the list since.
    async fn doubted_days(&mut self) -> Result<(), SyncError> {
        let (context, run) = (self.context, self.run);
        let days = days_of(run);
        let doubted = sync_days::doubted(context.db.read(), run.track, days, run.id, LISTS_LATER);
        for day in doubted.await? {
            tracing::info!(sync.day = %day, "reading a day again: {LISTS_LATER}");
            // It was noted as done before.
            match self.day(day, self.done - 1).await {
                Ok(lease) => self.release(lease).await,
                Err(error) if error.ends_the_run() => return Err(error),
                Err(error) => {
                    tracing::warn!(sync.day = %day, error = with_sources(&error), "a day could not be read");
                    self.note_doubt(day, &error).await?;
                    self.failed.push((day, error.to_string()));
                }
            }
        }
        Ok(())
    }

    /// Notes of a day that was read well before why it could not be read again.
    async fn note_doubt(&self, day: NaiveDate, error: &SyncError) -> Result<(), SyncError> {
        let counted = proof::counted(self.context, self.of(day)).await?;
        insist(&self.context.db, Lane::Short, async |tx: &Transaction| {
            Ok(self.note_unread(tx, day, error, counted).await?)
        })
        .await
    }

    /// Reads one day under its lease, and returns that; a day that another run read while this one
    /// waited for it is not read again.
    async fn day(&self, day: NaiveDate, done: i64) -> Result<Lease, SyncError> {
        let (context, run) = (self.context, self.run);
        if context.clock.now() < context.zone_of(run.track).start_of(day) {
            return Err(SyncError::NotBegun);
        }
        if run.track == SyncTrack::CallRecords {
            let horizon = retention::call_horizon(context.db.read()).await?;
            if let Some(horizon) = horizon.filter(|horizon| day < *horizon) {
                return Err(SyncError::NotKept(horizon));
            }
        }
        let name = format!("{}:{day}", run.track);
        let Acquired { lease, waited } = self.acquire(name).await?;
        let read = async {
            // Others may have read it while this run waited, or while nobody carried it out.
            let others = waited || run.fence > 1;
            if others && context.was_read_for(run, day).await? {
                return self.note_done(&lease, done).await;
            }
            let day = Day {
                context,
                run,
                lease: &lease,
                date: day,
                done,
                tally: self.tally,
            };
            tokio::select! {
                read = day.read() => read,
                lost = lease.keep(context.holder()) => Err(lost),
            }
        };
        if let Err(error) = read.await {
            // Or the next reader waits for it to expire.
            self.release(lease).await;
            return Err(error);
        }
        Ok(lease)
    }

    /// A day that somebody else read is done, too.
    async fn note_done(&self, lease: &Lease, done: i64) -> Result<(), SyncError> {
        insist(&self.context.db, Lane::Short, async |tx: &Transaction| {
            let now = self.context.clock.now();
            let held = lease.renew_in(tx, self.context.holder()).await?
                && run_claims::note_day(tx, self.run, done, None, now).await? != Noted::Lost;
            held.then_some(()).ok_or(SyncError::LeaseLost)?;
            Ok(())
        })
        .await
    }

    /// Notes on the run that a day is done, and on the day why it could not be read.
    async fn fail(&mut self, day: NaiveDate, error: &SyncError) -> Result<(), SyncError> {
        tracing::warn!(sync.day = %day, error = with_sources(error), "a day could not be read");
        let reasons = self.reasons_with(&format!("{day}: {error}"));
        let has_failed = self.note_failure(day, error, &reasons).await?;
        self.done += 1;
        if has_failed {
            self.failures += 1;
            self.failed.push((day, error.to_string()));
            self.error = Some(reasons);
        }
        Ok(())
    }

    /// The reasons in one text, as kept with the run; not longer than is readable.
    fn reasons_with(&self, reason: &str) -> String {
        const LONGEST: usize = 1_000;
        let text = match &self.error {
            Some(before) => format!("{before}; {reason}"),
            None => reason.to_owned(),
        };
        text.chars().take(LONGEST).collect()
    }

    /// Whether the day has failed: it may have been published just before it was to end.
    async fn note_failure(
        &self,
        day: NaiveDate,
        error: &SyncError,
        reasons: &str,
    ) -> Result<bool, SyncError> {
        let (context, run) = (self.context, self.run);
        let of = self.of(day);
        let counted = proof::counted(context, of).await.unwrap_or_default();
        let noted = insist(&context.db, Lane::Short, async |tx: &Transaction| {
            let now = context.clock.now();
            match run_claims::note_day(tx, run, self.done, Some(reasons), now).await? {
                Noted::Lost => Err(SyncError::LeaseLost),
                Noted::Before { days_failed } => Ok(days_failed > self.failures),
                Noted::Now => {
                    self.note_unread(tx, day, error, counted).await?;
                    Ok(true)
                }
            }
        })
        .await;
        if let Err(error) = &noted {
            tracing::error!(error = with_sources(error), sync.day = %day, "could not note how the read of a day ended");
        }
        noted
    }

    async fn note_unread(
        &self,
        tx: &Transaction,
        day: NaiveDate,
        error: &SyncError,
        counted: Option<sync_days::Counted>,
    ) -> Result<(), StoreError> {
        let (track, run, now) = (self.run.track, self.run.id, self.context.clock.now());
        let reason = error.to_string();
        // Whoever took the day over says what is known of it.
        if !matches!(error, SyncError::LeaseLost) {
            sync_days::fail_read(tx, track, day, run, &reason, counted, now).await?;
            slice_claims::abandon_own(tx, self.of(day), &reason, now).await?;
        }
        // Of days that were not even begun, so that somebody comes back to them.
        if matches!(error, SyncError::Paused { .. }) {
            for day in self.days_before(day) {
                let run = (run, self.run.started_at);
                sync_days::note_unread(tx, track, day, run, &reason, now).await?;
            }
        }
        Ok(())
    }

    /// The days of the run up to `day`, which is among them.
    fn days_before(&self, day: NaiveDate) -> impl Iterator<Item = NaiveDate> + use<> {
        let days = days_of(self.run).iter();
        days.take_while(move |before| *before <= day)
    }

    fn of(&self, day: NaiveDate) -> RunDay {
        RunDay {
            run_id: self.run.id,
            track: self.run.track,
            day,
        }
    }
}

fn days_of(run: &SyncRunRow) -> DayRange {
    DayRange::new(run.from_day, run.to_day).unwrap_or(DayRange::day(run.to_day))
}

/// Whether a read began after it was asked for, as far as that can be told: one that began in the future
/// was read by a clock that was ahead, and may be older than what is asked for.
fn is_since(began: Option<DateTime<Utc>>, asked: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    began.is_some_and(|began| began >= asked && began <= now + CLOCK_MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_of_the_future_is_no_answer_to_what_is_asked_for() {
        let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        let (asked, now) = (at("2026-11-20T04:00:00Z"), at("2026-11-20T04:10:00Z"));
        for (began, is_one) in [
            (None, false),
            (Some("2026-11-20T03:59:59Z"), false),
            (Some("2026-11-20T04:00:00Z"), true),
            // The clocks of two instances may be so far apart.
            (Some("2026-11-20T04:15:00Z"), true),
            (Some("2026-11-20T04:15:01Z"), false),
            (Some("2026-11-21T04:10:00Z"), false),
        ] {
            assert_eq!(is_since(began.map(at), asked, now), is_one, "{began:?}");
        }
        // Asked for by a clock that was ahead itself: it is read again.
        let tomorrow = at("2026-11-21T04:00:00Z");
        assert!(!is_since(Some(tomorrow), tomorrow, now));
    }
}
