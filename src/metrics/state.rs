//! Gauges of what the database says.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::labels::{DayLabels, KindLabels, StateLabels, TrackLabels};
use crate::domain::{
    alert::AlertKind,
    sync::{SliceState, SyncTrack},
};

/// What the database says of synchronisation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SyncState {
    /// Each track.
    pub tracks: Vec<TrackState>,
    /// Slices of the runs at work; states without any may be missing.
    pub slices: Vec<(SliceState, i64)>,
    /// Open alerts; kinds without any may be missing.
    pub open_alerts: Vec<(AlertKind, i64)>,
    /// Messages of alerts that are still to be sent.
    pub pending_deliveries: i64,
}

/// What the database says of a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackState {
    /// The track.
    pub track: SyncTrack,
    /// How long ago the instant is up to which today is known; since its beginning if nothing is.
    pub lag_seconds: f64,
    /// When a day was last read well, in seconds since 1970.
    pub last_success: Option<i64>,
    /// Of the last ten days, those whose last read failed or is unfinished.
    pub stale_days: i64,
    /// Of the last ten days, those that were never read whole.
    pub incomplete_days: i64,
    /// Whether the platform is left alone.
    pub is_paused: bool,
    /// Whether it refuses our credentials.
    pub is_refused: bool,
}

type OfTrack<G> = Family<TrackLabels, G>;

#[derive(Clone, Default)]
pub(super) struct StateGauges {
    lag: OfTrack<Gauge<f64, AtomicU64>>,
    last_success: OfTrack<Gauge>,
    days: Family<DayLabels, Gauge>,
    paused: OfTrack<Gauge>,
    refused: OfTrack<Gauge>,
    slices: Family<StateLabels, Gauge>,
    alerts: Family<KindLabels, Gauge>,
    deliveries: Gauge,
}

impl StateGauges {
    pub fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "sync_lag",
            "How long ago the instant is up to which today is known; since its beginning if nothing of it is",
            Unit::Seconds,
            self.lag.clone(),
        );
        registry.register_with_unit(
            "sync_last_success_timestamp",
            "When a day was last read well, in seconds since 1970",
            Unit::Seconds,
            self.last_success.clone(),
        );
        registry.register(
            "sync_days",
            "Of the ten days before today, those whose last read failed or is unfinished (stale), and those that were never read whole (incomplete)",
            self.days.clone(),
        );
        registry.register(
            "platform_paused",
            "1 while the platform is left alone because it fails",
            self.paused.clone(),
        );
        registry.register(
            "platform_credentials_refused",
            "1 while the platform does not accept our credentials",
            self.refused.clone(),
        );
        registry.register(
            "sync_slices",
            "Parts of days of the runs at work, by state",
            self.slices.clone(),
        );
        registry.register("alerts_open", "Alerts that are open", self.alerts.clone());
        registry.register(
            "alert_deliveries_pending",
            "Messages of alerts that are still to be sent",
            self.deliveries.clone(),
        );
    }

    pub fn set(&self, state: &SyncState) {
        for track in &state.tracks {
            self.set_track(track);
        }
        set_all(&state.slices, |state, count| {
            let labels = StateLabels { state };
            self.slices.get_or_create(&labels).set(count);
        });
        set_all(&state.open_alerts, |kind, count| {
            self.alerts.get_or_create(&KindLabels { kind }).set(count);
        });
        self.deliveries.set(state.pending_deliveries);
    }

    fn set_track(&self, state: &TrackState) {
        let track: &'static str = state.track.into();
        let labels = TrackLabels { track };
        self.lag.get_or_create(&labels).set(state.lag_seconds);
        if let Some(at) = state.last_success {
            self.last_success.get_or_create(&labels).set(at);
        }
        for (state, count) in [
            ("stale", state.stale_days),
            ("incomplete", state.incomplete_days),
        ] {
            let labels = DayLabels { track, state };
            self.days.get_or_create(&labels).set(count);
        }
        let paused = i64::from(state.is_paused);
        self.paused.get_or_create(&labels).set(paused);
        let refused = i64::from(state.is_refused);
        self.refused.get_or_create(&labels).set(refused);
    }
}

/// Sets the count of every word: of those that are missing there are none.
fn set_all<W>(counts: &[(W, i64)], set: impl Fn(&'static str, i64))
where
    W: strum::VariantArray + Into<&'static str> + PartialEq + Copy,
{
    for &word in W::VARIANTS {
        let count = counts.iter().find(|(counted, _)| *counted == word);
        set(word.into(), count.map_or(0, |(_, count)| *count));
    }
}
