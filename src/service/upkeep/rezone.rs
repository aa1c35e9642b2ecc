//! Moving all business days to another zone: every call gets its day and hour there, some calls a
//! transaction with their figures, so that it can end at any time and go on from there. Until all are
//! moved nobody else writes calls, and nothing starts.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    domain::{
        audit::{Origin, Record, changes},
        business_time::BusinessZone,
        business_zone::{MovedHorizon, fitting},
        principal::Principal,
        stats::RollupDeltas,
    },
    store::{
        Database, Lane, Retry, StoreError, Transaction,
        audit_log::{self, Changed, Doing},
        business_zones::{self, Moving, StoredZone},
        call_edits, claim_calls, retention,
        rezone::{self, Unproven},
        rollups, run_claims,
    },
};

/// Calls of a transaction.
const BATCH: u64 = 2_000;

/// What moving the days comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RezonePlan {
    /// Whose days they are; `None` where calls have those of several zones.
    pub from: Option<BusinessZone>,
    /// Whether that is recorded, and not only what some calls look like.
    pub is_recorded: bool,
    /// Whose they are to be.
    pub to: BusinessZone,
    /// Whether days are being moved, be it to another zone.
    pub has_begun: bool,
    /// Whether they are being moved there.
    pub resumes: bool,
    /// Calls that were looked at before.
    pub done: u64,
    /// Calls there are.
    pub calls: u64,
    /// The first day whose calls are kept, if older ones were deleted: before and afterwards.
    pub kept_from: Option<(NaiveDate, NaiveDate)>,
}

impl RezonePlan {
    /// Whether the days are those of the target already, by whatever name.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let has_days = self.from.is_some_and(|from| from.has_days_of(self.to));
        self.is_recorded && !self.has_begun && has_days
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RezoneReport {
    /// Calls that got another day or hour, those of earlier attempts included.
    pub moved: i64,
    /// Packages that got another day.
    pub packages: u64,
    /// Days to be read from the platform again.
    pub unread: u64,
    /// Whether all is done.
    pub finished: bool,
}

/// Moves days.
#[derive(Debug, Clone)]
pub struct Rezone<'a> {
    /// The database, opened for no zone: see [`Database::in_zone`].
    pub db: &'a Database,
    /// The time of day.
    pub clock: &'a dyn Clock,
    /// Ends it between two transactions.
    pub stop: &'a CancellationToken,
}

