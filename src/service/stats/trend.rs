//! The trend: a row of days.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::{
    domain::{
        business_time::DayRange,
        stats::{DailyFigures, Part, Wanted, fill_gaps},
    },
    service::figures::{DayCounts, Freshness, FreshnessByDay, PeriodFigures, new_packages},
    store::{Database, StoreError, active_seats},
};

/// Most days in a trend or a period.
pub const MAX_DAYS: i64 = 366;

/// The figures of all days of `range` together, seen from `today`, as far as they are wanted.
///
/// # Errors
/// When the database fails.
pub async fn period(
    db: &Database,
    range: DayRange,
    today: NaiveDate,
    wanted: Wanted,
) -> Result<PeriodFigures, StoreError> {
    let db = db.read();
    // Before the counts, so that it never says more of them than they are worth.
    let freshness = FreshnessByDay::load(db, range, today, wanted).await?;
    let counts = DayCounts::load(db, range, wanted).await?;
    let packages = new_packages(db, range, wanted).await?;
    let seats = if wanted.has(Part::ActiveSeats) {
        active_seats::of_period(db, range).await?
    } else {
        0
    };
    Ok(counts.period(range, seats, &packages, freshness.period(range)))
}

/// The figures of each day of `range`, seen from `today`, oldest first, days without calls included,
/// and what each is worth, as far as it is wanted.
///
/// # Errors
/// When the database fails.
pub async fn trend(
    db: &Database,
    range: DayRange,
    today: NaiveDate,
    wanted: Wanted,
) -> Result<Vec<(DailyFigures, Freshness)>, StoreError> {
    let db = db.read();
    // Before the counts, so that it never says more of them than they are worth.
    let freshness = FreshnessByDay::load(db, range, today, wanted).await?;
    let counts = DayCounts::load(db, range, wanted).await?;
    let seats = if wanted.has(Part::ActiveSeats) {
        active_seats::by_day(db, range).await?
    } else {
        HashMap::new()
    };
    Ok(fill_gaps(range, counts.by_day(&seats))
        .into_iter()
        .map(|day| (day, freshness.day(day.date)))
        .collect())
}
