//! Where synchronisation stands: what ran last, what comes next, how far behind it is.

use chrono::{DateTime, Days, TimeDelta, Utc};
use strum::VariantArray as _;

use crate::{
    domain::{
        business_time::{BusinessZone, DayRange},
        listing::Listing,
        sync::{SyncStatus, SyncTrack, SyncWindow},
    },
    store::{
        Database, StoreError,
        sync_days::{self, SyncDayRow},
        sync_runs::{self, SyncRunRow},
        sync_tracks::{self, SyncTrackRow},
    },
};

/// Days before today that some window has.
const OLDEST: u64 = 10;

/// Whether the platform is asked on a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// It is asked.
    Closed,
    /// It is left alone, because it failed.
    Open,
    /// It was left alone for long enough: the next request decides.
    HalfOpen,
}

/// The circuit breaker of a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    /// Whether the platform is asked.
    pub state: BreakerState,
    /// Requests that failed in a row, after all repeats.
    pub failures: i64,
    /// Since when the platform is left alone; none while it is asked.
    pub since: Option<DateTime<Utc>>,
    /// When it is tried again; none while it is asked.
    pub retry_at: Option<DateTime<Utc>>,
    /// What failed last.
    pub error: Option<String>,
}

impl Breaker {
    /// What is noted of a track, seen at `now`; nothing ever failed where nothing is noted.
    fn of(row: Option<SyncTrackRow>, now: DateTime<Utc>) -> Self {
        let Some(row) = row else {
            return Self {
                state: BreakerState::Closed,
                failures: 0,
                since: None,
                retry_at: None,
                error: None,
            };
        };
        let state = match (row.opened_at, row.retry_at) {
            (None, _) => BreakerState::Closed,
            (Some(_), Some(retry_at)) if retry_at <= now => BreakerState::HalfOpen,
            (Some(_), _) => BreakerState::Open,
        };
        Self {
            state,
            failures: row.failures,
            since: row.opened_at,
            retry_at: row.opened_at.and(row.retry_at),
            error: row.error,
        }
    }
}

/// Where a window of a track stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowStatus {
    /// The window.
    pub window: SyncWindow,
    /// Its newest run.
    pub last_run: Option<SyncRunRow>,
    /// Its newest run at work.
    pub running: Option<SyncRunRow>,
    /// When its newest run that read all its days ended.
    pub last_success_at: Option<DateTime<Utc>>,
    /// When the schedule starts its next run.
    pub next_run_at: Option<DateTime<Utc>>,
    /// How old what is known of its days is: of today, up to which moment it was read; of days
    /// that are over, when the one that was read longest ago was read. None where a day never was.
    pub lag: Option<TimeDelta>,
}

/// Where a track stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackStatus {
    /// The track.
    pub track: SyncTrack,
    /// Whether the platform is asked.
    pub breaker: Breaker,
    /// By which time of a call the platform lists it.
    pub listing: Listing,
    /// All its windows.
    pub windows: Vec<WindowStatus>,
}

/// Where all tracks stand at `now`. `next_run` is the schedule. Takes a fixed number of statements,
/// and looks at no run but the newest ones.
///
/// # Errors
/// When the database fails.
pub async fn status(
    db: &Database,
    zone: BusinessZone,
    now: DateTime<Utc>,
    next_run: impl Fn(SyncTrack, SyncWindow) -> Option<DateTime<Utc>>,
) -> Result<Vec<TrackStatus>, StoreError> {
    let today = zone.day_of(now);
    let oldest = today.checked_sub_days(Days::new(OLDEST)).unwrap_or(today);
    let range = DayRange::new(oldest, today).unwrap_or(DayRange::day(today));
    let db = db.read();
    let days = sync_days::list_all(db, range).await?;
    let runs = sync_runs::newest(db).await?;
    let mut breakers = sync_tracks::list(db).await?;
    let statuses = SyncTrack::VARIANTS.iter().map(|&track| {
        let place = breakers.iter().position(|row| row.track == track);
        let breaker = place.map(|place| breakers.swap_remove(place));
        let listing = breaker
            .as_ref()
            .map(sync_tracks::listing_of)
            .unwrap_or_default();
        let of_track = days.iter().filter(|row| row.track == track);
        let read_at = of_track.filter_map(|row| row.synced_at).max();
        let breaker =
            breaker.filter(|row| sync_tracks::observed(row.clone(), read_at).is_current());
        let windows = SyncWindow::VARIANTS.iter().map(|&window| {
            let window_days = window.days(today);
            WindowStatus {
                lag: window_days.and_then(|range| lag(&days, track, window, range, now)),
                next_run_at: next_run(track, window),
                ..of_runs(&runs, track, window)
            }
        });
        TrackStatus {
            track,
            windows: windows.collect(),
            breaker: Breaker::of(breaker, now),
            listing,
        }
    });
    Ok(statuses.collect())
}

/// What the newest runs say of a window.
fn of_runs(runs: &[SyncRunRow], track: SyncTrack, window: SyncWindow) -> WindowStatus {
    let newest = |is_meant: fn(SyncStatus) -> bool| {
        runs.iter()
            .filter(|run| run.track == track && run.sync_window == window && is_meant(run.status))
            .max_by_key(|run| run.id)
    };
    let succeeded = newest(|status| status == SyncStatus::Succeeded);
    WindowStatus {
        window,
        last_run: newest(|_| true).cloned(),
        running: newest(|status| status == SyncStatus::Running).cloned(),
        last_success_at: succeeded.and_then(|run| run.finished_at),
        next_run_at: None,
        lag: None,
    }
}

/// How old what is known of the days of `range` is; never below zero, whatever the clocks say.
fn lag(
    days: &[SyncDayRow],
    track: SyncTrack,
    window: SyncWindow,
    range: DayRange,
    now: DateTime<Utc>,
) -> Option<TimeDelta> {
    let read_at = |row: &SyncDayRow| match window {
        SyncWindow::Today => row.synced_through,
        _ => row.synced_at,
    };
    let mut oldest = now;
    for day in range.iter() {
        let known = days.iter().find(|row| row.track == track && row.day == day);
        oldest = oldest.min(known.and_then(read_at)?);
    }
    Some(now - oldest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_breaker_is_half_open_once_its_time_is_over() {
        let now = at("2026-11-20T04:00:00Z");
        let row = |opened_at: Option<&str>, retry_at: Option<&str>| SyncTrackRow {
            track: SyncTrack::CallRecords,
            failures: 5,
            opened_at: opened_at.map(at),
            retry_at: retry_at.map(at),
            error: Some("HTTP status 502".to_owned()),
            refused_at: None,
            updated_at: now,
            listed_by: None,
            list_lag_seconds: 0,
        };
        let state = |row| Breaker::of(row, now).state;
        assert_eq!(state(None), BreakerState::Closed);
        assert_eq!(state(Some(row(None, None))), BreakerState::Closed);
        let opened = Some("2026-11-20T03:55:00Z");
        let open = row(opened, Some("2026-11-20T04:00:01Z"));
        assert_eq!(state(Some(open)), BreakerState::Open);
        assert_eq!(state(Some(row(opened, None))), BreakerState::Open);
        let over = row(opened, Some("2026-11-20T04:00:00Z"));
        assert_eq!(state(Some(over)), BreakerState::HalfOpen);
        // When it was to be tried again is of no interest once it works.
        let closed = Breaker::of(Some(row(None, Some("2026-11-20T04:00:01Z"))), now);
        assert_eq!((closed.retry_at, closed.failures), (None, 5));
    }
}
