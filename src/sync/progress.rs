//! How far a run is, for whoever watches it.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use tokio::sync::watch;

use crate::store::{slice_claims::SliceSeen, sync_runs::RunCounts};

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The day at work.
    pub day: NaiveDate,
    /// How many records the platform says the slices have that were begun.
    pub expected: Option<u64>,
    /// How many distinct records of the day are stored or known to be.
    pub seen: u64,
    /// Slices of the day that are proven whole, or given up.
    pub slices_done: usize,
    /// Slices of the day.
    pub slices: usize,
    /// What this process did for the run so far, all days together.
    pub counts: RunCounts,
}

/// Where progress is told; costs nothing when nobody listens.
#[derive(Debug, Clone, Default)]
pub struct Reporter(Option<watch::Sender<Option<Progress>>>);

impl Reporter {
    /// A reporter and its listener.
    #[must_use]
    pub fn new() -> (Self, watch::Receiver<Option<Progress>>) {
        let (sender, receiver) = watch::channel(None);
        (Self(Some(sender)), receiver)
    }

    fn report(&self, progress: Progress) {
        if let Some(sender) = &self.0 {
            sender.send_replace(Some(progress));
        }
    }
}

/// What the slices of a run add up to, as they are read side by side. Clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct Tally(Arc<Mutex<Sums>>, Reporter);

#[derive(Debug)]
struct Sums {
    day: NaiveDate,
    slices: usize,
    done: usize,
    /// By slice, in no order.
    seen: Vec<(i64, SliceSeen)>,
    counts: RunCounts,
}

impl Tally {
    /// Nothing yet.
    pub fn new(day: NaiveDate, counts: RunCounts, reporter: Reporter) -> Self {
        let sums = Sums {
            day,
            slices: 0,
            done: 0,
            seen: Vec::new(),
            counts,
        };
        Self(Arc::new(Mutex::new(sums)), reporter)
    }

    /// Another day begins, or goes on, with so many slices, of which so many are done.
    pub fn begin_day(&self, day: NaiveDate, slices: usize, done: usize) {
        self.change(|sums| {
            if sums.day != day {
                sums.seen.clear();
            }
            (sums.day, sums.slices, sums.done) = (day, slices, done);
        });
    }

    /// A slice went on.
    pub fn add(&self, slice_id: i64, seen: Option<SliceSeen>, counts: RunCounts) {
        self.change(|sums| {
            sums.counts = sums.counts.plus(counts);
            let Some(seen) = seen else { return };
            match sums.seen.iter_mut().find(|(id, _)| *id == slice_id) {
                Some((_, known)) => *known = seen,
                None => sums.seen.push((slice_id, seen)),
            }
        });
    }

    /// Something was asked of the whole day.
    pub fn add_counts(&self, counts: RunCounts) {
        self.change(|sums| sums.counts = sums.counts.plus(counts));
    }

    /// A slice is done.
    pub fn slice_done(&self) {
        self.change(|sums| sums.done += 1);
    }

    /// Slices were planned in the place of one that is done.
    pub fn slices_added(&self, slices: usize) {
        self.change(|sums| sums.slices += slices);
    }

    /// What was counted so far.
    pub fn counts(&self) -> RunCounts {
        self.change(|sums| sums.counts)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Sums) -> T) -> T {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut sums);
        let known = sums.seen.iter().filter_map(|(_, seen)| seen.expected);
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        self.1.report(Progress {
            day: sums.day,
            expected: (!sums.seen.is_empty()).then(|| number(known.sum())),
            seen: number(sums.seen.iter().map(|(_, seen)| seen.seen).sum()),
            // Others read the same day, and may have planned more than is known here.
            slices_done: sums.done.min(sums.slices),
            slices: sums.slices,
            counts: sums.counts,
        });
        changed
    }
}
