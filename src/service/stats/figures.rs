//! Figures of days and periods, put together from the rollups and the grade catalogue.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    domain::{
        business_time::DayRange,
        day_state::{DayState, Reads},
        grade::{self, Grade},
        money::Money,
        stats::{DailyFigures, Figures, GradeCounts, Part, Wanted, count, ratio},
        sync::SyncTrack,
    },
    store::{
        Connection, StoreError,
        packages::{self, PackageDay},
        retired_grades, rollups, sync_days,
        sync_days::SyncDayRow,
    },
};

/// Why there are no figures for a day.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsError {
    /// The day has not begun.
    #[error("{date} lies in the future: today is {today}")]
    Future {
        /// The day asked for.
        date: NaiveDate,
        /// The business day it is.
        today: NaiveDate,
    },
    /// The day is over, and nobody has read it yet.
    #[error("{date} was never synchronised")]
    NotSynced {
        /// The day asked for.
        date: NaiveDate,
        /// The next scheduled synchronisation that will read it, if one will.
        next_sync: Option<DateTime<Utc>>,
        /// Why the last attempt failed, if there was one.
        last_error: Option<String>,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StatisticsError {
    /// Refuses a `date` behind `today`.
    pub(in crate::service) fn refuse_future(date: NaiveDate, today: NaiveDate) -> Result<(), Self> {
        if date > today {
            return Err(Self::Future { date, today });
        }
        Ok(())
    }
}

/// What figures are worth: how much of the platform's records they rest on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freshness {
    /// Every day was read whole at least once, and counted.
    pub complete: bool,
    /// A newer read of a day failed or is unfinished.
    pub stale: bool,
    /// The instant up to which the newest day was read; `None` when it never was.
    pub synced_through: Option<DateTime<Utc>>,
    /// When the oldest read began that they rest on; `None` when no day was read.
    pub read_at: Option<DateTime<Utc>>,
    /// The days together.
    pub state: DayState,
    /// Days that are over and of which no read stored anything.
    pub never_read_days: i64,
}

impl Freshness {
    /// Of a day, seen from `today`, of which `row` says what is known.
    pub(in crate::service) fn of(
        day: NaiveDate,
        today: NaiveDate,
        row: Option<&SyncDayRow>,
    ) -> Self {
        let reads = row.map_or_else(Reads::default, SyncDayRow::reads);
        let state = DayState::of(day, today, reads);
        Self {
            complete: reads.complete,
            stale: reads.stale,
            synced_through: row.and_then(|row| row.synced_through),
            read_at: row.and_then(|row| row.read_at),
            state,
            never_read_days: i64::from(state == DayState::NeverRead),
        }
    }

    /// Whether nothing is known of the days, of which `calls` are stored: they may have had any number
    /// of calls, and their figures are no zeros.
    #[must_use]
    pub fn is_unknown(&self, calls: i64) -> bool {
        self.state == DayState::NeverRead && calls == 0
    }
}

/// What is known of the call records of each day.
#[derive(Debug, Clone)]
pub struct FreshnessByDay {
    days: HashMap<NaiveDate, SyncDayRow>,
    today: NaiveDate,
}

impl FreshnessByDay {
    /// Of the days of `range`, seen from `today`; of none where that is not wanted.
    pub(in crate::service) async fn load(
        db: &impl Connection,
        range: DayRange,
        today: NaiveDate,
        wanted: Wanted,
    ) -> Result<Self, StoreError> {
        let days = if wanted.has(Part::Freshness) {
            sync_days::list(db, SyncTrack::CallRecords, range).await?
        } else {
            Vec::new()
        };
        let days = days.into_iter().map(|day| (day.day, day)).collect();
        Ok(Self { days, today })
    }

    /// Of one day.
    #[must_use]
    pub fn day(&self, day: NaiveDate) -> Freshness {
        Freshness::of(day, self.today, self.days.get(&day))
    }

    /// Of a whole period: complete if every day is, stale if any is.
    #[must_use]
    pub fn period(&self, range: DayRange) -> Freshness {
        let days: Vec<Freshness> = range.iter().map(|day| self.day(day)).collect();
        Freshness {
            complete: days.iter().all(|day| day.complete),
            stale: days.iter().any(|day| day.stale),
            synced_through: days.last().and_then(|day| day.synced_through),
            read_at: days.iter().filter_map(|day| day.read_at).min(),
            state: DayState::together(days.iter().map(|day| day.state)),
            never_read_days: days.iter().map(|day| day.never_read_days).sum(),
        }
    }
}

/// The figures of a period of whole business days. What was not wanted of them is zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodFigures {
    /// The days.
    pub range: DayRange,
    /// Sums and ratios.
    pub figures: Figures,
    /// Calls graded as 9-yuan deals.
    pub grade_nine: i64,
    /// Calls graded as 1-yuan deals.
    pub grade_one: i64,
    /// Distinct seats with at least one call.
    pub active_seats: i64,
    /// Days with at least one call.
    pub active_days: i64,
    /// Σ unit price of the grades.
    pub revenue: Money,
    /// Packages created in the period, and what its calls were billed.
    pub cost: Money,
    /// What this is worth.
    pub freshness: Freshness,
}

