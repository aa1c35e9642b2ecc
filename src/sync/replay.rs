//! Reading the records that were kept as they came again, by the rules of this program: what an older
//! one read wrongly is mended without asking the platform.

use std::{collections::HashSet, sync::Arc, time::Duration};

use chrono::NaiveDate;
use tokio_util::sync::CancellationToken;

use super::{
    error::SyncError,
    incoming::incoming,
    lease::{Holder, Lease},
};
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
        Database, Lane, Retry, StoreError, Transaction, call_batches, raw_records,
        raw_records::RawRecords,
    },
};

const TRACK: SyncTrack = SyncTrack::CallRecords;
/// How long a silent replay keeps its right to a day.
const TURN: Duration = Duration::from_mins(1);
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
    /// When the database fails, or somebody else took a day over because this was silent for too long;
    /// what was read before is kept.
    pub async fn run(
        &self,
        days: DayRange,
        told: impl Fn(ReplayProgress),
    ) -> Result<ReplayReport, SyncError> {
        let mut report = ReplayReport::default();
        for day in days.iter() {
            let lease = match self.turn(day).await {
                Err(SyncError::Stopped) => return Ok(report),
                lease => lease?,
            };
            let read = self.day(day, lease.as_ref(), &mut report, &told).await;
            if let Some(lease) = lease {
                lease.release(self.holder()).await;
            }
            if !read? {
                return Ok(report);
            }
        }
        report.finished = true;
        Ok(report)
    }

    /// The right to `day`, so that no older version is stored over a newer one. A dry run stores
    /// nothing, and waits for nobody.
    async fn turn(&self, day: NaiveDate) -> Result<Option<Lease>, SyncError> {
        if self.dry_run {
            return Ok(None);
        }
        let acquired = Lease::acquire(self.holder(), format!("{TRACK}:{day}")).await?;
        Ok(Some(acquired.lease))
    }

    /// `false`: stopped before its end.
    async fn day(
        &self,
        day: NaiveDate,
        lease: Option<&Lease>,
        report: &mut ReplayReport,
        told: impl Fn(ReplayProgress),
    ) -> Result<bool, SyncError> {
        let mut known = HashSet::new();
        let mut before = None;
        while let Some(page) = raw_records::before(self.db.read(), TRACK, day, before).await? {
            if self.stop.is_cancelled() {
                return Ok(false);
            }
            report.days += u64::from(before.is_none());
            before = Some(page.id);
            self.page(&page, lease, &mut known, report).await?;
            told(ReplayProgress {
                day,
                records: report.records,
            });
        }
        Ok(true)
    }

    fn holder(&self) -> Holder<'_> {
        Holder {
            db: &self.db,
            clock: &*self.clock,
            instance: &self.instance,
            ttl: TURN,
            poll: LOOK_AGAIN,
            stop: &self.stop,
        }
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
        lease: Option<&Lease>,
        known: &mut HashSet<String>,
        report: &mut ReplayReport,
    ) -> Result<(), SyncError> {
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
        let stored = Retry::LEDGER.run(|_| async {
            let tx = self.db.begin_in(Lane::Background).await?;
            let done = self.store(&tx, &calls).await?;
            // A dry run takes it back.
            let Some(lease) = lease else {
                return Ok(done);
            };
            // Whoever took the day over has newer records of it: these are not stored over them.
            if !lease.renew_in(&tx, self.holder()).await? {
                return Err(SyncError::LeaseLost);
            }
            tx.commit().await.map_err(StoreError::from)?;
            Ok(done)
        });
        let (ingested, removed) = stored.await?;
        report.calls = report.calls.plus(ingested);
        report.removed += removed;
        Ok(())
    }

    /// Stores calls, but for those that the platform has no longer.
    async fn store(
        &self,
        tx: &Transaction,
        calls: &[IncomingCall],
    ) -> Result<(Ingested, u64), StoreError> {
        let ids: Vec<&str> = calls.iter().map(|call| call.external_id.as_str()).collect();
        let removed = call_batches::removed(tx, &ids).await?;
        let is_there = |call: &&IncomingCall| !removed.contains(&call.external_id);
        let present: Vec<IncomingCall> = calls.iter().filter(is_there).cloned().collect();
        let now = self.clock.now();
        let ingested = ingest(tx, self.zone, CallSource::Guanke, &present, now).await?;
        Ok((ingested, removed.len() as u64))
    }
}
