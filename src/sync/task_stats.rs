//! TASK_STATS: the platform's own figures of a day.

use std::collections::BTreeMap;

use super::{
    context::insist,
    error::SyncError,
    slice::{SliceReader, Step},
};
use crate::{
    domain::{
        stats::count,
        sync::{SliceState, StatKind, SyncTrack},
    },
    guanke::{DayStatistics, StatisticsBy, StatisticsCounts},
    store::{
        Lane, Transaction,
        platform_stats::{self, NewPlatformStat},
        slice_claims::{SliceCounts, SliceSeen},
        sync_runs::RunCounts,
    },
};

/// Asks for the figures of this one day, by account and by task, and keeps them in place of those
/// kept before.
pub(super) async fn read(reader: &SliceReader) -> Result<(), SyncError> {
    let (context, day) = (&reader.context, reader.slice.day);
    let ask = async |by| {
        let statistics = context.client.statistics(day, by);
        context
            .ask(SyncTrack::TaskStats, reader.trigger, statistics)
            .await
    };
    let accounts = ask(StatisticsBy::Account).await?;
    let tasks = ask(StatisticsBy::Task).await?;
    let dialled = check_total("account", &accounts)?;
    check_total("task", &tasks)?;

    let received = accounts.rows.len() + tasks.rows.len();
    let retries = (accounts.retries + tasks.retries).into();
    let mut rows = rows_of(StatKind::Account, accounts);
    rows.extend(rows_of(StatKind::Task, tasks));
    let step = insist(&context.db, Lane::Background, async |tx: &Transaction| {
        let replaced = platform_stats::replace(tx, day, &rows, context.clock.now()).await?;
        let step = Step {
            run: RunCounts {
                pages: 2,
                retries,
                fetched: count(received),
                inserted: replaced.inserted,
                updated: replaced.updated,
                unchanged: replaced.unchanged,
                ..RunCounts::default()
            },
            slice: SliceCounts {
                pages: 2,
                retries,
                attempts: 1,
            },
            seen: Some(SliceSeen {
                expected: Some(dialled),
                seen: dialled,
                ..SliceSeen::default()
            }),
        };
        reader.note(tx, step, Some(SliceState::Done)).await?;
        Ok(step)
    })
    .await?;
    reader.tell(step);
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
