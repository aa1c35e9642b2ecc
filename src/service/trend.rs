//! The trend: a row of days.

use chrono::NaiveDate;

use super::figures::{DayCounts, Freshness, FreshnessByDay, PeriodFigures};
use crate::{
    domain::{
        business_time::DayRange,
        stats::{DailyFigures, fill_gaps},
    },
    store::{Database, StoreError, packages, rollups},
};

/// Most days in a trend or a period.
pub const MAX_DAYS: i64 = 366;

/// The figures of all days of `range` together, seen from `today`.
///
/// # Errors
/// When the database fails.
pub async fn period(
    db: &Database,
    range: DayRange,
    today: NaiveDate,
) -> Result<PeriodFigures, StoreError> {
    let db = db.read();
    // Before the counts, so that it never says more of them than they are worth.
    let freshness = FreshnessByDay::load(db, range, today).await?;
    let counts = DayCounts::load(db, range).await?;
    let packages = packages::created_by_day(db, range).await?;
    let seats = rollups::active_seats_of(db, range).await?;
    Ok(counts.period(range, seats, &packages, freshness.period(range)))
}

/// The figures of each day of `range`, seen from `today`, oldest first, days without calls included,
/// and what each is worth.
///
/// # Errors
/// When the database fails.
pub async fn trend(
    db: &Database,
    range: DayRange,
    today: NaiveDate,
) -> Result<Vec<(DailyFigures, Freshness)>, StoreError> {
    let db = db.read();
    // Before the counts, so that it never says more of them than they are worth.
    let freshness = FreshnessByDay::load(db, range, today).await?;
    let counts = DayCounts::load(db, range).await?;
    let seats = rollups::active_seats_by_day(db, range).await?;
    Ok(fill_gaps(range, counts.by_day(&seats))
        .into_iter()
        .map(|day| (day, freshness.day(day.date)))
        .collect())
}
