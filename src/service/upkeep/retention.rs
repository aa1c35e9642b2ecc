//! Deleting what is old: raw records, pushes, runs, and calls if that is wanted; some rows at a time,
//! so that others hardly wait, and so that it can end at any time and go on the next day.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::business_time::BusinessZone,
    service::coverage,
    store::{
        Database, Lane, Retry, StoreError, Transaction,
        call_pushes::{self, OldPushes},
        claim_calls, raw_records,
        retention::{
            PrunedCalls, call_horizon, count_pushes, has_old_calls, move_call_horizon, old_calls,
            old_runs, prune_calls, prune_runs,
        },
    },
};

/// Rows of a transaction.
const BATCH: u64 = 1_000;
/// Rows of raw records of a transaction: each holds those of a page.
const RAW_BATCH: u64 = 100;
/// Runs of a transaction: each has the slices of its days.
const RUN_BATCH: u64 = 50;
/// Days for which what was pushed of a call is kept at least. The schedule reads records of the last
/// ten days again, and takes from their calls what was pushed and is forgotten.
const PUSH_DAYS: u32 = 12;
/// Fewest days that calls are kept: what the schedule reads again would bring younger ones back.
pub const LEAST_CALL_DAYS: u32 = 11;

/// How long what is kept, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionOptions {
    /// Raw records, and what was pushed of calls whose own record was read; with 0 no raw records are
    /// kept at all.
    pub raw_days: u32,
    /// Calls and their tags; for ever if `None`. Their figures stay.
    pub call_days: Option<u32>,
    /// Runs of the synchronisation and their slices.
    pub run_days: u32,
}

impl Default for RetentionOptions {
    fn default() -> Self {
        Self {
            raw_days: 30,
            call_days: None,
            run_days: 90,
        }
    }
}

impl RetentionOptions {
    /// Whether raw records are kept.
    #[must_use]
    pub const fn keeps_raw(&self) -> bool {
        self.raw_days > 0
    }
}

/// What was deleted, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionReport {
    /// Pages of raw records.
    pub raw_pages: u64,
    /// Calls of which what was pushed and imported was deleted.
    pub pushes: u64,
    /// Runs of the synchronisation.
    pub runs: u64,
    /// Calls.
    pub calls: u64,
    /// Whether all that is old was reached.
    pub finished: bool,
}

impl RetentionReport {
    /// Whether nothing was deleted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        let Self {
            raw_pages,
            pushes,
            runs,
            calls,
            finished: _,
        } = self;
        *raw_pages == 0 && *pushes == 0 && *runs == 0 && *calls == 0
    }
}

/// From when on what is kept.
struct Horizons {
    raw: DateTime<Utc>,
    pushes: DateTime<Utc>,
    runs: DateTime<Utc>,
    /// The first business day whose calls are kept.
    calls: Option<NaiveDate>,
}

impl Horizons {
    fn new(options: RetentionOptions, zone: BusinessZone, now: DateTime<Utc>) -> Self {
        let ago = |days: u32| now - TimeDelta::days(i64::from(days));
        let calls = options.call_days.map(|days| {
            let days = days.max(LEAST_CALL_DAYS);
            let today = zone.day_of(now);
            today
                .checked_sub_days(Days::new(u64::from(days)))
                .unwrap_or(NaiveDate::MIN)
        });
        Self {
            raw: ago(options.raw_days),
            pushes: ago(options.raw_days.max(PUSH_DAYS)),
            runs: ago(options.run_days),
            calls,
        }
    }
}

/// Deletes what is older than `options` say, until nothing is left or `stop`.
///
/// # Errors
/// When the database fails; what was deleted before stays deleted.
pub async fn retain(
    db: &Database,
    options: RetentionOptions,
    zone: BusinessZone,
    now: DateTime<Utc>,
    stop: &CancellationToken,
) -> Result<RetentionReport, StoreError> {
    let horizons = Horizons::new(options, zone, now);
    let mut report = RetentionReport::default();
    let sweep = Sweep { db, stop };
    report.raw_pages = sweep.all(Old::RawPages(horizons.raw)).await?.rows;
    let merged = OldPushes::Merged(horizons.pushes);
    report.pushes = sweep.all(Old::Pushes(merged)).await?.rows;
    report.runs = sweep.all(Old::Runs(horizons.runs)).await?.rows;
    if let Some(day) = horizons.calls
        && !stop.is_cancelled()
        && has_old_calls(db.read(), day).await?
    {
        // First: from here on nobody takes the missing calls for missing figures.
        db.transaction_in(Lane::Background, async |tx| {
            claim_calls(tx).await?;
            coverage::keep_counts(tx, day, now).await?;
            move_call_horizon(tx, day, now).await
        })
        .await?;
        let pruned = sweep.all(Old::Calls(day)).await?;
        report.calls = pruned.rows;
        report.pushes += pruned.pushes;
    }
    if let Some(day) = horizons.calls.max(call_horizon(db.read()).await?) {
        let stranded = OldPushes::Stranded(zone.start_of(day));
        report.pushes += sweep.all(Old::Pushes(stranded)).await?.rows;
    }
    report.finished = !stop.is_cancelled();
    Ok(report)
}

