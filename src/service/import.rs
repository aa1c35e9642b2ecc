//! Importing calls in bulk: each row is stored, or says why not; bad rows do not stop good ones.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{
    audit::object,
    idempotency::read_key,
    ingest::{Outcome, ingest_each},
    write::{Result, Work, WriteError, Writer, no},
};
use crate::{
    domain::{
        call::{CallFields, CallInput, GivenTag, read_tags},
        change::Change,
        dialing::{CallSource, Tag},
        fields::{Fields, TextRule},
        fingerprint::fingerprint,
        incoming::{IncomingCall, LinkedCall, PlatformAgent, PlatformTask},
        problem::{Code, Path, Problems},
    },
    store::{agents, agents::Agents, retention, tasks::Tasks, write_calls},
};

/// Most rows of one import.
pub const MAX_ROWS: usize = 5_000;

/// A row as it was given.
#[derive(Debug, Clone, Default, Hash)]
pub struct ImportRow {
    /// The key: a row with the external id of a stored call replaces that call.
    pub external_id: Change<String>,
    /// The call; its task and agent by our own ids.
    pub call: CallInput,
    /// The task by the other system's id, and its name there.
    pub task: (Change<String>, Change<String>),
    /// The agent by the other system's id, and their name there.
    pub agent: (Change<String>, Change<String>),
    /// Its tags.
    pub tags: Vec<GivenTag>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RowStatus {
    /// A new call.
    Created,
    /// A stored call was replaced.
    Updated,
    /// The call is stored like this already.
    Unchanged,
    /// Nothing was stored.
    Invalid,
}

/// A problem of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProblem {
    /// Where.
    pub path: Vec<String>,
    /// Its stable code.
    pub code: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// The answer to a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowResult {
    /// Its external id, if it has one that can be used.
    pub external_id: Option<String>,
    /// What became of it.
    pub status: RowStatus,
    /// What is wrong with an invalid one.
    pub problems: Vec<RowProblem>,
}

/// A row that was read: what can be stored, and what is wrong.
#[derive(Debug, Clone)]
struct ReadRow {
    external_id: Option<String>,
    fields: Option<CallFields>,
    task: Option<(String, Option<String>)>,
    agent: Option<(String, Option<String>)>,
    tags: Vec<Tag>,
    problems: Problems,
}

/// Imports calls. The answers come in the order of the rows; a repeat with the same `key` gives the
/// answers of the first one and writes nothing.
///
/// # Errors
/// Problems of the whole input: no rows, too many, a key that cannot be used; or when the database
/// fails. Nothing is written then.
pub async fn import(
    writer: &Writer<'_>,
    rows: Vec<ImportRow>,
    key: Option<&str>,
) -> Result<Vec<RowResult>> {
    let mut problems = Problems::default();
    let path = Path::input().field("rows");
    if rows.is_empty() {
        let message = "at least one row has to be given";
        problems.note(path.clone(), Code::Required, message);
    }
    if rows.len() > MAX_ROWS {
        let message = format!(
            "at most {MAX_ROWS} rows are taken at once, and {} were given",
            rows.len()
        );
        problems.note(path.clone(), Code::TooMany, message);
    }
    let key = read_key(key, &mut problems);
    if !problems.is_empty() {
        return Err(WriteError::Refused(problems));
    }
    // As it was given: what is wrong with a row can depend on the time of day.
    let input = fingerprint(&rows);
    let rows = &read(writer, rows, &path);
    let (path, key) = (&path, key.as_deref());
    let results = writer
        .write("importCalls", || {
            async move |work: &Work| {
                write_calls(&work.tx).await?;
                if let Some(earlier) = work.earlier(key, &input).await? {
                    return Ok(earlier);
                }
                let results = store(work, rows.clone(), path).await?;
                work.keep_answer(key, &results).await?;
                record(work, &results).await?;
                Ok(results)
            }
        })
        .await?;
    writer.prune_keys(key).await;
    Ok(results)
}

