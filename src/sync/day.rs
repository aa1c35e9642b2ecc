//! One day of a run: planned, read slice by slice by whoever is free, proven, and published.

use std::{num::NonZero, sync::Arc};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::{
    context::{Context, delta, insist},
    error::SyncError,
    lease::Lease,
    plan,
    progress::Tally,
    shape,
    slice::{self, SliceReader},
};
use crate::{
    clock::CLOCK_MARGIN,
    domain::sync::{SliceState, SyncTrack},
    store::{
        StoreError, Transaction, removals,
        run_claims::{self, Noted},
        slice_claims::{self, RunDay, SliceRow, Wanted, Window},
        sync_days::{self, DayRead, SyncDayRow},
        sync_runs::{self, RunCounts, SyncRunRow},
    },
};

/// A day that is read by this process, with the help of others.
pub(super) struct Day<'a> {
    pub context: &'a Arc<Context>,
    pub run: &'a SyncRunRow,
    pub lease: &'a Lease,
    pub date: NaiveDate,
    /// How many days of the run were done before.
    pub done: i64,
    pub tally: &'a Tally,
}

/// How much of a day a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// From its first second on.
    Whole,
    /// What is new since the last read. The count of the whole day proves that this is enough.
    New,
}

impl Day<'_> {
    /// Reads the day, and publishes it if it is proven whole.
    pub async fn read(&self) -> Result<(), SyncError> {
        self.plan().await?;
        let mut slices = self.drive().await?;
        if self.extent(&slices) == Extent::New {
            let proven = proven(&slices)?;
            if let Some(read) = self.count_day(&proven).await? {
                return self.publish(read).await;
            }
            self.plan_whole().await?;
            slices = self.drive().await?;
        }
        let proven = proven(&slices)?;
        self.publish(self.sums(&proven)).await
    }

    fn of(&self) -> RunDay {
        RunDay {
            run_id: self.run.id,
            track: self.run.track,
            day: self.date,
        }
    }

    /// What there is to read of the day now: all of it, or up to this second.
    fn span(&self) -> Window {
        let last = self.last_second();
        let now = self.context.clock.now();
        let this_second = DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now);
        Window {
            from: self.context.zone_of(self.run.track).start_of(self.date),
            to: last.min(this_second),
        }
    }

    fn last_second(&self) -> DateTime<Utc> {
        self.context.zone_of(self.run.track).end_of(self.date) - TimeDelta::seconds(1)
    }

    /// Puts the day's slices into the ledger, unless a process that ended has done so before and nobody
    /// else has read the day since.
    async fn plan(&self) -> Result<(), SyncError> {
        const REASON: &str = "another run read this day meanwhile";
        let (db, of) = (self.context.db.read(), self.of());
        self.context.is_hopeful(of.track, self.run.triggered_by)?;
        let known = sync_days::find(db, of.track, of.day).await?;
        let windows = match self.new_since(known.as_ref()) {
            Some(new) => vec![new],
            None => self.whole().await?,
        };
        insist!(self.context, |tx| {
            let now = self.context.clock.now();
            let planned = slice_claims::of_day(tx, of).await?;
            sync_days::begin_read(tx, of.track, of.day, of.run_id, now).await?;
            slice_claims::abandon_others(tx, of, now).await?;
            let is_disturbed = planned.iter().any(is_abandoned);
            if is_disturbed {
                slice_claims::reject(tx, of, REASON, now).await?;
            }
            if planned.is_empty() || is_disturbed {
                slice_claims::plan(tx, of, &windows, now).await?;
            }
            self.hold(tx).await?;
        })
    }

    /// What is new since the last good read, less what may have arrived late; `None` if there was
    /// none, or the day is to be read whole.
    fn new_since(&self, known: Option<&SyncDayRow>) -> Option<Window> {
        let (context, span) = (self.context, self.span());
        let known = known.filter(|known| !known.is_stale)?;
        let now = context.clock.now();
        let is_over = span.to == self.last_second();
        // Somebody may have asked for all of it while another read was about to be published.
        let asked_before = known.verified_at > Some(self.run.started_at);
        let verify_from = known.verified_at? + delta(context.options.verify_interval);
        let is_whole = is_over || asked_before || verify_from <= now;
        if is_whole || self.run.track == SyncTrack::TaskStats {
            return None;
        }
        let from = known.synced_through? - delta(context.options.overlap);
        (span.from < from && from <= span.to).then_some(Window { from, to: span.to })
    }

    async fn whole(&self) -> Result<Vec<Window>, SyncError> {
        let span = self.span();
        if self.run.track == SyncTrack::TaskStats {
            return Ok(vec![span]);
        }
        let shape = shape::of_day(self.context, self.date).await?;
        Ok(plan::cut(span.from, span, &shape, self.context.paging()))
    }

    /// Reads the whole day after all.
    async fn plan_whole(&self) -> Result<(), SyncError> {
        const REASON: &str = "the day's own count says that this is not all";
        let of = self.of();
        tracing::info!(sync.day = %self.date, "what is new is not all that changed; reading the whole day");
        let windows = self.whole().await?;
        insist!(self.context, |tx| {
            let now = self.context.clock.now();
            // Unless this was done before, and only the answer was lost.
            let planned = slice_claims::of_day(tx, of).await?;
            if self.extent(&planned) == Extent::New {
                slice_claims::reject(tx, of, REASON, now).await?;
                slice_claims::plan(tx, of, &windows, now).await?;
            }
            self.hold(tx).await?;
        })
    }

    fn extent(&self, slices: &[SliceRow]) -> Extent {
        let start = self.context.zone_of(self.run.track).start_of(self.date);
        let mut valid = slices.iter().filter(|slice| !is_abandoned(slice));
        let is_whole = valid.any(|slice| slice.from_at == start);
        if is_whole { Extent::Whole } else { Extent::New }
    }

    /// Has all slices read, here and by whoever else looks for work; returns what became of them.
    async fn drive(&self) -> Result<Vec<SliceRow>, SyncError> {
        loop {
            let slices = slice_claims::of_day(self.context.db.read(), self.of()).await?;
            let open = slices.iter().filter(|slice| is_open(slice)).count();
            self.tally
                .begin_day(self.date, slices.len(), slices.len() - open);
            if open == 0 {
                return Ok(slices);
            }
            let now = self.context.clock.now();
            let longest = self.context.expiry() + CLOCK_MARGIN;
            let free = slices.iter().filter(|slice| is_free(slice, now, longest));
            let free = free.count();
            match NonZero::new(free) {
                Some(free) => self.read_slices(free, self.extent(&slices)).await?,
                // Others are at it.
                None if self.context.pause(self.context.options.lease_poll).await => {}
                None => return Err(SyncError::Stopped),
            }
        }
    }

    async fn read_slices(&self, free: NonZero<usize>, extent: Extent) -> Result<(), SyncError> {
        let workers = free.get().min(self.context.options.page_concurrency.max(1));
        let workers: Vec<_> = (0..workers)
            .map(|_| {
                let (context, of) = (Arc::clone(self.context), self.of());
                let (run, tally) = (self.run, self.tally.clone());
                let (trigger, accepts_removals) = (run.triggered_by, run.accepts_removals);
                let work = async move {
                    while !context.stop.is_cancelled() {
                        let Some(slice) = slice::claim(&context, Wanted::Of(of)).await? else {
                            return Ok(());
                        };
                        let reader = SliceReader {
                            context: Arc::clone(&context),
                            slice,
                            trigger,
                            accepts_removals,
                            recounts: extent == Extent::Whole,
                            tally: tally.clone(),
                        };
                        reader.read().await;
                    }
                    Err(SyncError::Stopped)
                };
                AbortOnDropHandle::new(tokio::spawn(work.in_current_span()))
            })
            .collect();
        let mut ended = Ok(());
        for worker in workers {
            match worker.await.unwrap_or(Err(SyncError::Panicked)) {
                // The others are giving their slices back, too.
                Err(SyncError::Stopped) => ended = Err(SyncError::Stopped),
                done => done?,
            }
        }
        ended
    }

    /// What was read and what was known before, if that is as much as the platform counts for the
    /// whole day.
    async fn count_day(&self, proven: &Proven) -> Result<Option<DayRead>, SyncError> {
        let (context, from) = (self.context, self.context.zone.start_of(self.date));
        let count = context.client.count(from, proven.to);
        let counted = context
            .ask(self.run.track, self.run.triggered_by, count)
            .await?;
        let asked = RunCounts {
            pages: 1,
            retries: counted.retries.into(),
            ..RunCounts::default()
        };
        insist!(context, |tx| {
            sync_runs::add_counts(tx, self.run.id, asked, context.clock.now()).await?;
        })?;
        self.tally.add_counts(asked);
        let db = context.db.read();
        let calls = removals::count_live(db, from, proven.to).await?;
        let known = sync_days::find(db, self.run.track, self.date).await?;
        let undialled = known.map_or(0, |known| known.undialled);
        let total = counted.value.and_then(|total| i64::try_from(total).ok());
        Ok((total == Some(calls + undialled)).then(|| DayRead {
            expected: calls + undialled,
            seen: calls + undialled,
            undialled,
            verified: false,
            synced_through: proven.to,
            whole_day: false,
        }))
    }

    fn sums(&self, proven: &Proven) -> DayRead {
        DayRead {
            expected: proven.expected,
            seen: proven.seen,
            undialled: proven.undialled,
            verified: true,
            synced_through: proven.to,
            whole_day: proven.to == self.last_second(),
        }
    }

    async fn publish(&self, read: DayRead) -> Result<(), SyncError> {
        let of = self.of();
        insist!(self.context, |tx| {
            let now = self.context.clock.now();
            sync_days::finish_read(tx, of.track, of.day, read, now).await?;
            if run_claims::note_day(tx, self.run, self.done, None, now).await? == Noted::Lost {
                return Err(SyncError::LeaseLost);
            }
            self.hold(tx).await?;
        })
    }

    /// Holds the day on, as part of `tx`, which may not be kept if it is another's by now.
    async fn hold(&self, tx: &Transaction) -> Result<(), SyncError> {
        if self.lease.renew_in(tx, self.context.holder()).await? {
            Ok(())
        } else {
            Err(SyncError::LeaseLost)
        }
    }
}

