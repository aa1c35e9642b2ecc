//! Reading the records that were kept as they came again, by the rules of this program: what an older
//! one read wrongly is mended without asking the platform.

use std::{collections::HashSet, sync::Arc, time::Duration};

use chrono::{NaiveDate, TimeDelta};
use tokio_util::sync::CancellationToken;

use super::incoming::incoming;
use crate::{
    clock::Clock,
    domain::{
        business_time::{BusinessZone, DayRange},
        dialing::CallSource,
        incoming::IncomingCall,
        sync::SyncTrack,
    },
    guanke::{Reading, record_of},
    service::ingest::{Ingested, ingest},
    store::{
        Database, StoreError, Transaction, call_batches, leases, raw_records,
        raw_records::RawRecords,
    },
};

const TRACK: SyncTrack = SyncTrack::CallRecords;
/// Most tries of a transaction that others are in the way of.
const ATTEMPTS: u32 = 5;

/// How long a silent replay keeps its right to a day.
const TURN: TimeDelta = TimeDelta::minutes(1);
/// How often to look whether somebody else is done with a day.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Reads kept records again.
pub struct Replay {
    /// Where they are.
    pub db: Database,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The zone of business days.
    pub zone: BusinessZone,
    /// Names of accounts that are no seats.
    pub non_seats: Vec<String>,
    /// Whether only to say what would change.
    pub dry_run: bool,
    /// This process among all that read days.
    pub instance: String,
    /// Ends it between two pages.
    pub stop: CancellationToken,
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayProgress {
    /// The day that is read.
    pub day: NaiveDate,
    /// Records read so far, older versions included.
    pub records: u64,
}

/// What came of a replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Days of which records are kept.
    pub days: u64,
    /// Records read, older versions included.
    pub records: u64,
    /// What became, or would become, of the calls.
    pub calls: Ingested,
    /// Records of calls that the platform has no longer: they stay removed.
    pub removed: u64,
    /// Records that still cannot be used.
    pub unusable: u64,
    /// Whether all days were reached.
    pub finished: bool,
}

impl Replay {
    /// Reads the records of `days` again, in the last version of each that was kept, oldest day first.
    /// No more than a page of them is held in memory, and the ids of a day.
    ///
    /// # Errors
    /// When the database fails; what was read before is kept.
    pub async fn run(
        &self,
        days: DayRange,
        told: impl Fn(ReplayProgress),
    ) -> Result<ReplayReport, StoreError> {
        let mut report = ReplayReport::default();
        for day in days.iter() {
            let mut known = HashSet::new();
            let mut before = None;
            let Some(turn) = self.turn(day).await? else {
                return Ok(report);
            };
            while let Some(page) = raw_records::before(self.db.read(), TRACK, day, before).await? {
                if self.stop.is_cancelled() {
                    self.give_back(&turn).await?;
                    return Ok(report);
                }
                report.days += u64::from(before.is_none());
                before = Some(page.id);
                self.page(&page, &turn, &mut known, &mut report).await?;
                told(ReplayProgress {
                    day,
                    records: report.records,
                });
            }
            self.give_back(&turn).await?;
        }
        report.finished = true;
        Ok(report)
    }

    /// How many records of `days` are kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kept(&self, days: DayRange) -> Result<u64, StoreError> {
        let mut sum = 0;
        for day in days.iter() {
            let kept = raw_records::count(self.db.read(), TRACK, day).await?;
            sum += u64::try_from(kept).unwrap_or_default();
        }
        Ok(sum)
    }

    /// Reads a page's records that are not `known` in a newer version.
    async fn page(
        &self,
        page: &RawRecords,
        turn: &Turn,
        known: &mut HashSet<String>,
        report: &mut ReplayReport,
    ) -> Result<(), StoreError> {
        let mut calls = Vec::with_capacity(page.texts.len());
        for text in page.texts.iter().rev() {
            report.records += 1;
            match record_of(text) {
                Ok(reading) if known.contains(reading.id()) => {}
                Ok(reading) => {
                    known.insert(reading.id().to_owned());
                    if let Reading::Call(record) = reading {
                        calls.push(incoming(*record, &self.non_seats));
                    }
                }
                Err(_) => report.unusable += 1,
            }
        }
        let mut attempt = 1;
        loop {
            match self.store(&calls, turn).await {
                Err(error) if error.is_contended() && attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
                Ok((ingested, removed)) => {
                    report.calls = report.calls.plus(ingested);
                    report.removed += removed;
                    return Ok(());
                }
            }
        }
    }

    /// Stores calls, but for those that the platform has no longer; a dry run takes it back.
    async fn store(
        &self,
        calls: &[IncomingCall],
        turn: &Turn,
    ) -> Result<(Ingested, u64), StoreError> {
        let tx = self.db.begin().await?;
        let ids: Vec<&str> = calls.iter().map(|call| call.external_id.as_str()).collect();
        let removed = call_batches::removed(&tx, &ids).await?;
        let is_there = |call: &&IncomingCall| !removed.contains(&call.external_id);
        let present: Vec<IncomingCall> = calls.iter().filter(is_there).cloned().collect();
        let now = self.clock.now();
        let ingested = ingest(&tx, self.zone, CallSource::Guanke, &present, now).await?;
        if !self.dry_run {
            let until = now + TURN;
            let held = leases::renew(&tx, &turn.name, &self.instance, turn.fence, until).await?;
            // Whoever took the day over has newer records of it: these are not stored over them.
            if held {
                tx.commit().await?;
            } else {
                return Ok((Ingested::default(), removed.len() as u64));
            }
        }
        Ok((ingested, removed.len() as u64))
    }

    /// Waits until nobody else reads `day`, so that no older version is stored over a newer one; `None`
    /// when it is to end. A dry run stores nothing, and waits for nobody.
    async fn turn(&self, day: NaiveDate) -> Result<Option<Turn>, StoreError> {
        let name = format!("{TRACK}:{day}");
        while !self.dry_run && !self.stop.is_cancelled() {
            let now = self.clock.now();
            let acquired = self
                .db
                .transaction(async |tx: &Transaction| {
                    leases::acquire(tx, &name, &self.instance, now, now + TURN).await
                })
                .await?;
            if let Some(fence) = acquired {
                return Ok(Some(Turn { name, fence }));
            }
            let wait = tokio::time::sleep(LOOK_AGAIN);
            self.stop.run_until_cancelled(wait).await;
        }
        Ok(self.dry_run.then_some(Turn { name, fence: 0 }))
    }

    async fn give_back(&self, turn: &Turn) -> Result<(), StoreError> {
        if self.dry_run {
            return Ok(());
        }
        self.db
            .transaction(async |tx: &Transaction| {
                leases::release(tx, &turn.name, &self.instance, turn.fence).await
            })
            .await
    }
}

/// The right to a day.
struct Turn {
    name: String,
    fence: i64,
}