impl ReadRow {
    fn result(self, status: RowStatus) -> RowResult {
        let problem = |problem: crate::domain::problem::Problem| RowProblem {
            path: problem.path.into(),
            code: problem.code.to_string(),
            message: problem.message,
        };
        RowResult {
            external_id: self.external_id,
            status,
            problems: self.problems.into_iter().map(problem).collect(),
        }
    }
}

fn read(writer: &Writer<'_>, rows: Vec<ImportRow>, path: &Path) -> Vec<ReadRow> {
    let mut seen = HashSet::with_capacity(rows.len());
    let mut read = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let path = path.item(index);
        let mut row = read_row(writer, row, &path);
        if let Some(id) = &row.external_id
            && !seen.insert(id.clone())
        {
            let message = "an earlier row of this import has the same externalId";
            let path = path.field("externalId");
            row.problems.note(path, Code::Duplicate, message);
        }
        read.push(row);
    }
    read
}

fn read_row(writer: &Writer<'_>, row: ImportRow, path: &Path) -> ReadRow {
    let mut problems = Problems::default();
    let has_task = row.call.task.is_said();
    let has_agent = row.call.agent.is_said();
    let fields = CallFields::read(None, row.call, path.clone(), writer.now, &mut problems);
    let tags = read_tags(row.tags, &path.field("tags"), &mut problems);
    let mut reader = Fields::new(path.clone(), &mut problems);
    let external_id = reader.required_text("externalId", TextRule::SHORT, row.external_id, None);
    let task = read_named(&mut reader, "task", has_task, row.task);
    let agent = read_named(&mut reader, "agent", has_agent, row.agent);
    ReadRow {
        external_id,
        fields,
        task,
        agent,
        tags,
        problems,
    }
}

/// Reads the other system's id and name of a `task` or an `agent`, which is named in one way only.
fn read_named(
    fields: &mut Fields<'_>,
    what: &str,
    has_own_id: bool,
    (id, name): (Change<String>, Change<String>),
) -> Option<(String, Option<String>)> {
    let (id_field, name_field) = (format!("{what}ExternalId"), format!("{what}Name"));
    let id = fields.text(&id_field, TextRule::SHORT, id, None);
    let name = fields.text(&name_field, TextRule::SHORT, name, None);
    match (id, name) {
        (Some(_), _) if has_own_id => {
            let message = format!("give either {what}Id or {id_field}, not both");
            fields.note(&id_field, Code::Conflicting, message);
            None
        }
        (Some(id), name) => Some((id, name)),
        (None, Some(_)) => {
            let message = format!("{name_field} needs {id_field}");
            fields.note(&id_field, Code::Required, message);
            None
        }
        (None, None) => None,
    }
}

/// Stores the rows that can be, all at once.
async fn store(work: &Work, mut rows: Vec<ReadRow>, path: &Path) -> Result<Vec<RowResult>> {
    check_references(work, &mut rows, path).await?;
    check_kept(work, &mut rows, path).await?;
    let seats = known_seats(work, &rows).await?;
    let mut calls = Vec::with_capacity(rows.len());
    for row in rows.iter().filter(|row| row.problems.is_empty()) {
        if let (Some(external_id), Some(fields)) = (&row.external_id, &row.fields) {
            let ids = (fields.task_id, fields.agent_id);
            let call = incoming(external_id.clone(), fields.clone(), row, &seats);
            calls.push((call, ids));
        }
    }
    let batch: Vec<LinkedCall<'_>> = calls
        .iter()
        .map(|(call, (task_id, agent_id))| LinkedCall {
            call,
            task_id: *task_id,
            agent_id: *agent_id,
            version: None,
        })
        .collect();
    let (zone, now) = (work.zone, work.now);
    let outcomes = ingest_each(&work.tx, zone, CallSource::Import, &batch, now).await?;
    let status = |row: &ReadRow| match row.external_id.as_deref() {
        Some(id) if row.problems.is_empty() => match outcomes.get(id) {
            Some(Outcome::Inserted) => RowStatus::Created,
            Some(Outcome::Updated) => RowStatus::Updated,
            Some(Outcome::Unchanged) | None => RowStatus::Unchanged,
        },
        _ => RowStatus::Invalid,
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let status = status(&row);
            row.result(status)
        })
        .collect())
}

