//! The platform's own daily figures by account or by task.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::text::{self, Reading};

use super::error::Error;
use super::listing::Listing;
use super::wire::{self, Row};

const NAME_LIMIT: usize = 255;
/// Rows among the accounts that are sums or means of the others (guanke-api.md).
const SUMMARY_NAMES: [&str; 5] = ["总计", "合计", "总数", "平均", "平均值"];

/// What a row of the statistics stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatisticsBy {
    /// An account (seat).
    Account,
    /// A dial task.
    Task,
}

impl StatisticsBy {
    /// The number the platform knows it by.
    pub(super) const fn query_type(self) -> u8 {
        match self {
            Self::Account => 1,
            Self::Task => 20,
        }
    }
}

/// One day as the platform counts it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayStatistics {
    /// A row an account or task, summary rows included.
    pub rows: Vec<StatisticsRow>,
    /// The platform's own sum, where it sent one.
    pub total: Option<StatisticsCounts>,
    /// How often they had to be asked for again.
    pub retries: u32,
}

/// One account or task, or a summary of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatisticsRow {
    /// Whose figures these are; empty where the platform does not say.
    pub name: String,
    /// The figures.
    pub counts: StatisticsCounts,
    /// The row is the sum or the mean of the others.
    pub is_summary: bool,
    /// The row is a seat: no summary and none of the excluded names. Meaningless by task.
    pub is_seat: bool,
}

/// Calls of one day. Grades are not in the statistics (guanke-api.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct StatisticsCounts {
    /// `callout_number`.
    pub dialled: u64,
    /// `called_number`.
    pub connected: u64,
    /// `success_number`.
    pub success: u64,
}

/// Reads the `data` of an answer: `content` or `data` (by task), or the list itself.
pub(super) fn read(data: &RawValue, non_seat_names: &[String]) -> Result<DayStatistics, Error> {
    // Taken for a day without calls, it would wipe the day's figures out.
    if data.get() == "null" {
        return Err(Error::Malformed("data: null".to_owned()));
    }
    let listing = Listing::read(data, &["content", "data"])?;
    let rows = listing
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let row = wire::json(row.get()).ok();
            let row = row
                .as_ref()
                .and_then(Value::as_object)
                .ok_or_else(|| Error::Malformed(format!("data.content[{index}]: no object")))?;
            statistics_row(row, non_seat_names)
        })
        .collect::<Result<_, _>>()?;
    let total = listing
        .field(&["total"])
        .as_ref()
        .and_then(Value::as_object)
        .filter(|total| wire::field(total, &DIALLED).is_some())
        .map(counts)
        .transpose()?;
    Ok(DayStatistics {
        rows,
        total,
        retries: 0,
    })
}

fn statistics_row(row: &Row, non_seat_names: &[String]) -> Result<StatisticsRow, Error> {
    let names = [
        "username",
        "userName",
        "user_name",
        "TaskName",
        "taskName",
        "task_name",
        "name",
    ];
    let name = wire::text(row, &names, Reading::Name, NAME_LIMIT).unwrap_or_default();
    let is_summary = SUMMARY_NAMES.contains(&name.as_str());
    let is_excluded = non_seat_names
        .iter()
        .any(|excluded| text::name(excluded) == name);
    Ok(StatisticsRow {
        counts: counts(row)?,
        is_summary,
        is_seat: !is_summary && !is_excluded && !name.is_empty(),
        name,
    })
}

const DIALLED: [&str; 2] = ["callout_number", "calloutNumber"];

fn counts(row: &Row) -> Result<StatisticsCounts, Error> {
    Ok(StatisticsCounts {
        dialled: count(row, DIALLED)?,
        connected: count(row, ["called_number", "calledNumber"])?,
        success: count(row, ["success_number", "successNumber"])?,
    })
}

/// A count that is not sent is 0; one that cannot be read must not silently become 0.
fn count(row: &Row, names: [&'static str; 2]) -> Result<u64, Error> {
    wire::field(row, &names).map_or(Ok(0), |value| {
        wire::count(value).ok_or_else(|| Error::Malformed(format!("{}: no count", names[0])))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn raw(data: &Value) -> Box<RawValue> {
        serde_json::value::to_raw_value(data).unwrap()
    }

    fn parsed(data: &Value) -> DayStatistics {
        read(
            &raw(data),
            &["总计".to_owned(), "平均".to_owned(), "管理员".to_owned()],
        )
        .unwrap()
    }

    #[test]
    fn rows_are_in_content_or_data_or_are_the_answer() {
        let rows = json!([{"username": "王芳", "callout_number": "7", "called_number": 2.0}]);
        for data in [
            json!({"content": rows}),
            json!({"data": rows}),
            rows.clone(),
        ] {
            let day = parsed(&data);
            assert_eq!(day.total, None);
            assert_eq!(
                day.rows,
                [StatisticsRow {
                    name: "王芳".to_owned(),
                    counts: StatisticsCounts {
                        dialled: 7,
                        connected: 2,
                        success: 0
                    },
                    is_summary: false,
                    is_seat: true,
                }]
            );
        }
    }

    #[test]
    fn summaries_and_excluded_accounts_are_no_seats() {
        let day = parsed(&json!({
            "content": [{"username": "总计"}, {"username": "平均"}, {"username": " 管理员 "}, {}],
            "total": {"callout_number": 9, "success_number": null},
        }));
        let flags: Vec<_> = day
            .rows
            .iter()
            .map(|row| (row.is_summary, row.is_seat))
            .collect();
        assert_eq!(
            flags,
            [(true, false), (true, false), (false, false), (false, false)]
        );
        assert_eq!(day.total.unwrap().dialled, 9);
        let unnamed = json!({"content": [], "total": {"username": "总计"}});
        assert_eq!(parsed(&unnamed).total, None);
    }

    #[test]
    fn a_task_row_is_named_in_any_of_their_ways() {
        for name in ["username", "TaskName", "taskName", "task_name", "name"] {
            assert_eq!(parsed(&json!([{ name: "A包" }])).rows[0].name, "A包");
        }
    }

    #[test]
    fn a_count_that_cannot_be_read_is_no_zero() {
        for data in [
            json!([{"callout_number": "many"}]),
            json!([{"callout_number": -1}]),
            json!([{"callout_number": 2_147_483_648_i64}]),
            json!([{"success_number": "9223372036854775807"}]),
            json!({"content": [], "total": {"callout_number": 1e12}}),
            json!(["x"]),
            json!({"content": "x"}),
            json!({}),
            Value::Null,
        ] {
            assert!(
                matches!(read(&raw(&data), &[]), Err(Error::Malformed(_))),
                "{data}"
            );
        }
    }
}
