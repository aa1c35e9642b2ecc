use std::time::Instant;

use async_graphql::Object;

use super::figures::{DayState, Freshness};
use crate::{
    domain::grade,
    graphql::scalars::{Date, DateTime, Decimal},
    service::grade_stats,
};

pub(super) struct GradeCount(grade_stats::GradeCount);

/// How often a grade was given on a day.
#[Object]
impl GradeCount {
    /// The grade's stable name, NINE_YUAN. A retired grade has the name that it had in the catalogue.
    async fn code(&self) -> &str {
        &self.0.grade.code
    }

    /// What people call it, 9元.
    async fn label(&self) -> &str {
        &self.0.grade.label
    }

    /// Whether this is what the grade meant before it was changed or deleted: days whose calls are kept
    /// no longer (RETENTION_CALL_DAYS) go on counting by it.
    async fn is_retired(&self) -> bool {
        self.0.is_retired
    }

    /// Calls with it.
    async fn count(&self) -> i64 {
        self.0.count
    }

    /// What one such call earns, in yuan.
    async fn unit_price(&self) -> Decimal {
        self.0.grade.unit_price.into()
    }

    /// count × unitPrice, in yuan.
    async fn revenue(&self) -> Decimal {
        self.0.revenue.into()
    }

    /// Whether it means that the person is interested.
    async fn is_interested(&self) -> bool {
        self.0.grade.is_interested
    }

    /// Whether it is a deal.
    async fn is_success(&self) -> bool {
        self.0.grade.is_success
    }
}

pub(super) struct UnknownGrade(grade::UnknownGrade);

/// A grade text that the catalogue does not know.
#[Object]
impl UnknownGrade {
    /// The text.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// Calls of the day with it.
    async fn count(&self) -> i64 {
        self.0.calls
    }
}

pub(super) struct GradeStats {
    pub stats: grade_stats::GradeStats,
    pub asked: Instant,
}

/// The grades of a business day: how many calls earned which, and what that is worth.
#[Object]
impl GradeStats {
    /// The business day.
    async fn date(&self) -> Date {
        self.stats.date.into()
    }

    /// Calls graded as 9-yuan deals (NINE_YUAN): texts such as `9元`, `9`, `９元`; not `19元`.
    async fn grade9(&self) -> i64 {
        self.stats.grade_nine()
    }

    /// Calls graded as 1-yuan deals (ONE_YUAN): texts such as `1元`, `1`; not `11元`.
    async fn grade1(&self) -> i64 {
        self.stats.grade_one()
    }

    /// Deals: calls whose grade is a success, connected or not.
    async fn total_success(&self) -> i64 {
        self.stats.total_success()
    }

    /// All calls of the day, graded or not.
    async fn total_records(&self) -> i64 {
        self.stats.total_records
    }

    /// Every grade of the catalogue; OTHER counts the texts that no grade claims. On days whose calls
    /// are kept no longer, grades as they were before they were changed or deleted come behind.
    async fn grades(&self) -> Vec<GradeCount> {
        self.stats.grades.iter().cloned().map(GradeCount).collect()
    }

    /// Grade texts that the catalogue does not know, those of most calls first, at most 100: their
    /// calls count as OTHER, and for no deal. `upsertGrade` with such a text among its patterns makes
    /// them count.
    async fn unknown_grades(&self) -> Vec<UnknownGrade> {
        self.stats
            .unknown
            .iter()
            .cloned()
            .map(UnknownGrade)
            .collect()
    }

    /// Calls without a grade.
    async fn ungraded(&self) -> i64 {
        self.stats.ungraded
    }

    /// When the day was last brought up to date from the platform; now, for a day that is going on
    /// and was not read yet.
    async fn calculated_at(&self) -> DateTime {
        self.stats.calculated_at.into()
    }

    /// What is known of the day. NEVER_READ where calls came in another way only, by imports say; a day
    /// of which nothing is known at all is the error NOT_SYNCED.
    async fn state(&self) -> DayState {
        self.stats.freshness.state.into()
    }

    /// The whole day was read at least once, after it had ended, and as many records were found as
    /// the platform counts.
    async fn complete(&self) -> bool {
        self.stats.freshness.complete
    }

    /// A newer read of the day failed or is unfinished.
    async fn stale(&self) -> bool {
        self.stats.freshness.stale
    }

    /// The instant up to which the platform's records were read.
    async fn synced_through(&self) -> Option<DateTime> {
        self.stats.freshness.synced_through.map(DateTime)
    }

    /// What these figures are worth: complete, stale and syncedThrough together.
    async fn freshness(&self) -> Freshness {
        self.stats.freshness.into()
    }

    /// Whether the figures come from an earlier synchronisation; false for a day that is going on
    /// and was not read yet.
    async fn from_cache(&self) -> bool {
        self.stats.from_cache
    }

    /// How long it took to answer, in milliseconds.
    async fn elapsed_ms(&self) -> f64 {
        self.asked.elapsed().as_secs_f64() * 1_000.0
    }
}
