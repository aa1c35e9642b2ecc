//! What is known of each day, and what is missing.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ConnectionTrait;

use crate::{
    domain::{business_time::DayRange, stats::count, sync::SyncTrack},
    store::{
        Database, StoreError, Transaction,
        removals::{self, Moved},
        retention, rollups,
        sync_days::{self, SyncDayRow},
    },
};

/// Most days of one request.
pub const MAX_DAYS: i64 = 400;

/// What is known of a day on a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCoverage {
    /// The day.
    pub date: NaiveDate,
    /// The track.
    pub track: SyncTrack,
    /// What is known; none of a day that nobody ever tried to read.
    pub known: Option<SyncDayRow>,
    /// How many calls of the day the platform's lists have; of TASK_STATS, calls dialled. None until it
    /// said so.
    pub expected: Option<i64>,
    /// How many of them are stored and counted; none of a day of which nothing is expected.
    pub stored: Option<i64>,
}

impl DayCoverage {
    /// The whole day was read at least once, after it had ended, and counted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.known
            .as_ref()
            .is_some_and(|day| day.completed_at.is_some())
    }

    /// A newer read failed or is unfinished.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.known.as_ref().is_some_and(|day| day.is_stale)
    }

    /// No read of it stored anything.
    #[must_use]
    pub fn is_never_read(&self) -> bool {
        self.known
            .as_ref()
            .is_none_or(|day| day.reads().know_nothing())
    }

    /// Records that the platform has and that were not read; none where it never said how many.
    #[must_use]
    pub fn missing(&self) -> Option<i64> {
        Some((self.expected? - self.stored.unwrap_or(0)).max(0))
    }
}

/// The days of a track in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoverageTotals {
    /// The track.
    pub track: SyncTrack,
    /// All days asked for.
    pub days: i64,
    /// Of those, complete ones.
    pub complete_days: i64,
    /// Of those, stale ones.
    pub stale_days: i64,
    /// Of those, such as were never read.
    pub never_read_days: i64,
    /// Records known to be missing, over the days of which it is known.
    pub missing: i64,
}

/// What is known of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The days.
    pub range: DayRange,
    /// Each day on each track, oldest first.
    pub days: Vec<DayCoverage>,
    /// Each track in numbers.
    pub totals: Vec<CoverageTotals>,
}

/// What is known of the days of `range` on `tracks`, in a fixed number of statements.
///
/// # Errors
/// When the database fails.
pub async fn coverage(
    db: &Database,
    range: DayRange,
    tracks: &[SyncTrack],
) -> Result<Coverage, StoreError> {
    let mut known: HashMap<(NaiveDate, SyncTrack), SyncDayRow> =
        sync_days::list_all(db.read(), range)
            .await?
            .into_iter()
            .map(|row| ((row.day, row.track), row))
            .collect();
    let calls = if tracks.contains(&SyncTrack::CallRecords) {
        StoredCalls::load(db.read(), range).await?
    } else {
        StoredCalls::default()
    };
    let mut days = Vec::new();
    for date in range.iter() {
        days.extend(tracks.iter().map(|&track| {
            let known = known.remove(&(date, track));
            let (expected, stored) = match (track, known.as_ref()) {
                (_, None) => (None, None),
                (SyncTrack::CallRecords, Some(day)) => calls.of_day(day),
                (SyncTrack::TaskStats, Some(day)) => (day.expected, day.seen),
            };
            DayCoverage {
                date,
                track,
                known,
                expected,
                stored,
            }
        }));
    }
    let totals = tracks.iter().map(|&track| totals(&days, track)).collect();
    Ok(Coverage {
        range,
        days,
        totals,
    })
}

/// Before the horizon moves to `horizon` and calls are deleted: the days before it keep what their lists
/// had and what was stored of it, and later days count no calls that go with them. The transaction must
/// have claimed the calls.
///
/// # Errors
/// When the database fails; the transaction must then be rolled back.
pub async fn keep_counts(
    tx: &Transaction,
    horizon: NaiveDate,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let before = retention::call_horizon(tx).await?;
    let first = before.unwrap_or(retention::FIRST_DAY);
    let Some(days) = horizon
        .pred_opt()
        .and_then(|last| DayRange::new(first, last))
    else {
        return Ok(());
    };
    let known = sync_days::list(tx, SyncTrack::CallRecords, days).await?;
    if let Some(days) = known
        .first()
        .zip(known.last())
        .and_then(|(first, last)| DayRange::new(first.day, last.day))
    {
        let calls = StoredCalls::load(tx, days).await?;
        for day in &known {
            if let (Some(expected), Some(stored)) = calls.of_day(day) {
                let counts = (expected + day.undialled, stored + day.undialled);
                sync_days::set_counts(tx, day, counts, now).await?;
            }
        }
    }
    for (listed, calls) in removals::listed_later(tx, horizon).await? {
        if let Some(day) = sync_days::find(tx, SyncTrack::CallRecords, listed).await?
            && let (Some(expected), Some(seen)) = (day.expected, day.seen)
        {
            sync_days::set_counts(tx, &day, (expected - calls, seen - calls), now).await?;
        }
    }
    Ok(())
}

/// What is stored of the days of a range.
#[derive(Default)]
struct StoredCalls {
    /// The first day whose calls are kept, if not all are.
    horizon: Option<NaiveDate>,
    /// Calls that figures count.
    counted: HashMap<NaiveDate, i64>,
    /// Of those, such as did not come from the platform.
    own: HashMap<NaiveDate, i64>,
    moved: HashMap<NaiveDate, Moved>,
}

impl StoredCalls {
    async fn load(db: &impl ConnectionTrait, range: DayRange) -> Result<Self, StoreError> {
        let mut counted: HashMap<NaiveDate, i64> = HashMap::new();
        for (day, counts) in rollups::by_day(db, range).await? {
            *counted.entry(day).or_default() += counts.counts.calls;
        }
        Ok(Self {
            horizon: retention::call_horizon(db).await?,
            counted,
            own: removals::own_by_day(db, range).await?,
            moved: removals::moved_by_day(db, range).await?,
        })
    }

    /// How many calls of a day the platform's lists have, and how many of the platform's are stored. The
    /// list of a day has calls of other days where it goes by another time than that of the call.
    fn of_day(&self, day: &SyncDayRow) -> (Option<i64>, Option<i64>) {
        let dialled = |records: i64| records - day.undialled;
        if self.horizon.is_some_and(|first| day.day < first) {
            // Kept when the calls were given up, see `keep_counts`.
            return (day.expected.map(dialled), day.seen.map(dialled));
        }
        let of =
            |counts: &HashMap<NaiveDate, i64>| counts.get(&day.day).copied().unwrap_or_default();
        let moved = self.moved.get(&day.day).copied().unwrap_or_default();
        let own = |listed: i64| dialled(listed) - moved.of_other_days + moved.listed_elsewhere;
        let expected = day.expected.map(own);
        (
            expected,
            expected.map(|_| of(&self.counted) - of(&self.own)),
        )
    }
}

fn totals(days: &[DayCoverage], track: SyncTrack) -> CoverageTotals {
    let of_track = || days.iter().filter(|day| day.track == track);
    let how_many =
        |is_meant: fn(&DayCoverage) -> bool| count(of_track().filter(|day| is_meant(day)).count());
    CoverageTotals {
        track,
        days: how_many(|_| true),
        complete_days: how_many(DayCoverage::is_complete),
        stale_days: how_many(DayCoverage::is_stale),
        never_read_days: how_many(DayCoverage::is_never_read),
        missing: of_track().filter_map(DayCoverage::missing).sum(),
    }
}