/// Notes ids of tasks and agents that refer to nothing; the others cannot be deleted meanwhile.
async fn check_references(work: &Work, rows: &mut [ReadRow], path: &Path) -> Result<()> {
    let ids = |id: fn(&CallFields) -> Option<i64>| -> Vec<i64> {
        rows.iter()
            .filter_map(|row| id(row.fields.as_ref()?))
            .collect()
    };
    let (tasks, agents) = (ids(|call| call.task_id), ids(|call| call.agent_id));
    let tasks = work.hold_all::<Tasks>(tasks).await?;
    let agents = work.hold_all::<Agents>(agents).await?;
    for (index, row) in rows.iter_mut().enumerate() {
        let Some(fields) = &row.fields else {
            continue;
        };
        for (name, what, id, known) in [
            ("taskId", object::TASK, fields.task_id, &tasks),
            ("agentId", object::AGENT, fields.agent_id, &agents),
        ] {
            if id.is_some_and(|id| !known.contains(&id)) {
                let path = path.item(index).field(name);
                row.problems.note(path, Code::NotFound, no(what));
            }
        }
    }
    Ok(())
}

/// Notes calls of days whose calls are not kept any more.
async fn check_kept(work: &Work, rows: &mut [ReadRow], path: &Path) -> Result<()> {
    let Some(horizon) = retention::held_horizon(&work.tx).await? else {
        return Ok(());
    };
    for (index, row) in rows.iter_mut().enumerate() {
        if let Some(fields) = &row.fields {
            fields.check_kept(work.zone, horizon, &path.item(index), &mut row.problems);
        }
    }
    Ok(())
}

/// Which of the agents that rows name are known here, and whether they are seats: an import knows
/// names only.
async fn known_seats(work: &Work, rows: &[ReadRow]) -> Result<HashMap<String, bool>> {
    let mut names: Vec<&str> = rows
        .iter()
        .filter_map(|row| Some(row.agent.as_ref()?.0.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    Ok(agents::seats(&work.tx, &names).await?)
}

fn incoming(
    external_id: String,
    fields: CallFields,
    row: &ReadRow,
    seats: &HashMap<String, bool>,
) -> IncomingCall {
    IncomingCall {
        external_id,
        task: row
            .task
            .clone()
            .map(|(external_id, name)| PlatformTask { external_id, name }),
        agent: row.agent.clone().map(|(external_id, name)| PlatformAgent {
            is_seat: seats.get(&external_id).copied().unwrap_or(true),
            external_id,
            name,
        }),
        phone_number: fields.phone_number,
        call_time: fields.call_time,
        duration: fields.duration,
        result: fields.result,
        grade: fields.grade,
        hangup_reason: fields.hangup_reason,
        notes: fields.notes,
        customer_name: fields.customer_name,
        company: fields.company,
        province: fields.province,
        city: fields.city,
        device_name: fields.device_name,
        recording_url: fields.recording_url,
        billed_amount: fields.billed_amount,
        tags: row.tags.clone(),
    }
}

/// How many rows came to `status`.
#[must_use]
pub fn count(results: &[RowResult], status: RowStatus) -> usize {
    results
        .iter()
        .filter(|result| result.status == status)
        .count()
}

/// Records an import that wrote something.
async fn record(work: &Work, results: &[RowResult]) -> Result<()> {
    let number = |status| count(results, status) as u64;
    let (created, updated) = (number(RowStatus::Created), number(RowStatus::Updated));
    if created + updated == 0 {
        return Ok(());
    }
    let counts = [
        ("created", created),
        ("updated", updated),
        ("unchanged", number(RowStatus::Unchanged)),
        ("invalid", number(RowStatus::Invalid)),
    ];
    work.record_counts(object::CALL, None, counts).await
}
