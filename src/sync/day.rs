//! One day of a run: planned, read slice by slice by whoever is free, proven, and published.

use std::{num::NonZero, sync::Arc};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::{
    context::{Context, delta, insist},
    error::SyncError,
    lease::Lease,
    listing::{self, LISTS_LATER},
    missing::{self, Comparison},
    plan,
    progress::Tally,
    proof::{self, Proven, is_abandoned, is_free, is_open, proven},
    shape,
    slice::{self, SliceReader},
};
use crate::{
    clock::CLOCK_MARGIN,
    domain::{business_time::BusinessZone, stats::count, sync::SyncTrack},
    service::removal,
    store::{
        Lane, Transaction, call_batches,
        removals::{self, ListedPart},
        run_claims::{self, Noted},
        slice_claims::{self, RunDay, SliceRow, Wanted, Window},
        sync_days::{self, DayRead, SyncDayRow},
        sync_runs::{self, RunCounts, SyncRunRow},
        sync_tracks,
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
            let proven = proven(&slices, self.last_second())?;
            if let Some(read) = self.count_day(&proven).await? {
                return self.publish(read, &Comparison::default()).await;
            }
            self.plan_whole().await?;
            slices = self.drive().await?;
        }
        loop {
            let proven = proven(&slices, self.last_second())?;
            if self.run.track == SyncTrack::CallRecords {
                listing::probe(self, self.part(proven.to)).await?;
            }
            // While it was read, more may have been learnt of the list.
            if self.plan_after_midnight(&proven).await? {
                slices = self.drive().await?;
                continue;
            }
            let compared = match self.run.track {
                SyncTrack::CallRecords => {
                    let of_day = proof::of_day(&slices, self.last_second());
                    missing::of_day(self, &of_day.collect::<Vec<_>>()).await?
                }
                SyncTrack::TaskStats => Comparison::default(),
            };
            let mut read = self.sums(&proven).await?;
            read.expected -= compared.listed_again;
            read.seen -= compared.listed_again;
            return self.publish(read, &compared).await;
        }
    }

    fn of(&self) -> RunDay {
        RunDay {
            run_id: self.run.id,
            track: self.run.track,
            day: self.date,
        }
    }

    /// Whose days the track's are.
    fn zone(&self) -> BusinessZone {
        self.context.zone_of(self.run.track)
    }

    /// The day's part of the list, up to `to`.
    fn part(&self, to: DateTime<Utc>) -> ListedPart {
        ListedPart {
            day: self.date,
            from: self.zone().start_of(self.date),
            to,
        }
    }

    /// What there is to read of the day now: all of it, or up to this second.
    fn span(&self) -> Window {
        Window {
            from: self.zone().start_of(self.date),
            to: self.last_second().min(self.this_second()),
        }
    }

    fn this_second(&self) -> DateTime<Utc> {
        let now = self.context.clock.now();
        DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now)
    }

    pub fn last_second(&self) -> DateTime<Utc> {
        self.zone().end_of(self.date) - TimeDelta::seconds(1)
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
        insist(&self.context.db, Lane::Short, async |tx: &Transaction| {
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
            self.hold(tx).await
        })
        .await
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
        let mut windows = plan::cut(span.from, span, &shape, self.context.paging());
        // Where nothing is known of the list, what the day brings may show it.
        let lag = sync_tracks::listing(self.context.db.read(), self.run.track)
            .await?
            .lag();
        // The day may have ended while its shape was looked up.
        let is_over = span.to == self.last_second();
        windows.extend(self.after_midnight(lag).filter(|_| is_over));
        Ok(windows)
    }

    /// How long after they were dialled the platform lists calls.
    pub async fn list_lag(&self) -> Result<TimeDelta, SyncError> {
        listing::lag(self.context, self.run.track).await
    }

    /// Where the list may have calls of this day, of a day that is over: so long after its end, as far as
    /// that is past. It belongs to the next day's part of the list.
    pub fn after_midnight(&self, lag: TimeDelta) -> Option<Window> {
        let end = self.zone().end_of(self.date);
        let last = (end + lag - TimeDelta::seconds(1)).min(self.this_second());
        (end <= last).then_some(Window {
            from: end,
            to: last,
        })
    }

    /// Where calls up to `to` may be listed that are not yet by then, as far as that is past: the rest of a
    /// day that is going on, or what lies behind its end.
    pub async fn behind(&self, to: DateTime<Utc>) -> Result<Option<Window>, SyncError> {
        if to < self.last_second() {
            let window = Window {
                from: to + TimeDelta::seconds(1),
                to: self.span().to,
            };
            return Ok(Some(window).filter(|window| window.from <= window.to));
        }
        let overlap = delta(self.context.options.overlap);
        Ok(self.after_midnight(self.list_lag().await?.max(overlap)))
    }

    /// Plans what is not planned yet of the list behind the day's end, and says whether there was any:
    /// only what was learnt of the list since asks for more.
    async fn plan_after_midnight(&self, proven: &Proven) -> Result<bool, SyncError> {
        if self.run.track == SyncTrack::TaskStats || proven.to < self.last_second() {
            return Ok(false);
        }
        let end = self.zone().end_of(self.date);
        let lag = self.list_lag().await?;
        // A read that began too early completes nothing, however far it goes.
        let is_due = proven.listed_for(end) < lag && end + lag <= proven.began;
        let Some(window) = self.after_midnight(lag).filter(|_| is_due) else {
            return Ok(false);
        };
        let window = Window {
            from: end + proven.listed_for(end),
            ..window
        };
        insist(&self.context.db, Lane::Short, async |tx: &Transaction| {
            let now = self.context.clock.now();
            let planned = slice_claims::of_day(tx, self.of()).await?;
            // Unless this was done before, and only the answer was lost.
            let mut valid = planned.iter().filter(|slice| !is_abandoned(slice));
            if valid.all(|slice| slice.from_at < window.from) {
                slice_claims::plan(tx, self.of(), &[window], now).await?;
            }
            self.hold(tx).await
        })
        .await?;
        Ok(true)
    }

    /// Reads the whole day after all.
    async fn plan_whole(&self) -> Result<(), SyncError> {
        const REASON: &str = "the day's own count says that this is not all";
        let of = self.of();
        tracing::info!(sync.day = %self.date, "what is new is not all that changed; reading the whole day");
        let windows = self.whole().await?;
        insist(&self.context.db, Lane::Short, async |tx: &Transaction| {
            let now = self.context.clock.now();
            // Unless this was done before, and only the answer was lost.
            let planned = slice_claims::of_day(tx, of).await?;
            if self.extent(&planned) == Extent::New {
                slice_claims::reject(tx, of, REASON, now).await?;
                slice_claims::plan(tx, of, &windows, now).await?;
            }
            self.hold(tx).await
        })
        .await
    }

    fn extent(&self, slices: &[SliceRow]) -> Extent {
        let start = self.zone().start_of(self.date);
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
                let trigger = run.triggered_by;
                let work = async move {
                    while !context.stop.is_cancelled() {
                        let Some(slice) = slice::claim(&context, Wanted::Of(of)).await? else {
                            return Ok(());
                        };
                        let reader = SliceReader {
                            context: Arc::clone(&context),
                            slice,
                            trigger,
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
        let (context, from) = (self.context, self.zone().start_of(self.date));
        let count = context.client.count(from, proven.to);
        let counted = context
            .ask(self.run.track, self.run.triggered_by, count)
            .await?;
        let asked = RunCounts::of_request(counted.retries);
        self.add_counts(asked).await?;
        let db = context.db.read();
        let part = self.part(proven.to);
        let calls = removals::count_of_part(db, part).await?
            + removals::count_of_other_days(db, self.date).await?;
        let known = sync_days::find(db, self.run.track, self.date).await?;
        let undialled = known.map_or(0, |known| known.undialled);
        let total = counted.value.and_then(|total| i64::try_from(total).ok());
        Ok((total == Some(calls + undialled)).then(|| DayRead {
            expected: calls + undialled,
            seen: calls + undialled,
            undialled,
            verified: false,
            synced_through: proven.to,
            began: proven.began,
            list_lag: TimeDelta::zero(),
            completes: false,
            doubt: None,
        }))
    }

    /// Notes requests of the run that belong to no slice.
    pub async fn add_counts(&self, counts: RunCounts) -> Result<(), SyncError> {
        let context = self.context;
        insist(&context.db, Lane::Short, async |tx: &Transaction| {
            sync_runs::add_counts(tx, self.run.id, counts, context.clock.now()).await?;
            Ok(())
        })
        .await?;
        self.tally.add_counts(counts);
        Ok(())
    }

    async fn sums(&self, proven: &Proven) -> Result<DayRead, SyncError> {
        let (end, options) = (self.zone().end_of(self.date), &self.context.options);
        let lag = self.list_lag().await?;
        let settled = end + lag.max(delta(options.overlap));
        let is_over = proven.to == self.last_second();
        let listed_for = proven.listed_for(end);
        let completes = is_over && settled <= proven.began && lag <= listed_for;
        let doubt = (is_over && !completes).then(|| {
            let zone = self.zone().tz();
            let until = settled.with_timezone(&zone).format("%Y-%m-%d %H:%M");
            format!("it was read before {until} ({zone}): until then records of the day may arrive")
        });
        Ok(DayRead {
            expected: proven.expected,
            seen: proven.seen,
            undialled: proven.undialled,
            verified: true,
            synced_through: proven.to,
            began: proven.began,
            list_lag: listed_for,
            completes,
            doubt,
        })
    }

    async fn publish(&self, read: DayRead, compared: &Comparison) -> Result<(), SyncError> {
        let of = self.of();
        // The day before may wait for what this one's part of the list has of it.
        let begin = self.zone().start_of(of.day);
        let has_rest = begin + self.list_lag().await? <= read.synced_through;
        let before = of.day.pred_opt().filter(|_| has_rest);
        let db = &self.context.db;
        let removed = insist(db, Lane::Background, async |tx: &Transaction| {
            let now = self.context.clock.now();
            let removed = removal::mark_removed(tx, &compared.gone(), now).await?;
            for (own_day, ids) in &compared.returned {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                call_batches::note_listed(tx, &ids, None).await?;
                sync_days::note_returned(tx, of.track, *own_day, count(ids.len()), now).await?;
            }
            for (slice, removed) in compared.gone_by_slice() {
                slice_claims::note_removed(tx, slice, removed).await?;
            }
            let counts = RunCounts {
                removed,
                ..RunCounts::default()
            };
            sync_runs::add_counts(tx, of.run_id, counts, now).await?;
            let mut read = read.clone();
            // Others may have learnt more of the list since it was looked at.
            let known = sync_tracks::lock_listing(tx, of.track).await?;
            let lag = listing::safe_lag(self.context, of.track, known);
            if read.completes && lag > read.list_lag {
                read.completes = false;
                read.doubt = Some(LISTS_LATER.to_owned());
            }
            sync_days::finish_read(tx, of.track, of.day, read, now).await?;
            if let Some(before) = before {
                sync_days::settle_doubt(tx, of.track, before, LISTS_LATER, now).await?;
            }
            if run_claims::note_day(tx, self.run, self.done, None, now).await? == Noted::Lost {
                return Err(SyncError::LeaseLost);
            }
            self.hold(tx).await?;
            Ok(counts)
        })
        .await?;
        self.tally.add_counts(removed);
        Ok(())
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