fn is_open(slice: &SliceRow) -> bool {
    matches!(slice.state, SliceState::Pending | SliceState::Reading)
}

fn is_abandoned(slice: &SliceRow) -> bool {
    slice.state == SliceState::Abandoned
}

/// Whether nobody reads a slice: a reader has it for no longer than until `longest`, whatever a clock
/// said that was wrong.
fn is_free(slice: &SliceRow, now: DateTime<Utc>, longest: DateTime<Utc>) -> bool {
    let is_over = slice.expires_at <= Some(now) || slice.expires_at > Some(longest);
    slice.state == SliceState::Pending || (slice.state == SliceState::Reading && is_over)
}

/// What slices add up to that follow each other without a gap and are all whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Proven {
    to: DateTime<Utc>,
    expected: i64,
    seen: i64,
    undialled: i64,
}

/// What the slices add up to, if all of them are whole and nothing that was planned is missing.
fn proven(slices: &[SliceRow]) -> Result<Proven, SyncError> {
    let valid = || slices.iter().filter(|slice| !is_abandoned(slice));
    let incomplete = valid().filter(|slice| slice.state == SliceState::Incomplete);
    if let Some(first) = incomplete.clone().next() {
        return Err(SyncError::Incomplete {
            slices: incomplete.count(),
            reason: first.error.clone().unwrap_or_default(),
        });
    }
    // Another run took the day over meanwhile, wherever something is missing.
    let planned = valid()
        .map(|slice| (slice.from_at, slice.to_at))
        .reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)));
    let (from, to) = planned.ok_or(SyncError::LeaseLost)?;
    let mut sum = Proven {
        to: from - TimeDelta::seconds(1),
        expected: 0,
        seen: 0,
        undialled: 0,
    };
    for slice in valid().filter(|slice| slice.state == SliceState::Done) {
        if slice.from_at != sum.to + TimeDelta::seconds(1) {
            return Err(SyncError::LeaseLost);
        }
        sum.to = slice.to_at;
        sum.expected += slice.expected.unwrap_or_default();
        sum.seen += slice.seen.unwrap_or_default();
        sum.undialled += slice.undialled;
    }
    if sum.to == to {
        Ok(sum)
    } else {
        Err(SyncError::LeaseLost)
    }
}

