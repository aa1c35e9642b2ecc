//! Which rollup cells a call is counted in, and how a change of calls changes them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{CallCounts, Dimension};
use crate::domain::money::Money;

/// All that figures need to know of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedCall {
    /// Its business day.
    pub call_date: NaiveDate,
    /// Its business hour, 0–23.
    pub call_hour: i16,
    /// Its task, if it has one.
    pub task_id: Option<i64>,
    /// Its agent, if known.
    pub agent_id: Option<i64>,
    /// The province of the number, if known.
    pub province: Option<String>,
    /// Its grade's code, if it has one.
    pub grade_code: Option<String>,
    /// Whether it was connected.
    pub connected: bool,
    /// Seconds that it lasted: talk time of a connected call, of another one the time it rang.
    pub duration: i32,
    /// What was billed for it.
    pub billed: Money,
}

/// The key of a rollup row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// What the row is about.
    pub dimension: Dimension,
    /// The value of the dimension as text; empty where calls have none.
    pub key: String,
    /// The business day.
    pub call_date: NaiveDate,
    /// The grade's code; empty for calls without a grade.
    pub grade_code: String,
}

impl CountedCall {
    fn counts(&self) -> CallCounts {
        let seconds = i64::from(self.duration);
        let (talk_time, ring_time) = if self.connected {
            (seconds, 0)
        } else {
            (0, seconds)
        };
        CallCounts {
            calls: 1,
            connected: i64::from(self.connected),
            talk_time,
            ring_time,
            billed: self.billed,
        }
    }

    fn cells(&self) -> [Cell; 5] {
        let cell = |dimension, key| Cell {
            dimension,
            key,
            call_date: self.call_date,
            grade_code: self.grade_code.clone().unwrap_or_default(),
        };
        let id = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        [
            cell(Dimension::Day, String::new()),
            cell(Dimension::Task, id(self.task_id)),
            cell(Dimension::Agent, id(self.agent_id)),
            cell(Dimension::Hour, hour_key(self.call_hour)),
            cell(
                Dimension::Province,
                self.province.clone().unwrap_or_default(),
            ),
        ]
    }
}

/// The key of an hour: two digits, so that text order is the order of the day.
#[must_use]
pub fn hour_key(hour: i16) -> String {
    format!("{hour:02}")
}

/// Changes to rollup cells that go with a change of calls.
///
/// Ordered by cell, so that two writers lock rows in the same order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RollupDeltas(BTreeMap<Cell, CallCounts>);

impl RollupDeltas {
    /// The call is counted from now on.
    pub fn add(&mut self, call: &CountedCall) {
        self.change(call, call.counts());
    }

    /// The call is no longer counted, or not as it was.
    pub fn remove(&mut self, call: &CountedCall) {
        self.change(call, call.counts().negated());
    }

    fn change(&mut self, call: &CountedCall, by: CallCounts) {
        for cell in call.cells() {
            self.change_cell(cell, by);
        }
    }

    /// A cell counts so much more.
    pub fn change_cell(&mut self, cell: Cell, by: CallCounts) {
        let sum = self.0.entry(cell).or_default();
        *sum = sum.plus(by);
    }

    /// The cells that change, in order, and by how much.
    pub fn iter(&self) -> impl Iterator<Item = (&Cell, CallCounts)> {
        self.0
            .iter()
            .filter(|(_, counts)| !counts.is_zero())
            .map(|(cell, counts)| (cell, *counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(grade: Option<&str>) -> CountedCall {
        CountedCall {
            call_date: "2026-11-19".parse().unwrap(),
            call_hour: 9,
            task_id: Some(4),
            agent_id: None,
            province: Some("江苏".to_owned()),
            grade_code: grade.map(str::to_owned),
            connected: true,
            duration: 61,
            billed: Money::from_ten_thousandths(600),
        }
    }

    #[test]
    fn a_call_is_counted_once_in_each_dimension() {
        let mut deltas = RollupDeltas::default();
        deltas.add(&call(None));
        let keys: Vec<_> = deltas
            .iter()
            .map(|(cell, counts)| (cell.dimension.to_string(), cell.key.clone(), counts.calls))
            .collect();
        let row = |dimension: &str, key: &str| (dimension.to_owned(), key.to_owned(), 1);
        assert_eq!(
            keys,
            [
                row("DAY", ""),
                row("TASK", "4"),
                row("AGENT", ""),
                row("HOUR", "09"),
                row("PROVINCE", "江苏")
            ]
        );
    }

    #[test]
    fn ringing_is_not_talking() {
        let times = |connected| {
            let mut deltas = RollupDeltas::default();
            deltas.add(&CountedCall {
                connected,
                ..call(None)
            });
            let (_, counts) = deltas.iter().next().unwrap();
            (counts.talk_time, counts.ring_time)
        };
        assert_eq!((times(true), times(false)), ((61, 0), (0, 61)));
    }

    #[test]
    fn an_edited_grade_moves_a_call_between_cells_and_an_equal_version_changes_nothing() {
        let mut deltas = RollupDeltas::default();
        deltas.remove(&call(None));
        deltas.add(&call(None));
        assert_eq!(deltas.iter().count(), 0);
        deltas.remove(&call(None));
        deltas.add(&call(Some("NINE_YUAN")));
        let day: Vec<_> = deltas
            .iter()
            .filter(|(cell, _)| cell.dimension == Dimension::Day)
            .map(|(cell, counts)| (cell.grade_code.clone(), counts.calls))
            .collect();
        assert_eq!(day, [(String::new(), -1), ("NINE_YUAN".to_owned(), 1)]);
    }
}
