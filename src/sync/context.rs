//! What all runs of a process share, and the one way in which they ask the platform.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{error::SyncError, lease::Holder, plan::Paging, schedule::Schedule};
use crate::{
    clock::Clock,
    domain::{
        business_time::BusinessZone,
        sync::{SyncTrack, SyncTrigger},
    },
    guanke::{self, Breaker, BreakerOptions, BreakerState},
    metrics::Metrics,
    store::{Database, Lane, Retry, Transaction, sync_tracks},
    telemetry::with_sources,
};

/// How synchronisation goes about its work.
#[derive(Debug, Clone, Copy)]
pub struct SyncOptions {
    /// How many slices are read at a time by a process, and half of how many pages it has in memory.
    pub page_concurrency: usize,
    /// How often a slice is read before a difference to the platform's count is taken as final.
    pub passes: u32,
    /// How long a silent instance keeps its right to a slice, a day or a run.
    pub lease_ttl: Duration,
    /// How often to look whether another instance is done with a slice or a day.
    pub lease_poll: Duration,
    /// How far before the last read the next read of today begins: what arrives late is found.
    pub overlap: Duration,
    /// How long after its last whole read today is read whole again: what was edited is found.
    pub verify_interval: Duration,
    /// How long a run of the schedule waits for a platform that is left alone because it fails.
    pub patience: Duration,
    /// How long a run that somebody asked for does.
    pub short_patience: Duration,
    /// Whether runs that are recorded here may take many calls of a slice for removed at once, because
    /// somebody knows why.
    pub accepts_removals: bool,
    /// Into how many slices a day is cut of which nothing is known.
    pub unknown_slices: u32,
    /// How many pages are asked for at once of a slice of which nothing is known.
    pub unknown_pages: u32,
    /// When a track is left alone.
    pub breaker: BreakerOptions,
    /// Whether records that are new or changed are kept as they came, too.
    pub keeps_raw: bool,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            page_concurrency: 8,
            passes: 3,
            lease_ttl: Duration::from_mins(1),
            lease_poll: Duration::from_secs(1),
            overlap: Duration::from_mins(15),
            verify_interval: Duration::from_hours(1),
            patience: Duration::from_mins(15),
            short_patience: Duration::from_mins(1),
            accepts_removals: false,
            unknown_slices: 4,
            unknown_pages: 2,
            breaker: BreakerOptions::default(),
            keeps_raw: true,
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
    /// So many pages may be in memory: asked for, or waiting to be stored.
    pub pages: Arc<Semaphore>,
    /// So many slices may be read for others.
    pub helpers: Arc<Semaphore>,
    pub stop: CancellationToken,
    pub kill: CancellationToken,
    pub metrics: Metrics,
    pub tracker: TaskTracker,
    gates: [Mutex<Gate>; 2],
}

/// Whether a track of the platform is asked at present.
#[derive(Debug, Clone)]
struct Gate {
    breaker: Breaker,
    /// Since when it accepts our credentials no more.
    refused_at: Option<DateTime<Utc>>,
    /// Whether the database was told of this process's view.
    is_told: bool,
}

impl Context {
    pub fn new(
        db: Database,
        client: guanke::Client,
        clock: Arc<dyn Clock>,
        zone: BusinessZone,
        schedule: Schedule,
        options: SyncOptions,
        instance: String,
    ) -> Self {
        let gate = || {
            Mutex::new(Gate {
                breaker: Breaker::new(options.breaker),
                refused_at: None,
                is_told: false,
            })
        };
        Self {
            metrics: client.metrics().clone(),
            db,
            client,
            clock,
            zone,
            options,
            instance,
            schedule,
            pages: Arc::new(Semaphore::new(options.page_concurrency.max(1) * 2)),
            helpers: Arc::new(Semaphore::new(options.page_concurrency.max(1))),
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            kill: CancellationToken::new(),
            gates: [gate(), gate()],
        }
    }

    /// Whose days the days of `track` are.
    pub const fn zone_of(&self, track: SyncTrack) -> BusinessZone {
        track.zone(self.zone)
    }

