//! What the simulated platform really has, counted from its calls without the code under test.

use std::collections::{BTreeMap, BTreeSet};

use super::day::Call;
use super::grades::{NINE, ONE};
use super::names::SEATS;
use super::visible::Visible;

/// The true figures of one day up to now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayTruth {
    /// Calls dialled.
    pub calls: u32,
    /// Those connected.
    pub connected: u32,
    /// Distinct seats with at least one call; the manager is none.
    pub seats: u32,
    /// Graded calls by code: `NINE_YUAN`, `ONE_YUAN`, `A`, `B`, `OTHER`.
    pub grades: BTreeMap<String, u32>,
    /// Talk time of all calls, in seconds.
    pub duration_seconds: u64,
    /// Figures by task name.
    pub tasks: BTreeMap<String, Tally>,
}

/// The figures of one account or task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls dialled.
    pub calls: u32,
    /// Those connected.
    pub connected: u32,
    /// Calls whose grade means 9 or 1 yuan.
    pub success: u32,
}

impl Tally {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            connected: self.connected + other.connected,
            success: self.success + other.success,
        }
    }
}

/// The tallies of the calls that are there, by a key of theirs.
pub(super) fn tallies<K: Ord>(visible: &Visible, key: impl Fn(&Call) -> K) -> BTreeMap<K, Tally> {
    let mut tallies: BTreeMap<K, Tally> = BTreeMap::new();
    for index in visible.calls() {
        let call = visible.call(index);
        let tally = tallies.entry(key(call)).or_default();
        let success = matches!(visible.grade(index).1, Some(NINE | ONE));
        *tally = tally.plus(Tally {
            calls: 1,
            connected: u32::from(call.connected),
            success: u32::from(success),
        });
    }
    tallies
}

pub(super) fn of_day(visible: &Visible) -> DayTruth {
    let by_task = tallies(visible, |call| usize::from(call.task));
    let sum = by_task
        .values()
        .copied()
        .fold(Tally::default(), Tally::plus);
    let mut truth = DayTruth {
        calls: sum.calls,
        connected: sum.connected,
        ..DayTruth::default()
    };
    let mut seats = BTreeSet::new();
    for index in visible.calls() {
        let call = visible.call(index);
        truth.duration_seconds += u64::from(visible.duration(index));
        if let Some(code) = visible.grade(index).1 {
            *truth.grades.entry(code.to_owned()).or_default() += 1;
        }
        if usize::from(call.agent) < SEATS.len() {
            seats.insert(call.agent);
        }
    }
    truth.seats = u32::try_from(seats.len()).unwrap_or_default();
    truth.tasks = by_task
        .into_iter()
        .map(|(task, tally)| (visible.day.tasks[task].name.clone(), tally))
        .collect();
    truth
}
