//! The dashboard: today, yesterday and this month at a glance.

use chrono::{Days, NaiveDate};

use super::figures::{DayCounts, Freshness, FreshnessByDay, PeriodFigures, StatisticsError};
use crate::{
    domain::business_time::DayRange,
    store::{
        Database,
        packages::{self, PackageTotals},
        rollups,
    },
};

/// Everything on the dashboard of a day.
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

/// Puts the dashboard of `date`, seen from `today`, together. Reads a row a day and grade of the month, whatever the
/// number of calls, in a fixed number of statements.
///
/// # Errors
/// See [`StatisticsError`].
pub async fn dashboard(
    db: &Database,
    date: NaiveDate,
    today: NaiveDate,
) -> Result<Dashboard, StatisticsError> {
    StatisticsError::refuse_future(date, today)?;
    let seen_from = today;
    let db = db.read();
    let day_before = date.checked_sub_days(Days::new(1)).unwrap_or(date);
    let (today, yesterday) = (DayRange::day(date), DayRange::day(day_before));
    let month = DayRange::month_to(date);
    let all = DayRange::new(month.from().min(day_before), date).unwrap_or(month);

    // Before the counts, so that it never says more of them than they are worth.
    let freshness = FreshnessByDay::load(db, all, seen_from).await?;
    let counts = DayCounts::load(db, all).await?;
    let packages = packages::created_by_day(db, all).await?;
    let seats =
        rollups::active_seats_by_day(db, DayRange::new(day_before, date).unwrap_or(today)).await?;
    let month_seats = rollups::active_seats_of(db, month).await?;
    let seats_of = |day: NaiveDate| seats.get(&day).copied().unwrap_or(0);
    let period =
        |range: DayRange, seats| counts.period(range, seats, &packages, freshness.period(range));
    Ok(Dashboard {
        date,
        today: period(today, seats_of(date)),
        yesterday: period(yesterday, seats_of(day_before)),
        this_month: period(month, month_seats),
        freshness: freshness.period(all),
        totals: packages::totals(db).await?,
        new_packages: packages
            .iter()
            .filter(|day| day.created_date == date)
            .map(|day| day.packages)
            .sum(),
    })
}
