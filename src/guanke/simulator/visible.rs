//! Which calls of a day the platform shows, and how they are by now.

use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::config::SimulatorConfig;
use super::day::{Call, Day};
use super::grades::GRADES;
use super::state::{Edit, Edits};
use crate::domain::listing::ListedBy;

/// A day as it is at some moment.
pub(super) struct Visible {
    pub(super) day: Arc<Day>,
    edits: Edits,
    now: DateTime<Utc>,
    seed: u64,
    late_per_thousand: u64,
    late_seconds: u64,
    listed_by: ListedBy,
    upload_seconds: u64,
}

impl Visible {
    pub(super) fn new(
        day: Arc<Day>,
        edits: Edits,
        config: &SimulatorConfig,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            day,
            edits,
            now,
            seed: config.seed,
            late_per_thousand: u64::from(config.late_per_thousand),
            late_seconds: config.late_at_most.as_secs(),
            listed_by: config.listed_by,
            upload_seconds: config.uploaded_within.as_secs(),
        }
    }

    /// The calls that the list of the window from `from` to `to`, both included, has by now: as
    /// indexes, in the order in which they were listed.
    pub(super) fn listed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<usize> {
        let mut edits = self.edits.values();
        let is_in_order = edits.all(|edit| edit.relisted.is_none() && edit.listed_again.is_none());
        if self.listed_by == ListedBy::CallTime && is_in_order {
            let range: Range<usize> = self.day.between(from, to.min(self.now));
            return range.filter(|index| self.is_there(*index)).collect();
        }
        let end = to + TimeDelta::seconds(1);
        let again = |index| self.edit(index).and_then(|edit| edit.listed_again);
        let times = self.calls().flat_map(|index| {
            let times = [Some(self.listed_at(index)), again(index)];
            times.into_iter().flatten().map(move |at| (at, index))
        });
        let mut listed: Vec<_> = times.filter(|(at, _)| from <= *at && *at < end).collect();
        listed.sort_unstable();
        listed.into_iter().map(|(_, index)| index).collect()
    }

    /// All calls of the day that are there by now.
    pub(super) fn calls(&self) -> impl Iterator<Item = usize> {
        let range: Range<usize> = self.day.between(DateTime::UNIX_EPOCH, self.now);
        range.filter(|index| self.is_there(*index))
    }

    /// The time by which the list has a call, whatever was edited since.
    fn listed_at(&self, index: usize) -> DateTime<Utc> {
        if let Some(at) = self.edit(index).and_then(|edit| edit.relisted) {
            return at;
        }
        let call = self.call(index);
        let dialled = self.day.time_of(call);
        let ended = dialled + TimeDelta::seconds(call.duration.into());
        match self.listed_by {
            ListedBy::CallTime => dialled,
            ListedBy::EndTime => ended,
            ListedBy::UploadTime => {
                let drawn = scattered(!self.seed ^ self.day.id_of(index));
                let wait = drawn % self.upload_seconds.max(1);
                ended + TimeDelta::seconds(i64::try_from(wait).unwrap_or_default())
            }
        }
    }

    /// The time that the record of a call tells.
    pub(super) fn time_of(&self, index: usize) -> DateTime<Utc> {
        let dated = self.edit(index).and_then(|edit| edit.dated);
        dated.unwrap_or_else(|| self.day.time_of(self.call(index)))
    }

    pub(super) fn call(&self, index: usize) -> &Call {
        &self.day.calls[index]
    }

    pub(super) fn edit(&self, index: usize) -> Option<&Edit> {
        self.edits.get(&index)
    }

    fn is_there(&self, index: usize) -> bool {
        let edit = self.edit(index);
        let arrives_at = edit
            .and_then(|edit| edit.arrives_at)
            .or_else(|| self.late_arrival(index));
        !edit.is_some_and(|edit| edit.removed)
            && self.listed_at(index) <= self.now
            && arrives_at.is_none_or(|at| at <= self.now)
    }

    /// When a call comes that is late by the configuration: the same ones each time.
    fn late_arrival(&self, index: usize) -> Option<DateTime<Utc>> {
        if self.late_per_thousand == 0 {
            return None;
        }
        let drawn = scattered(self.seed ^ self.day.id_of(index));
        let late = drawn % 1_000 < self.late_per_thousand;
        let by = i64::try_from(drawn / 1_000 % self.late_seconds.max(1)).unwrap_or_default();
        late.then(|| self.day.time_of(self.call(index)) + TimeDelta::seconds(by + 1))
    }

    /// The grade's text and the code it is meant to have.
    pub(super) fn grade(&self, index: usize) -> (&str, Option<&str>) {
        match self.edit(index).and_then(|edit| edit.grade.as_ref()) {
            Some(grade) => (&grade.text, grade.means.as_deref()),
            None => GRADES[usize::from(self.call(index).grade)],
        }
    }

    /// Talk time in seconds.
    pub(super) fn duration(&self, index: usize) -> u16 {
        let call = self.call(index);
        self.edit(index)
            .and_then(|edit| edit.duration)
            .filter(|_| call.connected)
            .unwrap_or(call.duration)
    }
}

/// A number that looks drawn by chance (the finaliser of SplitMix64).
fn scattered(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
