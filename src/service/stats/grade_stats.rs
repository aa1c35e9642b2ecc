//! Grades of a day: how many calls earned which.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    domain::{
        business_time::{BusinessZone, DayRange},
        grade::{self, Grade, UnknownGrade},
        money::Money,
        stats::{GradeCounts, Part, Wanted},
        sync::SyncTrack,
    },
    service::{
        figures::{Freshness, StatisticsError},
        refresh::Refresher,
    },
    store::{Database, StoreError, Transaction, grades, retired_grades, rollups, sync_days},
};

/// Most texts that are listed because the catalogue does not know them.
pub const MAX_UNKNOWN: u64 = 100;

/// How often a grade was given on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GradeCount {
    /// The grade, without the texts that it claims; a retired one with the code that it had in the catalogue.
    pub grade: Grade,
    /// Whether it is what the grade was before it was changed or deleted.
    pub is_retired: bool,
    /// Calls with it.
    pub count: i64,
    /// What they earned.
    pub revenue: Money,
}

/// The grades of a day. What was not wanted of them is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GradeStats {
    /// The day.
    pub date: NaiveDate,
    /// Every grade of the catalogue, with zeros where no call has it; then retired ones that calls
    /// have which are kept no longer.
    pub grades: Vec<GradeCount>,
    /// Texts that the catalogue does not know, most frequent first, at most [`MAX_UNKNOWN`].
    pub unknown: Vec<UnknownGrade>,
    /// Calls without a grade.
    pub ungraded: i64,
    /// All calls.
    pub total_records: i64,
    /// When the day was last brought up to date.
    pub calculated_at: DateTime<Utc>,
    /// Whether the figures come from an earlier synchronisation, and not from nothing yet.
    pub from_cache: bool,
    /// What the figures are worth.
    pub freshness: Freshness,
}

impl GradeStats {
    /// Calls whose grade is a deal.
    #[must_use]
    pub fn total_success(&self) -> i64 {
        self.grades
            .iter()
            .filter(|count| count.grade.is_success)
            .map(|count| count.count)
            .sum()
    }

    /// Calls with the grade `code`.
    #[must_use]
    pub fn count_of(&self, code: &str) -> i64 {
        self.grades
            .iter()
            .filter(|count| count.grade.code == code)
            .map(|count| count.count)
            .sum()
    }

    /// Calls graded as 9-yuan deals.
    #[must_use]
    pub fn grade_nine(&self) -> i64 {
        self.count_of(grade::NINE_YUAN)
    }

    /// Calls graded as 1-yuan deals.
    #[must_use]
    pub fn grade_one(&self) -> i64 {
        self.count_of(grade::ONE_YUAN)
    }
}

/// The grades of `date`, from the rollups, as far as they are wanted.
///
/// # Errors
/// See [`StatisticsError`].
pub async fn grade_stats(
    db: &Database,
    refresher: &dyn Refresher,
    zone: BusinessZone,
    date: NaiveDate,
    now: DateTime<Utc>,
    wanted: Wanted,
) -> Result<GradeStats, StatisticsError> {
    let today = zone.day_of(now);
    StatisticsError::refuse_future(date, today)?;
    let db = db.read();
    let day = sync_days::find(db, SyncTrack::CallRecords, date).await?;
    let counts = rollups::by_day(db, DayRange::day(date)).await?;
    let total_records = counts.iter().map(|(_, counts)| counts.counts.calls).sum();
    let synced_at = day.as_ref().and_then(|day| day.synced_at);
    let freshness = Freshness::of(date, today, day.as_ref());
    if freshness.is_unknown(total_records) {
        return Err(StatisticsError::NotSynced {
            date,
            next_sync: refresher.next_scheduled(SyncTrack::CallRecords, date, now),
            last_error: day.and_then(|day| day.error),
        });
    }
    let calls_of = |code: &str| {
        counts
            .iter()
            .filter(|(_, counts)| counts.grade_code == code)
            .map(|(_, counts)| counts.counts.calls)
            .sum()
    };
    let unknown = if wanted.has(Part::UnknownGrades) && calls_of(grade::OTHER) != 0 {
        grades::unknown(db, DayRange::day(date), MAX_UNKNOWN).await?
    } else {
        Vec::new()
    };
    let counted = |grade: Grade| {
        let count = calls_of(&grade.code);
        let code = grade::original_code(&grade.code).to_owned();
        GradeCount {
            revenue: grade.unit_price.times(count),
            count,
            is_retired: code != grade.code,
            grade: Grade { code, ..grade },
        }
    };
    let catalogue = if wanted.has(Part::Grades) {
        retired_grades::list_all(db).await?
    } else {
        Vec::new()
    };
    let grades = catalogue.into_iter().map(counted);
    let grades = grades
        .filter(|counted| !counted.is_retired || counted.count != 0)
        .collect();
    Ok(GradeStats {
        date,
        grades,
        unknown,
        ungraded: calls_of(""),
        total_records,
        calculated_at: synced_at.unwrap_or(now),
        from_cache: synced_at.is_some(),
        freshness,
    })
}

/// The grade texts of `days` that the catalogue does not know: nothing is looked up but the figures
/// where every text is known.
pub(in crate::service) async fn unknown_grades(
    tx: &Transaction,
    days: DayRange,
) -> Result<Vec<UnknownGrade>, StoreError> {
    let counts = rollups::by_day(tx, days).await?;
    let is_unknown =
        |counts: &GradeCounts| counts.grade_code == grade::OTHER && counts.counts.calls > 0;
    if !counts.iter().any(|(_, counts)| is_unknown(counts)) {
        return Ok(Vec::new());
    }
    grades::unknown(tx, days, MAX_UNKNOWN).await
}