/// What [`retain`] would delete. Counts, and changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn survey(
    db: &Database,
    options: RetentionOptions,
    zone: BusinessZone,
    now: DateTime<Utc>,
) -> Result<RetentionReport, StoreError> {
    let horizons = Horizons::new(options, zone, now);
    let db = db.read();
    let mut pushes = vec![OldPushes::Merged(horizons.pushes)];
    if let Some(day) = horizons.calls.max(call_horizon(db).await?) {
        pushes.push(OldPushes::Stranded(zone.start_of(day)));
    }
    Ok(RetentionReport {
        raw_pages: raw_records::count_before(db, horizons.raw).await?,
        pushes: count_pushes(db, &pushes, horizons.calls).await?,
        runs: old_runs(db, horizons.runs).await?,
        calls: match horizons.calls {
            Some(day) => old_calls(db, day).await?,
            None => 0,
        },
        finished: true,
    })
}

/// What is older than it has to be kept, and since when that is.
#[derive(Clone, Copy)]
enum Old {
    RawPages(DateTime<Utc>),
    Pushes(OldPushes),
    Runs(DateTime<Utc>),
    Calls(NaiveDate),
}

impl Old {
    /// Most rows of a transaction.
    const fn batch(self) -> u64 {
        match self {
            Self::RawPages(_) => RAW_BATCH,
            Self::Runs(_) => RUN_BATCH,
            Self::Pushes(_) | Self::Calls(_) => BATCH,
        }
    }

    /// Deletes a batch; says how many there were.
    async fn prune(self, tx: &Transaction) -> Result<Pruned, StoreError> {
        let rows = match self {
            Self::RawPages(before) => raw_records::prune(tx, before, self.batch()).await?,
            Self::Pushes(old) => call_pushes::prune(tx, old, self.batch()).await?,
            Self::Runs(before) => prune_runs(tx, before, self.batch()).await?,
            Self::Calls(day) => {
                let PrunedCalls { calls, pushes } = prune_calls(tx, day, self.batch()).await?;
                return Ok(Pruned {
                    rows: calls,
                    pushes,
                });
            }
        };
        Ok(Pruned { rows, pushes: 0 })
    }
}

/// What was deleted.
#[derive(Clone, Copy, Default)]
struct Pruned {
    /// Rows of what is old.
    rows: u64,
    /// Pushes that went with calls.
    pushes: u64,
}

struct Sweep<'a> {
    db: &'a Database,
    stop: &'a CancellationToken,
}

impl Sweep<'_> {
    /// Deletes what is `old`, a transaction at a time, until there is less than a batch of it; says how
    /// many there were.
    async fn all(&self, old: Old) -> Result<Pruned, StoreError> {
        let (mut sum, retry) = (Pruned::default(), Retry::BATCHES.until(self.stop));
        while !self.stop.is_cancelled() {
            let pruned = self
                .db
                .retrying(retry, Lane::Background, async |tx: &Transaction| {
                    old.prune(tx).await
                });
            let deleted = match pruned.await {
                Err(error) if error.is_contended() && self.stop.is_cancelled() => break,
                deleted => deleted?,
            };
            sum.rows += deleted.rows;
            sum.pushes += deleted.pushes;
            if deleted.rows < old.batch() {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_kept_for_longer_than_the_schedule_reads_back() {
        let now = "2026-11-20T04:00:00Z".parse().unwrap();
        let first = |days| {
            let options = RetentionOptions {
                call_days: Some(days),
                ..RetentionOptions::default()
            };
            let first = Horizons::new(options, BusinessZone::default(), now).calls;
            first.unwrap().to_string()
        };
        assert_eq!(first(11), "2026-11-09");
        assert_eq!(first(1), "2026-11-09");
        assert_eq!(first(20), "2026-10-31");
    }

    #[test]
    fn pushes_outlast_the_records_that_the_schedule_reads_again() {
        let now: DateTime<Utc> = "2026-11-20T04:00:00Z".parse().unwrap();
        let options = RetentionOptions {
            raw_days: 0,
            ..RetentionOptions::default()
        };
        let horizons = Horizons::new(options, BusinessZone::default(), now);
        assert_eq!(horizons.raw, now);
        assert_eq!(horizons.pushes.to_rfc3339(), "2026-11-08T04:00:00+00:00");
    }
}
