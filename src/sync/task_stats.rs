//! TASK_STATS: the platform's own figures of a day.

use std::collections::BTreeMap;

use super::day::{DayReader, SyncError};
use crate::{
    domain::{stats::count, sync::StatKind},
    guanke::{DayStatistics, StatisticsBy, StatisticsCounts},
    store::{
        platform_stats::{self, NewPlatformStat},
        sync_runs::RunCounts,
    },
};

/// Asks for the figures of this one day, by account and by task, and keeps them in place of those
/// kept before.
pub(super) async fn read_day(mut reader: DayReader<'_>) -> Result<(), SyncError> {
    let span = reader.span();
    let client = &reader.context.client;
    let accounts = client.statistics(reader.day, StatisticsBy::Account).await?;
    let tasks = client.statistics(reader.day, StatisticsBy::Task).await?;
    let dialled = check_total("account", &accounts)?;
    check_total("task", &tasks)?;

    let received = accounts.rows.len() + tasks.rows.len();
    let mut rows = rows_of(StatKind::Account, accounts);
    rows.extend(rows_of(StatKind::Task, tasks));
    let tx = reader.begin().await?;
    let now = reader.context.clock.now();
    let replaced = platform_stats::replace(&tx, reader.day, &rows, now).await?;
    reader.note_success(&tx, span, dialled).await?;
    let counts = RunCounts {
        pages: 2,
        fetched: count(received),
        inserted: replaced.inserted,
        updated: replaced.updated,
        unchanged: replaced.unchanged,
        ..RunCounts::default()
    };
    reader.commit(tx, counts).await?;
    reader.report(None, rows.len() as u64);
    Ok(())
}

/// Σ dialled over the rows that are no sums themselves; it must be the platform's own total, if
/// it gives one.
fn check_total(kind: &'static str, statistics: &DayStatistics) -> Result<i64, SyncError> {
    let sum = statistics
        .rows
        .iter()
        .filter(|row| !row.is_summary)
        .map(|row| number(row.counts.dialled))
        .sum();
    match statistics.total.map(|total| number(total.dialled)) {
        Some(total) if total != sum => Err(SyncError::TotalsDisagree { kind, sum, total }),
        _ => Ok(sum),
    }
}

/// The rows to keep; two of one name are one.
fn rows_of(kind: StatKind, statistics: DayStatistics) -> Vec<NewPlatformStat> {
    let mut rows: BTreeMap<String, NewPlatformStat> = BTreeMap::new();
    for row in statistics.rows {
        let StatisticsCounts {
            dialled,
            connected,
            success,
        } = row.counts;
        let kept = rows.entry(row.name.clone()).or_insert(NewPlatformStat {
            kind,
            name: row.name,
            dialled: 0,
            connected: 0,
            success: 0,
            is_summary: row.is_summary,
            is_seat: row.is_seat && kind == StatKind::Account,
        });
        kept.dialled += number(dialled);
        kept.connected += number(connected);
        kept.success += number(success);
    }
    rows.into_values().collect()
}

fn number(reported: u64) -> i64 {
    i64::try_from(reported).unwrap_or(i64::MAX)
}