impl PeriodFigures {
    /// Whether nothing is known of its calls: its figures are no zeros.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.freshness.is_unknown(self.figures.counts.calls)
    }

    /// Calls per active day.
    #[must_use]
    pub fn daily_average(&self, of: i64) -> Option<f64> {
        ratio(of, self.active_days)
    }

    /// Return on investment: (revenue − cost) ÷ cost; `None` where there is no cost.
    #[must_use]
    pub fn roi(&self) -> Option<f64> {
        let profit = self.revenue.minus(self.cost);
        ratio(profit.ten_thousandths(), self.cost.ten_thousandths())
    }
}

/// Counts by day and grade, with the catalogue that gives them meaning.
#[derive(Debug)]
pub(in crate::service) struct DayCounts {
    days: Vec<(NaiveDate, GradeCounts)>,
    grades: HashMap<String, Grade>,
}

impl DayCounts {
    /// Of the days of `range`, as far as it is wanted.
    pub(in crate::service) async fn load(
        db: &impl Connection,
        range: DayRange,
        wanted: Wanted,
    ) -> Result<Self, StoreError> {
        let days = if wanted.has(Part::Calls) {
            rollups::by_day(db, range).await?
        } else {
            Vec::new()
        };
        let grades = if wanted.has(Part::Grades) {
            catalogue(db).await?
        } else {
            HashMap::new()
        };
        Ok(Self { days, grades })
    }

    fn within(&self, range: DayRange) -> impl Iterator<Item = &(NaiveDate, GradeCounts)> {
        self.days.iter().filter(move |(day, counts)| {
            range.covers(DayRange::day(*day)) && counts.counts.calls != 0
        })
    }

    fn graded(&self, range: DayRange, code: &str) -> i64 {
        self.within(range)
            .filter(|(_, counts)| grade::original_code(&counts.grade_code) == code)
            .map(|(_, counts)| counts.counts.calls)
            .sum()
    }

    pub(in crate::service) fn period(
        &self,
        range: DayRange,
        active_seats: i64,
        packages: &[PackageDay],
        freshness: Freshness,
    ) -> PeriodFigures {
        let figures = Figures::of(self.within(range).map(|(_, counts)| counts), &self.grades);
        let active: std::collections::HashSet<NaiveDate> =
            self.within(range).map(|(day, _)| *day).collect();
        let package_cost: Money = packages
            .iter()
            .filter(|day| range.covers(DayRange::day(day.created_date)))
            .map(|day| day.cost)
            .sum();
        PeriodFigures {
            range,
            figures,
            grade_nine: self.graded(range, grade::NINE_YUAN),
            grade_one: self.graded(range, grade::ONE_YUAN),
            active_seats,
            active_days: count(active.len()),
            revenue: figures.grade_revenue,
            cost: package_cost.plus(figures.counts.billed),
            freshness,
        }
    }

    pub(in crate::service) fn by_day(&self, seats: &HashMap<NaiveDate, i64>) -> Vec<DailyFigures> {
        let mut days: HashMap<NaiveDate, Vec<&GradeCounts>> = HashMap::new();
        for (day, counts) in &self.days {
            days.entry(*day).or_default().push(counts);
        }
        days.into_iter()
            .map(|(date, counts)| DailyFigures {
                date,
                figures: Figures::of(counts, &self.grades),
                active_seats: seats.get(&date).copied().unwrap_or(0),
            })
            .collect()
    }
}

/// The packages created on the days of `range`; none where they are not wanted.
pub(in crate::service) async fn new_packages(
    db: &impl Connection,
    range: DayRange,
    wanted: Wanted,
) -> Result<Vec<PackageDay>, StoreError> {
    if wanted.has(Part::NewPackages) {
        packages::created_by_day(db, range).await
    } else {
        Ok(Vec::new())
    }
}

/// The grades that rollups have, by code: those of the catalogue, and retired ones.
pub(in crate::service) async fn catalogue(
    db: &impl Connection,
) -> Result<HashMap<String, Grade>, StoreError> {
    Ok(retired_grades::list_all(db)
        .await?
        .into_iter()
        .map(|grade| (grade.code.clone(), grade))
        .collect())
}

/// Adds counts by grade up, a key at a time: the figures of tasks, packages or agents.
///
/// # Errors
/// When the catalogue cannot be read.
pub async fn by_key<K: std::hash::Hash + Eq>(
    db: &impl Connection,
    counts: Vec<(K, GradeCounts)>,
) -> Result<HashMap<K, Figures>, StoreError> {
    let grades = catalogue(db).await?;
    let mut groups: HashMap<K, Vec<GradeCounts>> = HashMap::new();
    for (key, counts) in counts {
        groups.entry(key).or_default().push(counts);
    }
    Ok(groups
        .into_iter()
        .map(|(key, counts)| (key, Figures::of(&counts, &grades)))
        .collect())
}
