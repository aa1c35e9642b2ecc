//! The dashboard: today, yesterday and this month at a glance.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

use crate::{
    domain::{
        business_time::DayRange,
        stats::{Part, Wanted},
    },
    service::figures::{
        DayCounts, Freshness, FreshnessByDay, PeriodFigures, StatisticsError, new_packages,
    },
    store::{
        Database, active_seats,
        packages::{self, PackageTotals},
    },
};

/// What is wanted of a dashboard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DashboardParts {
    /// Of that day.
    pub today: Wanted,
    /// Of the day before.
    pub yesterday: Wanted,
    /// Of the month.
    pub this_month: Wanted,
    /// Of what stands beside the periods: what all days are worth, totals, the packages of that day.
    pub beside: Wanted,
}

impl DashboardParts {
    /// All of it.
    pub const ALL: Self = Self {
        today: Wanted::ALL,
        yesterday: Wanted::ALL,
        this_month: Wanted::ALL,
        beside: Wanted::ALL,
    };
}

/// Everything on the dashboard of a day. What was not wanted of it is zero.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// The day it is about.
    pub date: NaiveDate,
    /// That day.
    pub today: PeriodFigures,
    /// The day before.
    pub yesterday: PeriodFigures,
    /// From the first of the month to that day.
    pub this_month: PeriodFigures,
    /// What the figures of all these days are worth together.
    pub freshness: Freshness,
    /// Packages and leads, all of them.
    pub totals: PackageTotals,
    /// Packages created that day.
    pub new_packages: i64,
}

/// Puts what is wanted of the dashboard of `date`, seen from `today`, together. Reads at most a row a day and grade of
/// the month, whatever the number of calls, and a statement for each part at most.
///
/// # Errors
/// See [`StatisticsError`].
pub async fn dashboard(
    db: &Database,
    date: NaiveDate,
    today: NaiveDate,
    wanted: DashboardParts,
) -> Result<Dashboard, StatisticsError> {
    StatisticsError::refuse_future(date, today)?;
    let seen_from = today;
    let db = db.read();
    let day_before = date.checked_sub_days(Days::new(1)).unwrap_or(date);
    let (today, yesterday) = (DayRange::day(date), DayRange::day(day_before));
    let both_days = DayRange::new(day_before, date).unwrap_or(today);
    let month = DayRange::month_to(date);
    let all = DayRange::new(month.from().min(day_before), date).unwrap_or(month);
    let of_days = wanted.today.and(wanted.yesterday);
    let of_any = of_days.and(wanted.this_month).and(wanted.beside);
    // What is beside the periods says of all days what they are worth.
    let read = if wanted.this_month.is_empty() && !wanted.beside.has(Part::Freshness) {
        both_days
    } else {
        all
    };

    // Before the counts, so that it never says more of them than they are worth.
    let freshness = FreshnessByDay::load(db, read, seen_from, of_any).await?;
    let counts = DayCounts::load(db, read, of_any).await?;
    let packages = new_packages(db, read, of_any).await?;
    let seats = if of_days.has(Part::ActiveSeats) {
        active_seats::by_day(db, both_days).await?
    } else {
        HashMap::new()
    };
    let month_seats = if wanted.this_month.has(Part::ActiveSeats) {
        active_seats::of_period(db, month).await?
    } else {
        0
    };
    let totals = if wanted.beside.has(Part::Totals) {
        packages::totals(db).await?
    } else {
        PackageTotals::default()
    };
    let seats_of = |day: NaiveDate| seats.get(&day).copied().unwrap_or(0);
    let period =
        |range: DayRange, seats| counts.period(range, seats, &packages, freshness.period(range));
    Ok(Dashboard {
        date,
        today: period(today, seats_of(date)),
        yesterday: period(yesterday, seats_of(day_before)),
        this_month: period(month, month_seats),
        freshness: freshness.period(all),
        totals,
        new_packages: packages
            .iter()
            .filter(|day| day.created_date == date)
            .map(|day| day.packages)
            .sum(),
    })
}
