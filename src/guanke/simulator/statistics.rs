//! The platform's own figures: sums over the whole window, without dates (guanke-api.md).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::domain::business_time::DayRange;

use super::Simulator;
use super::render::agent_name;
use super::truth::{Tally, tallies};

/// A longer window is cut: nobody simulates so much.
const MOST_DAYS: usize = 31;

/// The `data` for `query_type` 1 (by account) and any other (by task).
pub(super) fn data(
    simulator: &Simulator,
    from: NaiveDate,
    to: NaiveDate,
    query_type: i64,
) -> Value {
    let by_account = query_type == 1;
    let mut rows: BTreeMap<String, Tally> = BTreeMap::new();
    let days = DayRange::new(from, to).into_iter();
    for date in days.flat_map(DayRange::iter).take(MOST_DAYS) {
        let visible = simulator.visible(date);
        let key = |call: &super::day::Call| if by_account { call.agent } else { call.task };
        for (key, tally) in tallies(&visible, key) {
            let name = if by_account {
                agent_name(key).to_owned()
            } else {
                visible.day.tasks[usize::from(key)].name.clone()
            };
            let row = rows.entry(name).or_default();
            *row = row.plus(tally);
        }
    }
    let total = rows.values().copied().fold(Tally::default(), Tally::plus);
    let mut content: Vec<Value> = rows.iter().map(|(name, tally)| row(name, *tally)).collect();
    if by_account {
        content.push(row("总计", total));
        content.push(row("平均", mean(total, rows.len())));
        json!({ "total": row("", total), "content": content })
    } else {
        json!({ "total": row("", total), "data": content })
    }
}

fn mean(total: Tally, rows: usize) -> Tally {
    let rows = u32::try_from(rows.max(1)).unwrap_or(u32::MAX);
    Tally {
        calls: total.calls / rows,
        connected: total.connected / rows,
        success: total.success / rows,
    }
}

/// `success_number` comes as text, for the client to get used to it.
fn row(name: &str, tally: Tally) -> Value {
    json!({
        "username": name,
        "callout_number": tally.calls,
        "called_number": tally.connected,
        "success_number": tally.success.to_string(),
        "intention_number": tally.connected,
        "intention_number2": 0,
    })
}
