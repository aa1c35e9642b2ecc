//! A call record as we keep it, and its strict reading from the lenient JSON.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::domain::dialing::{CallResult, Tag};
use crate::domain::money::Money;
use crate::domain::phone::masked;

use super::error::Error;
use super::hangup;
use super::tags;
use super::wire::{self, Row};

const NAME_LIMIT: usize = 255;
const PHONE_LIMIT: usize = 64;
const URL_LIMIT: usize = 2_000;
const NOTES_LIMIT: usize = 4_000;
/// `callState` of a call that was answered.
const CONNECTED: i64 = 2;

/// One page of call records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordPage {
    /// The records that can be used, in the platform's order. Ids may repeat: pages shift.
    pub records: Vec<CallRecord>,
    /// Ids of the rows that wait to be dialled, and are no calls yet.
    pub undialled: Vec<String>,
    /// The rows that cannot be used.
    pub unusable: Vec<UnusableRecord>,
    /// How many rows the page had, usable or not; fewer than the page size is the end.
    pub received: usize,
    /// How many records the window had when the page was made, where the platform says so.
    pub total_count: Option<u64>,
}

/// A row that cannot become a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableRecord {
    /// Its id, if it had one.
    pub id: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

/// The agent or account a call belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AgentRef {
    /// The platform's id: `agentId`, else `userId`, else `ccId`.
    pub id: String,
    /// The name, where the record has it.
    pub name: Option<String>,
}

/// One call record. Its `Debug` shows no personal data.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CallRecord {
    /// The platform's id: unique and stable.
    pub id: String,
    /// The platform's id of the dial task.
    pub task_id: Option<String>,
    /// The dial task's name.
    pub task_name: Option<String>,
    /// The number dialled; the real one where the platform tells it, else it may be masked.
    pub phone_number: Option<String>,
    /// When it was dialled, to the second.
    pub call_time: DateTime<Utc>,
    /// Talk time in seconds.
    pub duration_seconds: u32,
    /// How it ended.
    pub result: CallResult,
    /// The grade's text as it came, untrimmed; `None` when empty. It may change later.
    pub grade: Option<String>,
    /// The cause or text it ended with.
    pub hangup_reason: Option<String>,
    /// Whose call it is.
    pub agent: Option<AgentRef>,
    /// The company called.
    pub company: Option<String>,
    /// The person called.
    pub customer_name: Option<String>,
    /// Province of the number.
    pub province: Option<String>,
    /// City of the number.
    pub city: Option<String>,
    /// The line it was dialled on.
    pub device_name: Option<String>,
    /// Where the recording is.
    pub recording_url: Option<String>,
    /// What the agent noted.
    pub notes: Option<String>,
    /// What the call cost.
    pub billed_amount: Option<Money>,
    /// What the script collected; sorted, each once.
    pub tags: Vec<Tag>,
}

impl fmt::Debug for CallRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CallRecord")
            .field("id", &self.id)
            .field("task_id", &self.task_id)
            .field("phone_number", &self.phone_number.as_deref().map(masked))
            .field("call_time", &self.call_time)
            .field("duration_seconds", &self.duration_seconds)
            .field("result", &self.result)
            .field("grade", &self.grade)
            .field("agent_id", &self.agent.as_ref().map(|agent| &agent.id))
            .finish_non_exhaustive()
    }
}

/// Reads the `data` of an answer; null is an empty page.
pub(super) fn page(data: &Value) -> Result<RecordPage, Error> {
    let rows = rows_of(data, &["data", "content", "list"])?;
    let mut page = RecordPage {
        received: rows.len(),
        total_count: total_count(data),
        ..RecordPage::default()
    };
    for row in rows {
        match record(row) {
            Ok(Reading::Call(record)) => page.records.push(*record),
            Ok(Reading::Undialled(id)) => page.undialled.push(id),
            Err(unusable) => page.unusable.push(unusable),
        }
    }
    Ok(page)
}

/// The list in `data`: itself, or the first of `names` that is there. Null is an empty list, but
/// an object without any of them is no answer: taken for empty, it would end a day too early.
pub(super) fn rows_of<'a>(data: &'a Value, names: &[&str]) -> Result<&'a [Value], Error> {
    match data {
        Value::Null => Ok(&[]),
        Value::Array(rows) => Ok(rows),
        Value::Object(object) => {
            let inner = names.iter().filter_map(|&name| object.get(name));
            match inner.clone().find(|value| !value.is_null()) {
                Some(Value::Array(rows)) => Ok(rows),
                None if inner.clone().next().is_some() => Ok(&[]),
                _ => Err(Error::Malformed(format!("data.{}: no list", names[0]))),
            }
        }
        _ => Err(Error::Malformed("data: neither object nor list".to_owned())),
    }
}

