//! Following the schedule: each tick is taken up once, by whichever instance is first; those that
//! nobody was there for are made up for at the start.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Days, Utc};

use super::{
    catch_up::{MOST_DAYS, Missed},
    context::Context,
    run::Syncer,
    schedule::Tick,
};
use crate::{
    clock::CLOCK_MARGIN,
    domain::{
        business_time::DayRange,
        sync::{SyncTrigger, SyncWindow},
    },
    store::{
        Retry, StoreError, Transaction, leases, retention, sync_days,
        sync_runs::{self, NewRun, SyncRunRow},
    },
    telemetry::with_sources,
};

/// So many days are healed at a time, the newest first.
const MOST_HEALED: u64 = 10;
/// How long until the database is asked again what was missed.
const ASKED_AGAIN: Duration = Duration::from_secs(2);

impl Syncer {
    /// Follows the schedule until the syncer is stopped.
    pub async fn follow_schedule(&self) {
        let context = self.context();
        let mut seen = context.clock.now();
        self.make_up(seen).await;
        loop {
            let ticks = context.schedule.next_after(context.zone, seen);
            let Some(at) = ticks.first().map(|tick| tick.at) else {
                return;
            };
            match context.sleep_until(at, seen).await {
                Woken::InTime => {}
                Woken::SetBack => {
                    seen = context.clock.now();
                    continue;
                }
                Woken::Stopped => return,
            }
            let mut is_lost = false;
            for tick in ticks {
                if let Some(days) = tick.job.days(context.zone, tick.at) {
                    is_lost |= !self.insist(Missed { tick, days }).await;
                }
            }
            seen = at;
            if is_lost && !context.stop.is_cancelled() {
                // Its next tick may be a day away.
                seen = context.clock.now().max(at);
                self.make_up(seen).await;
            }
        }
    }

    /// Starts what should have run while nobody was there, the newest days first.
    async fn make_up(&self, now: DateTime<Utc>) {
        let context = self.context();
        let Some(ticked) = context.last_ticks().await else {
            return;
        };
        for missed in context.schedule.missed(context.zone, &ticked, now) {
            if context.was_read_since(missed).await.unwrap_or_default() {
                continue;
            }
            tracing::info!(
                job = missed.tick.job.name(),
                from = %missed.days.from(),
                to = %missed.days.to(),
                "making up for what was missed"
            );
            self.insist(missed).await;
        }
    }

    /// Takes a tick up even if the database fails at first. `false`: it was given up.
    async fn insist(&self, due: Missed<'_>) -> bool {
        let taken = Retry::SCHEDULE
            .until(&self.context().stop)
            .run(|attempt| async move {
                let taken = self.take_up_days(due.tick, due.days).await;
                taken.inspect_err(|error| {
                    tracing::error!(
                        error = with_sources(error),
                        job = due.tick.job.name(),
                        attempt,
                        "a scheduled job could not be started"
                    );
                })
            });
        taken.await.is_ok()
    }

    /// Starts the run of a tick, unless another instance took the tick up, or an earlier run still
    /// has these days before it.
    ///
    /// # Errors
    /// When the database fails; the tick can then be tried again.
    pub async fn take_up(&self, tick: Tick<'_>) -> Result<(), StoreError> {
        match tick.job.days(self.context().zone, tick.at) {
            Some(days) => self.take_up_days(tick, days).await,
            None => Ok(()),
        }
    }

    async fn take_up_days(&self, tick: Tick<'_>, days: DayRange) -> Result<(), StoreError> {
        let context = self.context();
        let new = NewRun {
            track: tick.job.track,
            window: tick.job.window,
            days,
            trigger: SyncTrigger::Schedule,
        };
        let (now, name) = (context.clock.now(), tick.job.name());
        let tx = context.db.begin().await?;
        let Some(fence) =
            leases::acquire_tick(&tx, &name, &context.instance, now, now, tick.at).await?
        else {
            tracing::debug!(job = name, "another instance took this tick up");
            return Ok(());
        };
        leases::release(&tx, &name, &context.instance, fence).await?;
        if let Some(run) = context.find_joinable(&tx, new).await? {
            tracing::info!(
                job = name,
                sync.run = run.id,
                "the last run is still at work"
            );
            return Ok(tx.commit().await?);
        }
        let run = sync_runs::create(&tx, new, &context.instance, now).await?;
        let healed = context.runs_that_heal(&tx, new).await?;
        tx.commit().await?;
        self.start_recorded(run);
        for run in healed {
            self.start_recorded(run);
        }
        Ok(())
    }
}

