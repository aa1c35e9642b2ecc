//! What a row says of a call, field by field, under any of the names the platform uses.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::domain::call_details::CallDetails;
use crate::domain::dialing::{CallResult, Tag};
use crate::domain::phone::masked;
use crate::domain::text::Reading;

use super::hangup;
use super::params;
use super::tags;
use super::wire::{self, Row};

const NAME_LIMIT: usize = 255;
const PHONE_LIMIT: usize = 64;
const URL_LIMIT: usize = 2_000;
const NOTES_LIMIT: usize = 4_000;
/// `callState` of a call that was answered.
const CONNECTED: i64 = 2;

/// When it was dialled.
pub(super) const CALL_TIME: [&str; 2] = ["callTime", "call_time"];
/// Where a record holds what its script collected.
pub(super) const ANSWERS: [&str; 2] = ["ext", "columns"];

/// The agent or account a call belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AgentRef {
    /// The platform's id: `agentId`, else `userId`, else `ccId`.
    pub id: String,
    /// The name, where the record has it.
    pub name: Option<String>,
}

/// What a push says of a call: all but the id may be missing, which is not the same as being empty
/// or 0. Its `Debug` shows no personal data.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PushedRecord {
    /// The platform's id of the call.
    pub id: String,
    /// The platform's id of the dial task.
    pub task_id: Option<String>,
    /// The dial task's name.
    pub task_name: Option<String>,
    /// The package that our own `params` name.
    pub package: Option<String>,
    /// The number dialled, in its one form; the real one where the platform tells it, else it may be
    /// masked.
    pub phone_number: Option<String>,
    /// When it was dialled, to the second.
    pub call_time: Option<DateTime<Utc>>,
    /// Talk time in seconds.
    pub duration_seconds: Option<u32>,
    /// How it ended, where the row says enough to tell.
    pub result: Option<CallResult>,
    /// What else is known of it.
    pub details: CallDetails,
    /// Whose call it is.
    pub agent: Option<AgentRef>,
    /// What the script or the form collected; sorted, each once.
    pub tags: Vec<Tag>,
}

impl fmt::Debug for PushedRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PushedRecord")
            .field("id", &self.id)
            .field("phone_number", &self.phone_number.as_deref().map(masked))
            .field("call_time", &self.call_time)
            .field("duration_seconds", &self.duration_seconds)
            .field("result", &self.result)
            .field("grade", &self.details.grade)
            .finish_non_exhaustive()
    }
}

/// Reads the row of the call `id`; `answers` are the fields that hold what was collected.
pub(super) fn read(row: &Row, id: String, answers: &[&str]) -> PushedRecord {
    let name = |names: &[&str]| wire::text(row, names, Reading::Name, NAME_LIMIT);
    let duration_seconds =
        whole(row, &["duration"]).and_then(|seconds| u32::try_from(seconds).ok());
    let hangup_reason = name(&["hangupReason", "hangup_reason"]);
    PushedRecord {
        id,
        task_id: other_id(row, &["taskId", "task_id"]),
        task_name: name(&["TaskName", "taskName", "task_name"]),
        package: params::package(row),
        phone_number: phone(row),
        call_time: wire::field(row, &CALL_TIME).and_then(wire::instant),
        duration_seconds,
        result: result(row, hangup_reason.as_deref(), duration_seconds),
        agent: agent(row),
        details: CallDetails {
            grade: grade(row),
            hangup_reason,
            company: name(&["company", "companyName", "company_name"]),
            customer_name: name(&["customerName", "customer_name"]),
            province: name(&["province"]),
            city: name(&["city"]),
            device_name: name(&["deviceName", "device_name"]),
            recording_url: wire::text(
                row,
                &["audio", "recordingUrl", "recording_url"],
                Reading::Address,
                URL_LIMIT,
            ),
            notes: wire::text(row, &["remark"], Reading::Notes, NOTES_LIMIT),
            billed_amount: wire::field(row, &["money"]).and_then(wire::money),
        },
        tags: tags::of_fields(row, answers),
    }
}

/// `callState` 0, unless `isCall` says that it was called all the same.
pub(super) fn is_undialled(row: &Row) -> bool {
    call_state(row) == Some(0) && whole(row, &["isCall", "is_call"]) != Some(1)
}

/// What `callState` says of the call being answered.
pub(super) fn is_connected(row: &Row) -> Option<bool> {
    call_state(row).map(|state| state == CONNECTED)
}

fn call_state(row: &Row) -> Option<i64> {
    whole(row, &["callState", "call_state"])
}

/// How the call ended, unless the row does not say: a call that was cleared normally may have been
/// answered or not, which only its state or its duration tells.
fn result(row: &Row, reason: Option<&str>, duration_seconds: Option<u32>) -> Option<CallResult> {
    if is_undialled(row) {
        return None;
    }
    let connected = is_connected(row);
    let says = connected.is_some()
        || reason.is_some_and(|reason| {
            duration_seconds.is_some() || !hangup::depends_on_duration(reason)
        });
    says.then(|| hangup::result_of(connected, reason, duration_seconds.unwrap_or_default()))
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
    let number = |names: &[&str]| wire::text(row, names, Reading::Phone, PHONE_LIMIT);
    number(&["realPhone", "real_phone"]).or_else(|| number(&["phone"]))
}

fn agent(row: &Row) -> Option<AgentRef> {
    let ids = ["agentId", "agent_id", "userId", "user_id", "ccId", "cc_id"];
    let names = ["agentName", "agent_name", "userName", "user_name"];
    Some(AgentRef {
        id: other_id(row, &ids)?,
        name: wire::text(row, &names, Reading::Name, NAME_LIMIT),
    })
}

/// The grade in its one form: what it means is not decided here.
fn grade(row: &Row) -> Option<String> {
    wire::text(row, &["grade"], Reading::Grade, NAME_LIMIT)
}