fn total_count(data: &Value) -> Option<u64> {
    let count = wire::field(data.as_object()?, &["totalCount", "total_count", "total"])?;
    u64::try_from(wire::integer(count)?).ok()
}

/// What a row is.
enum Reading {
    Call(Box<CallRecord>),
    /// Waits to be dialled, and needs no call time for that.
    Undialled(String),
}

fn record(row: &Value) -> Result<Reading, UnusableRecord> {
    let unusable = |id: Option<&String>, reason: &str| UnusableRecord {
        id: id.cloned(),
        reason: reason.to_owned(),
    };
    let row = row
        .as_object()
        .ok_or_else(|| unusable(None, "record that is no object"))?;
    let id = wire::field(row, &["id", "cdr_id", "cdrId"])
        .and_then(wire::identifier)
        .ok_or_else(|| unusable(None, "record without id"))?;
    if is_undialled(row) {
        return Ok(Reading::Undialled(id));
    }
    let call_time = wire::field(row, &["callTime", "call_time"])
        .ok_or_else(|| unusable(Some(&id), "record without call time"))?;
    let call_time = wire::instant(call_time)
        .ok_or_else(|| unusable(Some(&id), "record with an unreadable call time"))?;
    Ok(Reading::Call(Box::new(readable(row, id, call_time))))
}

/// `callState` 0, unless `isCall` says that it was called all the same.
fn is_undialled(row: &Row) -> bool {
    whole(row, &["callState", "call_state"]) == Some(0)
        && whole(row, &["isCall", "is_call"]) != Some(1)
}

/// A record whose id and time are known: nothing else in it can be wrong enough to refuse it.
fn readable(row: &Row, id: String, call_time: DateTime<Utc>) -> CallRecord {
    let name = |names: &[&str]| wire::text(row, names, NAME_LIMIT);
    let duration_seconds = whole(row, &["duration"])
        .and_then(|seconds| u32::try_from(seconds).ok())
        .unwrap_or_default();
    let hangup_reason = name(&["hangupReason", "hangup_reason"]);
    let call_state = whole(row, &["callState", "call_state"]);
    CallRecord {
        id,
        task_id: other_id(row, &["taskId", "task_id"]),
        task_name: name(&["TaskName", "taskName", "task_name"]),
        phone_number: phone(row),
        call_time,
        duration_seconds,
        result: hangup::result_of(
            call_state.map(|state| state == CONNECTED),
            hangup_reason.as_deref(),
            duration_seconds,
        ),
        grade: grade(row),
        hangup_reason,
        agent: agent(row),
        company: name(&["company", "companyName", "company_name"]),
        customer_name: name(&["customerName", "customer_name"]),
        province: name(&["province"]),
        city: name(&["city"]),
        device_name: name(&["deviceName", "device_name"]),
        recording_url: wire::text(row, &["audio", "recordingUrl", "recording_url"], URL_LIMIT),
        notes: wire::text(row, &["remark"], NOTES_LIMIT),
        billed_amount: wire::field(row, &["money"]).and_then(wire::money),
        tags: tags::of_record(row),
    }
}

fn whole(row: &Row, names: &[&str]) -> Option<i64> {
    wire::field(row, names).and_then(wire::integer)
}

/// An id of something else: the platform writes 0 for none.
fn other_id(row: &Row, names: &[&str]) -> Option<String> {
    names
        .iter()
        .filter_map(|&name| wire::identifier(wire::field(row, &[name])?))
        .find(|id| id != "0")
}

fn phone(row: &Row) -> Option<String> {
    wire::text(row, &["realPhone", "real_phone"], PHONE_LIMIT)
        .or_else(|| wire::text(row, &["phone"], PHONE_LIMIT))
}

fn agent(row: &Row) -> Option<AgentRef> {
    let ids = ["agentId", "agent_id", "userId", "user_id", "ccId", "cc_id"];
    let names = ["agentName", "agent_name", "userName", "user_name"];
    Some(AgentRef {
        id: other_id(row, &ids)?,
        name: wire::text(row, &names, NAME_LIMIT),
    })
}

/// The grade untrimmed: what a text means is not decided here.
fn grade(row: &Row) -> Option<String> {
    let raw = match row.get("grade")? {
        Value::Bool(false) => None,
        value => wire::scalar(value),
    }?;
    let grade: String = wire::without_controls(&raw)
        .chars()
        .take(NAME_LIMIT)
        .collect();
    (!grade.is_empty()).then_some(grade)
}