/// What the platform counts of a day and how many of these are stored, if every slice told.
pub(super) async fn counted(
    context: &Context,
    of: RunDay,
) -> Result<Option<(i64, i64)>, StoreError> {
    let db = context.db.read();
    let slices = slice_claims::of_day(db, of).await?;
    let start = context.zone_of(of.track).start_of(of.day);
    let parts = || slices.iter().filter(|slice| !is_abandoned(slice));
    let is_whole = parts().any(|slice| slice.from_at == start);
    let expected: Option<i64> = parts()
        .filter(|slice| slice.state != SliceState::Split)
        .map(|slice| slice.expected.filter(|_| !is_open(slice)))
        .sum();
    let (Some(expected), Some(to)) = (
        expected.filter(|_| is_whole),
        parts().map(|slice| slice.to_at).max(),
    ) else {
        return Ok(None);
    };
    let stored = if of.track == SyncTrack::CallRecords {
        // The last pass may have brought less than those before it.
        let undialled: i64 = parts().map(|slice| slice.undialled).sum();
        removals::count_live(db, start, to).await? + undialled
    } else {
        parts().filter_map(|slice| slice.seen).sum()
    };
    Ok(Some((expected, stored)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(from: &str, to: &str, state: SliceState) -> SliceRow {
        let at = |time: &str| format!("2026-11-19T{time}Z").parse().unwrap();
        SliceRow {
            id: 1,
            run_id: 1,
            track: SyncTrack::CallRecords,
            day: "2026-11-19".parse().unwrap(),
            from_at: at(from),
            to_at: at(to),
            state,
            expected: Some(10),
            seen: Some(10),
            undialled: 1,
            removed: 0,
            pages: 1,
            retries: 0,
            attempts: 1,
            error: None,
            owner: None,
            fence: 1,
            expires_at: None,
            created_at: at(from),
            started_at: None,
            finished_at: None,
        }
    }

    #[test]
    fn slices_that_follow_each_other_add_up() {
        let slices = [
            slice("01:00:00", "09:59:59", SliceState::Split),
            slice("01:00:00", "04:59:59", SliceState::Done),
            slice("05:00:00", "09:59:59", SliceState::Done),
        ];
        let sum = proven(&slices).unwrap();
        assert_eq!((sum.expected, sum.seen, sum.undialled), (20, 20, 2));
        assert_eq!(sum.to, slices[2].to_at);
    }

    #[test]
    fn a_gap_or_a_part_that_is_not_whole_proves_nothing() {
        let gap = [
            slice("01:00:00", "04:59:59", SliceState::Done),
            slice("05:00:01", "09:59:59", SliceState::Done),
        ];
        assert!(proven(&gap).is_err());
        let bad = [
            slice("01:00:00", "04:59:59", SliceState::Done),
            slice("05:00:00", "09:59:59", SliceState::Incomplete),
        ];
        assert!(matches!(
            proven(&bad),
            Err(SyncError::Incomplete { slices: 1, .. })
        ));
        assert!(proven(&[]).is_err());
    }

    #[test]
    fn what_was_left_at_either_end_or_is_read_anew_proves_nothing() {
        let (first, last) = (("01:00:00", "04:59:59"), ("05:00:00", "09:59:59"));
        for state in [SliceState::Pending, SliceState::Split] {
            for states in [(state, SliceState::Done), (SliceState::Done, state)] {
                let slices = [
                    slice(first.0, first.1, states.0),
                    slice(last.0, last.1, states.1),
                ];
                assert!(proven(&slices).is_err(), "{states:?}");
            }
        }
        let abandoned = [
            slice("01:00:00", "09:59:59", SliceState::Abandoned),
            slice(first.0, first.1, SliceState::Done),
            slice(last.0, last.1, SliceState::Done),
        ];
        assert_eq!(proven(&abandoned).unwrap().expected, 20);
    }
}
