//! How synchronisation is doing, for the metrics: read from the database once in a while, however often
//! somebody asks.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use strum::VariantArray as _;
use tokio::sync::Mutex;

use crate::{
    clock::Clock,
    domain::{
        business_time::{BusinessZone, DayRange},
        stats::count,
        sync::{SyncTrack, SyncWindow},
    },
    metrics::{Metrics, SyncState, TrackState},
    store::{
        Database, StoreError,
        alerts::{self, TrackReads},
        observed::{self, DayWorth},
        sync_tracks::{self, SyncTrackRow},
    },
    telemetry::with_sources,
};

/// How long what was read counts.
const COUNTS_FOR: TimeDelta = TimeDelta::seconds(10);

/// Reads how synchronisation is doing. Clones share what was read.
#[derive(Clone)]
pub struct Observer {
    db: Database,
    clock: Arc<dyn Clock>,
    zone: BusinessZone,
    /// When it was last read. Held while it is being read, so that one does it for all who ask.
    read_at: Arc<Mutex<Option<DateTime<Utc>>>>,
}

impl Observer {
    /// One that has read nothing yet.
    #[must_use]
    pub fn new(db: Database, clock: Arc<dyn Clock>, zone: BusinessZone) -> Self {
        Self {
            db,
            clock,
            zone,
            read_at: Arc::default(),
        }
    }

    /// Sets what only the database knows, unless that was done a moment ago. Failing that, `metrics`
    /// say so.
    pub async fn refresh(&self, metrics: &Metrics) {
        metrics.set_pools(&self.db.pools());
        metrics.set_writable(self.db.health().trouble().is_none());
        let lanes = self.db.writers().into_iter();
        let lanes: Vec<_> = lanes
            .map(|state| (state.lane.into(), state.writing, state.waiting))
            .collect();
        metrics.set_writers(&lanes);
        let mut read_at = self.read_at.lock().await;
        let now = self.clock.now();
        if read_at.is_some_and(|read_at| (read_at..read_at + COUNTS_FOR).contains(&now)) {
            return;
        }
        let state = self.read(now).await;
        if let Err(error) = &state {
            tracing::warn!(
                error = with_sources(error),
                "the metrics of synchronisation could not be read"
            );
        }
        metrics.set_state(state.as_ref().ok());
        // Those who waited meanwhile need not read it again.
        *read_at = Some(self.clock.now());
    }

    async fn read(&self, now: DateTime<Utc>) -> Result<SyncState, StoreError> {
        let db = self.db.read();
        let today = self.zone.day_of(now);
        let reads = alerts::track_reads(db, today).await?;
        let tracks = sync_tracks::list(db).await?;
        let days = match SyncWindow::T10.days(today) {
            Some(range) => (range, observed::days(db, range).await?),
            None => (DayRange::day(today), Vec::new()),
        };
        let now_is = Now {
            at: now,
            day_began: self.zone.start_of(today),
        };
        let state = |&track: &SyncTrack| now_is.state(track, &reads, &tracks, &days.1, days.0);
        Ok(SyncState {
            tracks: SyncTrack::VARIANTS.iter().map(state).collect(),
            slices: observed::slices(db).await?,
            open_alerts: observed::open_alerts(db).await?,
            pending_deliveries: observed::pending_deliveries(db).await?,
        })
    }
}

struct Now {
    at: DateTime<Utc>,
    day_began: DateTime<Utc>,
}

impl Now {
    fn state(
        &self,
        track: SyncTrack,
        reads: &[TrackReads],
        tracks: &[SyncTrackRow],
        days: &[DayWorth],
        range: DayRange,
    ) -> TrackState {
        let reads = reads.iter().find(|reads| reads.track == track);
        let through = reads.and_then(|reads| reads.synced_through);
        let lag = self.at - through.unwrap_or(self.day_began);
        let days: Vec<&DayWorth> = days.iter().filter(|day| day.track == track).collect();
        let stale = days.iter().filter(|day| day.is_stale).count();
        let complete = days.iter().filter(|day| day.is_complete).count();
        let row = tracks.iter().find(|row| row.track == track).cloned();
        let read_at = reads.and_then(|reads| reads.read_at);
        let noted = row.map(|row| sync_tracks::observed(row, read_at));
        TrackState {
            track,
            lag_seconds: lag.as_seconds_f64().max(0.0),
            last_success: read_at.map(|at| at.timestamp()),
            stale_days: count(stale),
            incomplete_days: range.days() - count(complete),
            is_paused: noted.as_ref().is_some_and(|noted| noted.pause().is_some()),
            is_refused: noted
                .as_ref()
                .is_some_and(|noted| noted.refusal().is_some()),
        }
    }
}
