//! A call record as we keep it, and its strict reading from the lenient JSON.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::domain::call_details::CallDetails;
use crate::domain::dialing::{CallResult, Tag};
use crate::domain::phone::masked;

use super::error::Error;
use super::fields::{self, AgentRef};
use super::hangup;
use super::listing::Listing;
use super::wire::{self, Row};

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
    /// Every row as it came, usable or not, in the platform's order.
    pub raw: Vec<RawRecord>,
    /// How often the page had to be asked for again.
    pub retries: u32,
}

/// A row as it came. It holds personal data, so its text is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct RawRecord {
    /// Its id, if it had one.
    pub id: Option<String>,
    /// Its JSON text, to be read again by [`record_of`].
    pub json: Box<str>,
}

impl fmt::Debug for RawRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawRecord")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A row that cannot become a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableRecord {
    /// Its id, if it had one.
    pub id: Option<String>,
    /// What is wrong with it.
    pub reason: String,
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
    /// The package that our own `params` name.
    pub package: Option<String>,
    /// The number dialled, in its one form; the real one where the platform tells it, else it may be
    /// masked.
    pub phone_number: Option<String>,
    /// When it was dialled, to the second.
    pub call_time: DateTime<Utc>,
    /// Talk time in seconds.
    pub duration_seconds: u32,
    /// How it ended.
    pub result: CallResult,
    /// What else is known of it.
    pub details: CallDetails,
    /// Whose call it is.
    pub agent: Option<AgentRef>,
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
            .field("grade", &self.details.grade)
            .field("agent_id", &self.agent.as_ref().map(|agent| &agent.id))
            .finish_non_exhaustive()
    }
}

/// Reads the `data` of an answer; null is an empty page.
pub(super) fn page(data: &RawValue) -> Result<RecordPage, Error> {
    let listing = Listing::read(data, &["data", "content", "list"])?;
    let mut page = RecordPage {
        received: listing.rows.len(),
        total_count: total_count(&listing),
        ..RecordPage::default()
    };
    for row in listing.rows {
        let json = row.get();
        let reading = record_of(json);
        let id = match &reading {
            Ok(reading) => Some(reading.id().to_owned()),
            Err(unusable) => unusable.id.clone(),
        };
        page.raw.push(RawRecord {
            id,
            json: json.into(),
        });
        match reading {
            Ok(Reading::Call(record)) => page.records.push(*record),
            Ok(Reading::Undialled(id)) => page.undialled.push(id),
            Err(unusable) => page.unusable.push(unusable),
        }
    }
    Ok(page)
}

fn total_count(listing: &Listing<'_>) -> Option<u64> {
    let count = listing.field(&["totalCount", "total_count", "total"])?;
    wire::count(&count)
}

/// What a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// A call.
    Call(Box<CallRecord>),
    /// What waits to be dialled, and needs no call time for that: its id.
    Undialled(String),
}

impl Reading {
    /// The platform's id of it.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Call(record) => &record.id,
            Self::Undialled(id) => id,
        }
    }
}

/// Reads the JSON text of one record, as [`RawRecord`] keeps it.
///
/// # Errors
/// [`UnusableRecord`] for what cannot become a call.
pub fn record_of(json: &str) -> Result<Reading, UnusableRecord> {
    let unusable = |id: Option<&String>, reason: &str| UnusableRecord {
        id: id.cloned(),
        reason: reason.to_owned(),
    };
    let row = wire::json(json).map_err(|_| unusable(None, "record that is no JSON"))?;
    let row = row
        .as_object()
        .ok_or_else(|| unusable(None, "record that is no object"))?;
    let id = wire::field(row, &["id", "cdr_id", "cdrId"])
        .and_then(wire::identifier)
        .ok_or_else(|| unusable(None, "record without id"))?;
    if fields::is_undialled(row) {
        return Ok(Reading::Undialled(id));
    }
    let call_time = wire::field(row, &fields::CALL_TIME)
        .ok_or_else(|| unusable(Some(&id), "record without call time"))?;
    let call_time = wire::instant(call_time)
        .ok_or_else(|| unusable(Some(&id), "record with an unreadable call time"))?;
    Ok(Reading::Call(Box::new(readable(row, id, call_time))))
}

/// A record whose id and time are known: nothing else in it can be wrong enough to refuse it.
fn readable(row: &Row, id: String, call_time: DateTime<Utc>) -> CallRecord {
    let said = fields::read(row, id, &fields::ANSWERS);
    let duration_seconds = said.duration_seconds.unwrap_or_default();
    CallRecord {
        call_time,
        duration_seconds,
        result: hangup::result_of(
            fields::is_connected(row),
            said.details.hangup_reason.as_deref(),
            duration_seconds,
        ),
        id: said.id,
        task_id: said.task_id,
        task_name: said.task_name,
        package: said.package,
        phone_number: said.phone_number,
        details: said.details,
        agent: said.agent,
        tags: said.tags,
    }
}