    /// On what terms leases are held.
    pub fn holder(&self) -> Holder<'_> {
        Holder {
            db: &self.db,
            clock: &*self.clock,
            instance: &self.instance,
            ttl: self.options.lease_ttl,
            poll: self.options.lease_poll,
            stop: &self.stop,
        }
    }

    /// How much is asked for at a time.
    pub fn paging(&self) -> Paging {
        Paging {
            size: self.client.page_size(),
            unknown_slices: self.options.unknown_slices,
            unknown_pages: self.options.unknown_pages,
        }
    }

    /// Until when something is held that is held now.
    pub fn expiry(&self) -> DateTime<Utc> {
        self.clock.now() + delta(self.options.lease_ttl)
    }

    /// A run that showed no sign of life since then is dead.
    pub fn alive_since(&self) -> DateTime<Utc> {
        self.clock.now() - delta(self.options.lease_ttl)
    }

    /// Asks the platform, unless it is left alone at present: then a run waits for it, one of the
    /// schedule longer than one that somebody asked for, and gives up.
    pub async fn ask<T>(
        &self,
        track: SyncTrack,
        trigger: SyncTrigger,
        answer: impl Future<Output = Result<T, guanke::Error>>,
    ) -> Result<T, SyncError> {
        self.admitted(track, trigger).await?;
        self.answered(track, answer).await
    }

    /// What a request comes to that was admitted.
    pub async fn answered<T>(
        &self,
        track: SyncTrack,
        answer: impl Future<Output = Result<T, guanke::Error>>,
    ) -> Result<T, SyncError> {
        let answer = answer.await;
        let now = self.clock.now();
        let changed = self.gate(track, |gate| {
            let view = |gate: &Gate| {
                let memory = gate.breaker.memory();
                (memory.failures, memory.retry_at, gate.refused_at)
            };
            let before = view(gate);
            match &answer {
                Err(error) if Breaker::is_failure(error) => {
                    gate.breaker.failed(now, &error.to_string());
                    if matches!(error, guanke::Error::Unauthorised) {
                        gate.refused_at.get_or_insert(now);
                    }
                }
                // The platform understood the question, if only to refuse it.
                Ok(_) | Err(guanke::Error::Platform { .. }) => {
                    gate.breaker.succeeded();
                    gate.refused_at = None;
                }
                Err(_) => {}
            }
            let after = view(gate);
            // The first answer is told in any case: a process before may have left something else.
            (after != before || !std::mem::replace(&mut gate.is_told, true)).then(|| gate.clone())
        });
        if let Some(gate) = changed {
            self.keep(track, gate).await;
        }
        Ok(answer?)
    }

    /// Waits until the platform may be asked.
    pub async fn admitted(&self, track: SyncTrack, trigger: SyncTrigger) -> Result<(), SyncError> {
        let waits_until = self.waits_until(trigger);
        loop {
            let now = self.clock.now();
            let Err(open) = self.gate(track, |gate| gate.breaker.admit(now)) else {
                return Ok(());
            };
            Self::be_patient(open, waits_until)?;
            // Another request may be on trial at this very moment.
            tokio::time::sleep(self.options.lease_poll).await;
        }
    }

    /// That there is hope for the platform to be asked in time; asks nothing.
    pub fn is_hopeful(&self, track: SyncTrack, trigger: SyncTrigger) -> Result<(), SyncError> {
        let (now, waits_until) = (self.clock.now(), self.waits_until(trigger));
        match self.gate(track, |gate| gate.breaker.state(now)) {
            BreakerState::Open(open) => Self::be_patient(open, waits_until),
            BreakerState::Closed | BreakerState::HalfOpen => Ok(()),
        }
    }

    fn waits_until(&self, trigger: SyncTrigger) -> DateTime<Utc> {
        let patience = match trigger {
            SyncTrigger::Schedule => self.options.patience,
            SyncTrigger::Api | SyncTrigger::Cli => self.options.short_patience,
        };
        self.clock.now() + delta(patience)
    }

    fn be_patient(open: guanke::Open, waits_until: DateTime<Utc>) -> Result<(), SyncError> {
        if open.until <= waits_until {
            return Ok(());
        }
        Err(SyncError::Paused {
            until: open.until,
            reason: open.reason,
        })
    }

    fn gate<T>(&self, track: SyncTrack, work: impl FnOnce(&mut Gate) -> T) -> T {
        let gate = match track {
            SyncTrack::CallRecords => &self.gates[0],
            SyncTrack::TaskStats => &self.gates[1],
        };
        work(&mut gate.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says in the database whether a track is left alone: people look there.
    async fn keep(&self, track: SyncTrack, gate: Gate) {
        let memory = gate.breaker.memory();
        let reason = memory.reason.as_deref();
        match (memory.retry_at, gate.refused_at) {
            (Some(until), _) => {
                tracing::warn!(sync.track = %track, %until, reason, "the platform is left alone");
            }
            (None, Some(_)) => {
                tracing::warn!(sync.track = %track, reason, "the platform refuses us");
            }
            (None, None) if reason.is_some() => {
                tracing::warn!(sync.track = %track, reason, "a request to the platform failed for good");
            }
            (None, None) => tracing::info!(sync.track = %track, "the platform answers"),
        }
        let state = sync_tracks::TrackState {
            failures: memory.failures.into(),
            opened_at: memory.opened_at,
            retry_at: memory.retry_at,
            error: memory.reason.clone(),
            refused_at: gate.refused_at,
        };
        let now = self.clock.now();
        let keep = self
            .db
            .transaction(async |tx: &Transaction| sync_tracks::save(tx, track, &state, now).await);
        if let Err(error) = keep.await {
            tracing::warn!(
                error = with_sources(&error),
                "could not note that the platform is left alone"
            );
        }
    }

    /// Waits; `false` when the program ends meanwhile.
    pub async fn pause(&self, pause: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            () = self.stop.cancelled() => false,
        }
    }
}

/// Does some work in a transaction, again while the database is in the way only for the moment.
pub(super) async fn insist<T>(
    db: &Database,
    lane: Lane,
    work: impl AsyncFnOnce(&Transaction) -> Result<T, SyncError> + Copy,
) -> Result<T, SyncError> {
    db.retrying(Retry::LEDGER, lane, work).await
}

/// The same span of time, for instants.
pub(super) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
