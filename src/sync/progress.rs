//! How far a run is, for whoever watches it.

use chrono::NaiveDate;
use tokio::sync::watch;

use crate::store::sync_runs::RunCounts;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The day at work.
    pub day: NaiveDate,
    /// How many records the platform says the day has, once it said so.
    pub expected: Option<u64>,
    /// How many distinct records of the day are stored or known to be.
    pub seen: u64,
    /// What the run did so far, all days together.
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

    /// Tells the listener.
    pub(super) fn report(&self, progress: Progress) {
        if let Some(sender) = &self.0 {
            sender.send_replace(Some(progress));
        }
    }
}