/// Why a sleep has ended.
enum Woken {
    /// It is time.
    InTime,
    /// The clock shows an earlier time than it did before: nobody knows how long is left.
    SetBack,
    /// The program ends.
    Stopped,
}

/// How long it is from `now` until `at`; `None` when the clock shows an earlier time than the one that
/// was `seen`.
fn left_until(at: DateTime<Utc>, seen: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
    (seen <= now + CLOCK_MARGIN).then(|| (at - now).to_std().unwrap_or_default())
}

impl Context {
    /// With the longest window, runs of days before it that were never read whole, or whose last read
    /// failed: no window would come back to them.
    async fn runs_that_heal(
        &self,
        tx: &Transaction,
        window: NewRun,
    ) -> Result<Vec<SyncRunRow>, StoreError> {
        if window.window != SyncWindow::T10 {
            return Ok(Vec::new());
        }
        let first = window.days.from();
        let oldest = first.checked_sub_days(Days::new(MOST_DAYS));
        let horizon = retention::call_horizon(tx).await?;
        let range = oldest.max(horizon).zip(first.pred_opt());
        let Some(range) = range.and_then(|(from, to)| DayRange::new(from, to)) else {
            return Ok(Vec::new());
        };
        let now = self.clock.now();
        let mut runs = Vec::new();
        for day in sync_days::unhealed(tx, window.track, range, MOST_HEALED).await? {
            let new = NewRun {
                days: DayRange::day(day),
                ..window
            };
            if self.find_joinable(tx, new).await?.is_none() {
                runs.push(sync_runs::create(tx, new, &self.instance, now).await?);
            }
        }
        Ok(runs)
    }

    /// When each job last ran, by its name, once the database can say; `None` when stopped meanwhile.
    async fn last_ticks(&self) -> Option<HashMap<String, DateTime<Utc>>> {
        loop {
            match leases::last_ticks(self.db.read(), self.clock.now()).await {
                Ok(ticks) => return Some(ticks),
                Err(error) => tracing::error!(
                    error = with_sources(&error),
                    "could not look for what was missed; trying again"
                ),
            }
            if !self.pause(ASKED_AGAIN).await {
                return None;
            }
        }
    }

    /// Whether somebody read all of these days since the job should have.
    async fn was_read_since(&self, missed: Missed<'_>) -> Result<bool, StoreError> {
        let track = missed.tick.job.track;
        let known = sync_days::list(self.db.read(), track, missed.days).await?;
        // What is dated ahead was read before: nobody knows when.
        let latest = Some(self.clock.now() + CLOCK_MARGIN);
        let is_read = |at| Some(missed.tick.at) <= at && at <= latest;
        let read = known
            .iter()
            // Of a day that is going on, what was read before is read again in parts.
            .filter(|day| !day.is_stale && is_read(day.read_at.max(day.synced_through)));
        Ok(i64::try_from(read.count()) == Ok(missed.days.days()))
    }

    /// Sleeps from `seen` until `at`.
    async fn sleep_until(&self, at: DateTime<Utc>, seen: DateTime<Utc>) -> Woken {
        // In steps, so that a change of the system's clock is noticed.
        const LONGEST: Duration = Duration::from_secs(30);
        loop {
            let now = self.clock.now();
            let left = match (self.stop.is_cancelled(), left_until(at, seen, now)) {
                (true, _) => return Woken::Stopped,
                (false, None) => {
                    tracing::warn!(%seen, %now, "the clock was set back: the schedule goes on from here");
                    return Woken::SetBack;
                }
                (false, Some(Duration::ZERO)) => return Woken::InTime,
                (false, Some(left)) => left,
            };
            if !self.pause(left.min(LONGEST)).await {
                return Woken::Stopped;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_does_not_silence_the_schedule() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (seen, at) = (time("2026-11-20T04:00:00Z"), time("2026-11-20T04:10:00Z"));
        let left = |now: &str| left_until(at, seen, time(now)).map(|left| left.as_secs());
        assert_eq!(left("2026-11-20T04:00:00Z"), Some(600));
        assert_eq!(left("2026-11-20T04:10:00Z"), Some(0));
        assert_eq!(left("2026-11-20T09:00:00Z"), Some(0));
        // Clocks are corrected by little all the time.
        assert_eq!(left("2026-11-20T03:55:00Z"), Some(900));
        // Until yesterday's time it would not run for a day.
        assert_eq!(left("2026-11-19T04:00:00Z"), None);
    }
}
