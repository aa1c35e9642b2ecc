//! The summary of a business day, and counting figures again.

use chrono::NaiveDate;

use crate::{
    domain::{
        business_time::DayRange,
        change::GivenId,
        problem::{Code, Path, Problems},
        stats::{Part, RollupDeltas, Wanted},
    },
    service::{
        audit::object,
        figures::{DayCounts, FreshnessByDay, PeriodFigures, StatisticsError, new_packages},
        write::{Result, Work, WriteError, Writer, accepted},
    },
    store::{
        Database, StoreError, claim_calls,
        packages::{self, PackageTotals},
        recounts, rollups,
        tasks::{TaskRow, Tasks},
    },
};

/// What a business day came to; its seats are not counted. What was not wanted is zero.
#[derive(Debug, Clone)]
pub struct MetricsSummary {
    /// The day.
    pub date: NaiveDate,
    /// Packages and leads that there were at the end of it.
    pub totals: PackageTotals,
    /// Packages created that day.
    pub new_packages: i64,
    /// Its calls, what they cost and earned, and what these figures are worth.
    pub figures: PeriodFigures,
}

/// The summary of `date`, seen from `today`, as far as it is wanted.
///
/// # Errors
/// See [`StatisticsError`].
pub async fn summary(
    db: &Database,
    date: NaiveDate,
    today: NaiveDate,
    wanted: Wanted,
) -> Result<MetricsSummary, StatisticsError> {
    StatisticsError::refuse_future(date, today)?;
    Ok(summarise(db, date, today, wanted).await?)
}

async fn summarise(
    db: &Database,
    date: NaiveDate,
    today: NaiveDate,
    wanted: Wanted,
) -> Result<MetricsSummary, StoreError> {
    let db = db.read();
    let day = DayRange::day(date);
    // Before the counts, so that it never says more of them than they are worth.
    let freshness = FreshnessByDay::load(db, day, today, wanted).await?;
    let counts = DayCounts::load(db, day, wanted).await?;
    let created = new_packages(db, day, wanted).await?;
    let totals = if wanted.has(Part::Totals) {
        packages::totals_until(db, date).await?
    } else {
        PackageTotals::default()
    };
    Ok(MetricsSummary {
        date,
        totals,
        new_packages: created.iter().map(|day| day.packages).sum(),
        figures: counts.period(day, 0, &created, freshness.period(day)),
    })
}

/// Counts the calls of a task again, and mends its figures where they differ. Returns the task, and
/// how many rollup cells had to be mended: none, ever, unless somebody wrote to the database past
/// this program.
///
/// # Errors
/// When there is no such task, or the database fails; nothing is written then.
pub async fn refresh_task(writer: &Writer<'_>, id: &GivenId) -> Result<(TaskRow, u64)> {
    writer
        .write("refreshTaskMetrics", async move |work: &Work| {
            claim_calls(&work.tx).await?;
            let mut problems = Problems::default();
            let task = work
                .lock_noting::<Tasks>("taskId", object::TASK, id, &mut problems)
                .await?;
            let task = accepted(task, problems)?;
            let deltas = recounts::repair_task(&work.tx, task.id).await?;
            let repaired = repair(work, &deltas, object::TASK, task.id.to_string()).await?;
            Ok((task, repaired))
        })
        .await
}

/// Counts the calls of a business day again, in every dimension, and mends the figures where they
/// differ. Returns its summary, and how many rollup cells had to be mended.
///
/// # Errors
/// When the day has not begun, or the database fails; nothing is written then.
pub async fn compute_day(writer: &Writer<'_>, date: NaiveDate) -> Result<(MetricsSummary, u64)> {
    let today = writer.zone.day_of(writer.now);
    StatisticsError::refuse_future(date, today).map_err(|error| {
        let path = Path::input().field("date");
        WriteError::refused(path, Code::InTheFuture, error.to_string())
    })?;
    let repaired = writer
        .write("computeDailyMetrics", async move |work: &Work| {
            claim_calls(&work.tx).await?;
            let deltas = recounts::repair_day(&work.tx, date).await?;
            repair(work, &deltas, object::DAY, date.to_string()).await
        })
        .await?;
    let summary = summarise(writer.db, date, today, Wanted::ALL).await?;
    Ok((summary, repaired))
}

async fn repair(
    work: &Work,
    deltas: &RollupDeltas,
    object_type: &'static str,
    object_id: String,
) -> Result<u64> {
    let repaired = deltas.iter().count() as u64;
    if repaired > 0 {
        rollups::apply(&work.tx, deltas).await?;
        let counts = [("repairedCells", repaired)];
        work.record_counts(object_type, Some(object_id), counts)
            .await?;
    }
    Ok(repaired)
}