impl Rezone<'_> {
    /// What moving all days to `to` changes. Where that is not given, they are moved to where an earlier
    /// attempt began to move them, or else to `configured`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn plan(
        &self,
        to: Option<BusinessZone>,
        configured: BusinessZone,
    ) -> Result<RezonePlan, StoreError> {
        let db = self.db.read();
        let stored = business_zones::find(db).await?;
        let moving = stored.and_then(|stored| stored.moving);
        let from = if let Some(stored) = stored {
            stored.zone
        } else {
            let sample = business_zones::sample(db).await?;
            fitting(&sample, configured).first().copied()
        };
        let begun = moving.map(|moving| moving.target);
        let to = to.or(begun).unwrap_or(configured);
        let moving = moving.filter(|moving| moving.target == to);
        let (done, calls) =
            rezone::progress(db, moving.map_or(0, |moving| moving.watermark)).await?;
        let before = retention::call_horizon(db).await?;
        let kept_from = before.map(|day| match moving {
            Some(_) => (day, day),
            None => (day, MovedHorizon::new(day, begun.or(from), to).day),
        });
        Ok(RezonePlan {
            from,
            is_recorded: stored.is_some(),
            to,
            has_begun: begun.is_some(),
            resumes: moving.is_some(),
            done,
            calls,
            kept_from,
        })
    }

    /// Moves all days as `plan` says, from wherever an earlier attempt ended; calls `report` with how many
    /// calls were looked at.
    ///
    /// # Errors
    /// When the database fails; the next attempt goes on from there.
    pub async fn run(
        &self,
        plan: RezonePlan,
        report: impl Fn(u64),
    ) -> Result<RezoneReport, StoreError> {
        if plan.is_done() {
            self.rename(plan.to).await?;
            return Ok(RezoneReport {
                finished: true,
                ..RezoneReport::default()
            });
        }
        self.patiently(async |tx| self.begin(tx, plan).await)
            .await?;
        let mut done = plan.done;
        while !self.stop.is_cancelled() {
            let batch = self.patiently(async |tx| self.batch(tx).await).await?;
            if batch == 0 {
                return self
                    .patiently(async |tx| self.finish(tx, plan.from).await)
                    .await;
            }
            done += batch;
            report(done);
            tokio::task::yield_now().await;
        }
        Ok(RezoneReport::default())
    }

    /// Does `work` in a transaction, again while others are in the way.
    async fn patiently<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction) -> Result<T, StoreError> + Copy,
    ) -> Result<T, StoreError> {
        self.db.retrying(Retry::BATCHES, Lane::Short, work).await
    }

    /// The same days by another name.
    async fn rename(&self, to: BusinessZone) -> Result<(), StoreError> {
        self.patiently(async |tx| {
            claim_calls(tx).await?;
            let stored = StoredZone {
                zone: Some(to),
                moving: None,
            };
            business_zones::save(tx, stored, self.clock.now()).await
        })
        .await
    }

    /// From here on nobody else writes calls, no run is at work, and no day is complete.
    async fn begin(&self, tx: &Transaction, plan: RezonePlan) -> Result<(), StoreError> {
        claim_calls(tx).await?;
        let now = self.clock.now();
        let stored = business_zones::lock(tx).await?;
        let begun = stored.and_then(|stored| stored.moving);
        if begun.is_some_and(|moving| moving.target == plan.to) {
            return Ok(());
        }
        // Another process has finished since the plan was made.
        let is_there = stored.is_some_and(|stored| stored.zone == Some(plan.to));
        if begun.is_none() && is_there && plan.from != Some(plan.to) {
            return Ok(());
        }
        let horizon = retention::call_horizon(tx).await?;
        // The horizon is a day of the zone that somebody has begun to move to, if there is one.
        let whose = begun.map(|moving| moving.target).or(plan.from);
        let moved = horizon.map(|day| MovedHorizon::new(day, whose, plan.to));
        if let Some(moved) = moved {
            retention::move_call_horizon(tx, moved.day, now).await?;
        }
        let moving = Moving {
            target: plan.to,
            watermark: 0,
            moved: 0,
            calls_from: match begun {
                Some(begun) => begun.calls_from,
                None => moved.map(|moved| moved.calls_from),
            },
        };
        let stored = StoredZone {
            zone: plan.from,
            moving: Some(moving),
        };
        business_zones::save(tx, stored, now).await?;
        self.forget(tx, &moving, horizon).await?;
        Ok(())
    }

    /// Ends all runs, and takes back what was proven by the old days. Returns how many days are to be
    /// read again.
    async fn forget(
        &self,
        tx: &Transaction,
        moving: &Moving,
        before: Option<NaiveDate>,
    ) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let to = moving.target;
        let runs = rezone::running(tx).await?;
        let reason = format!("the business days are moved to {to}");
        run_claims::fail_because(tx, &runs, &reason, now).await?;
        let kept_from = retention::call_horizon(tx).await?;
        let first = moving.calls_from.map(|at| to.day_of(at));
        let unproven = Unproven {
            first: first.map(|first| before.map_or(first, |before| first.min(before))),
            kept_from,
            reason: &format!(
                "the business days were moved to {to}, and calls of this day are kept no longer: its figures are those of parts of days"
            ),
        };
        rezone::forget_proofs(tx, unproven, now).await
    }

    /// Gives the next calls their days, with their figures. Returns how many were looked at.
    async fn batch(&self, tx: &Transaction) -> Result<u64, StoreError> {
        claim_calls(tx).await?;
        let now = self.clock.now();
        let Some((stored, mut moving)) = moving(tx).await? else {
            return Ok(0);
        };
        let calls = rezone::calls_after(tx, moving.watermark, BATCH).await?;
        let Some(last) = calls.last() else {
            return Ok(0);
        };
        moving.watermark = last.id;
        let mut deltas = RollupDeltas::default();
        let mut days: BTreeMap<(NaiveDate, i16), Vec<i64>> = BTreeMap::new();
        for call in &calls {
            let day = moving.target.day_of(call.call_time);
            let hour = i16::from(moving.target.hour_of(call.call_time));
            // What is about to be deleted for its age stays with its figures, under its old day.
            let is_kept = moving.calls_from.is_none_or(|from| call.call_time >= from);
            if (call.call_date, call.call_hour) == (day, hour) || !is_kept {
                continue;
            }
            moving.moved += 1;
            days.entry((day, hour)).or_default().push(call.id);
            if let Some(counted) = call_edits::counted(call) {
                deltas.remove(&counted);
                deltas.add(&crate::domain::stats::CountedCall {
                    call_date: day,
                    call_hour: hour,
                    ..counted
                });
            }
        }
        rezone::set_days(tx, &days, now).await?;
        rollups::apply(tx, &deltas).await?;
        let stored = StoredZone {
            moving: Some(moving),
            ..stored
        };
        business_zones::save(tx, stored, now).await?;
        Ok(calls.len() as u64)
    }

    /// All calls have the days of the target: so does all that goes with them.
    async fn finish(
        &self,
        tx: &Transaction,
        from: Option<BusinessZone>,
    ) -> Result<RezoneReport, StoreError> {
        claim_calls(tx).await?;
        let now = self.clock.now();
        let Some((_, moving)) = moving(tx).await? else {
            // Another process was first.
            return Ok(RezoneReport {
                finished: true,
                ..RezoneReport::default()
            });
        };
        let to = moving.target;
        // Again: an instance that was left running may have started a run meanwhile.
        let horizon = retention::call_horizon(tx).await?;
        let unread = self.forget(tx, &moving, horizon).await?;
        let packages = rezone::set_package_days(tx, to, now).await?;
        let stored = StoredZone {
            zone: Some(to),
            moving: None,
        };
        business_zones::save(tx, stored, now).await?;
        let report = RezoneReport {
            moved: moving.moved,
            packages,
            unread,
            finished: true,
        };
        audit_log::add(tx, doing(now), vec![changed(from, to, &report)]).await?;
        Ok(report)
    }
}

async fn moving(tx: &Transaction) -> Result<Option<(StoredZone, Moving)>, StoreError> {
    let stored = business_zones::lock(tx).await?;
    Ok(stored.and_then(|stored| Some((stored, stored.moving?))))
}

const fn doing(at: DateTime<Utc>) -> Doing<'static> {
    Doing {
        actor: &Principal::CommandLine,
        role: "ADMIN",
        operation: "rezone",
        origin: &Origin::CommandLine,
        at,
    }
}

fn changed(from: Option<BusinessZone>, to: BusinessZone, report: &RezoneReport) -> Changed {
    let zone = |zone: Option<BusinessZone>| {
        Record::default().with("zone", zone.map(|zone| zone.to_string()))
    };
    let fields = changes(&zone(from), &zone(Some(to)))
        .with("calls", report.moved)
        .with("packages", report.packages)
        .with("daysToRead", report.unread);
    Changed {
        object_type: crate::service::audit::object::BUSINESS_ZONE,
        object_id: None,
        changes: fields,
    }
}
