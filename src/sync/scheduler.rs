//! Following the schedule: each tick is taken up once, by whichever instance is first.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    run::{Context, Syncer},
    schedule::Tick,
};
use crate::{
    domain::sync::SyncTrigger,
    store::{StoreError, leases, sync_runs, sync_runs::NewRun},
    telemetry::with_sources,
};

/// How often a tick is tried when the database fails, and the first pause; each is twice the last.
const ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_secs(2);

impl Syncer {
    /// Follows the schedule until the syncer is stopped.
    pub async fn follow_schedule(&self) {
        let context = self.context();
        let mut seen = context.clock.now();
        loop {
            let ticks = context.schedule.next_after(context.zone, seen);
            let Some(at) = ticks.first().map(|tick| tick.at) else {
                return;
            };
            if !context.sleep_until(at).await {
                return;
            }
            for tick in ticks {
                self.insist(tick).await;
            }
            seen = at;
        }
    }

    /// Takes a tick up even if the database fails at first: the next one may be a day away.
    async fn insist(&self, tick: Tick<'_>) {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            match self.take_up(tick).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(
                        error = with_sources(&error),
                        job = tick.job.name(),
                        attempt,
                        "a scheduled job could not be started"
                    );
                }
            }
            if attempt == ATTEMPTS || !self.context().pause(pause).await {
                return;
            }
            pause *= 2;
        }
    }

    /// Starts the run of a tick, unless another instance took the tick up, or an earlier run still
    /// has these days before it.
    ///
    /// # Errors
    /// When the database fails; the tick can then be tried again.
    pub async fn take_up(&self, tick: Tick<'_>) -> Result<(), StoreError> {
        let context = self.context();
        context.close_dead_runs().await;
        let Some(days) = tick.job.window.days(context.zone.day_of(tick.at)) else {
            return Ok(());
        };
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
        let run = sync_runs::create(&tx, new, now).await?;
        tx.commit().await?;
        self.start_recorded(run, new);
        Ok(())
    }
}

impl Context {
    /// Records the end of runs whose process died. Failing that, the next time does.
    async fn close_dead_runs(&self) {
        let close = async {
            if !sync_runs::any_dead(self.db.read(), self.alive_since()).await? {
                return Ok(0);
            }
            let (alive_since, now) = (self.alive_since(), self.clock.now());
            self.db
                .transaction(async |tx| sync_runs::fail_dead(tx, alive_since, now).await)
                .await
        };
        match close.await {
            Ok(0) => {}
            Ok(runs) => tracing::warn!(runs, "runs whose process had ended were closed as failed"),
            Err(error) => tracing::warn!(
                error = with_sources(&error),
                "could not look for runs whose process has ended"
            ),
        }
    }

    /// `false`: stopped meanwhile.
    async fn sleep_until(&self, at: DateTime<Utc>) -> bool {
        // In steps, so that a change of the system's clock is noticed, and a run that died too.
        const LONGEST: Duration = Duration::from_secs(30);
        loop {
            self.close_dead_runs().await;
            let left = (at - self.clock.now()).to_std().unwrap_or_default();
            if left.is_zero() {
                return !self.stop.is_cancelled();
            }
            if !self.pause(left.min(LONGEST)).await {
                return false;
            }
        }
    }

    async fn pause(&self, pause: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            () = self.stop.cancelled() => false,
        }
    }
}
