//! Importing calls in bulk: each row is stored, or says why not; bad rows do not stop good ones.
//!
//! Imported calls, tasks and agents have ids of their own: the platform may use the same ones. A row that
//! says by the platform's id that it is one of its calls adds to it what the platform does not say.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

pub use crate::service::{
    import_results::{RowNote, RowProblem, RowResult, RowStatus, count},
    import_rows::{GivenReference, ImportRow},
};
use crate::{
    domain::{
        call::{CallFields, not_kept_before},
        dialing::CallSource,
        fingerprint::fingerprint,
        incoming::{IncomingCall, LinkedCall, PlatformAgent, PlatformTask},
        problem::{Code, Path, Problems},
        pushed_call::{PushKind, PushedCall},
    },
    service::{
        audit::object,
        idempotency::read_key,
        import_edits::edited,
        import_rows::{CallKey, ReadRow, Reference, read},
        ingest::{Outcome, ingest_each},
        push::{self, Filling},
        write::{Result, Work, WriteError, Writer, no},
    },
    store::{
        agents, agents::Agents, call_batches, claim_calls, naming, retention, tasks::Tasks,
        write_calls,
    },
};

/// Most rows of one import.
pub const MAX_ROWS: usize = 5_000;

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
        .write("importCalls", async move |work: &Work| {
            // What is said of calls of the platform is kept beside what it pushes.
            if rows.iter().any(|row| row.platform_call().is_some()) {
                claim_calls(&work.tx).await?;
            } else {
                write_calls(&work.tx).await?;
            }
            if let Some(earlier) = work.earlier(key, &input).await? {
                return Ok(earlier);
            }
            let results = store(work, rows.clone(), path).await?;
            work.keep_answer(key, &results).await?;
            record(work, &results).await?;
            Ok(results)
        })
        .await?;
    writer.prune_keys(key).await;
    Ok(results)
}

/// Stores the rows that can be, all at once.
async fn store(work: &Work, mut rows: Vec<ReadRow>, path: &Path) -> Result<Vec<RowResult>> {
    let horizon = retention::held_horizon(&work.tx).await?;
    check_references(work, &mut rows, path).await?;
    check_platform(work, horizon, &mut rows, path).await?;
    check_kept(work, horizon, &mut rows, path);
    let seats = known_seats(work, &rows).await?;
    let (mut calls, mut pushes) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows.iter().filter(|row| row.problems.is_empty()) {
        let Some(fields) = row.fields.clone() else {
            continue;
        };
        let ids = (fields.task_id, fields.agent_id);
        match &row.key {
            Some(CallKey::Imported(id)) => {
                calls.push((incoming(id.clone(), fields, row, &seats), ids));
            }
            Some(CallKey::Platform(id)) => pushes.push(pushed(id.clone(), fields, row)),
            None => {}
        }
    }
    let batch: Vec<LinkedCall<'_>> = calls
        .iter()
        .map(|(call, (task_id, agent_id))| LinkedCall {
            call,
            task_id: *task_id,
            agent_id: *agent_id,
            version: None,
            listed_day: None,
        })
        .collect();
    let (zone, now) = (work.zone, work.now);
    let outcomes = ingest_each(&work.tx, zone, CallSource::Import, &batch, now).await?;
    let edited = edited(&work.tx, &batch, &outcomes).await?;
    let filling = if pushes.is_empty() {
        Filling::default()
    } else {
        push::merge(&work.tx, zone, PushKind::Import, &pushes, now).await?
    };
    let status = |row: &ReadRow| match &row.key {
        _ if !row.problems.is_empty() => RowStatus::Invalid,
        Some(CallKey::Imported(id)) => match outcomes.get(id.as_str()) {
            Some(Outcome::Inserted) => RowStatus::Created,
            Some(Outcome::Updated) => RowStatus::Updated,
            Some(Outcome::Unchanged) | None => RowStatus::Unchanged,
        },
        Some(CallKey::Platform(id)) if filling.changed.contains(id) => RowStatus::Updated,
        Some(CallKey::Platform(_)) => RowStatus::Unchanged,
        None => RowStatus::Invalid,
    };
    let is_edited = |row: &ReadRow| match &row.key {
        Some(CallKey::Imported(id)) => edited.contains(id),
        Some(CallKey::Platform(id)) => filling.edited.contains(id),
        None => false,
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let status = status(&row);
            let is_edited = status == RowStatus::Unchanged && is_edited(&row);
            row.result(status, is_edited.then_some(RowNote::EditedSince))
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

/// Notes the platform's ids of calls, tasks and agents that are not known here, and links imported calls
/// with the tasks and agents that they refer to by the platform's id.
async fn check_platform(
    work: &Work,
    horizon: Option<NaiveDate>,
    rows: &mut [ReadRow],
    path: &Path,
) -> Result<()> {
    fn ids<'a>(rows: &'a [ReadRow], id: fn(&'a ReadRow) -> Option<&'a str>) -> Vec<&'a str> {
        let ids: BTreeSet<&str> = rows.iter().filter_map(id).collect();
        ids.into_iter().collect()
    }
    let (tx, source) = (&work.tx, CallSource::Guanke);
    let calls = ids(rows, ReadRow::platform_call);
    let (known, removed) = if calls.is_empty() {
        Default::default()
    } else {
        let known = call_batches::days(tx, source, &calls).await?;
        (known, call_batches::removed(tx, &calls).await?)
    };
    let tasks = ids(rows, |row| row.task.as_ref()?.platform_id());
    let tasks = naming::ids::<Tasks>(tx, source, &tasks).await?;
    let agents = ids(rows, |row| row.agent.as_ref()?.platform_id());
    let agents = naming::ids::<Agents>(tx, source, &agents).await?;
    for (index, row) in rows.iter_mut().enumerate() {
        let path = path.item(index);
        let mut note = |field: &str, code: Code, message: &str| {
            row.problems.note(path.field(field), code, message);
        };
        let is_platforms = row.key.as_ref().is_some_and(|key| {
            let CallKey::Platform(id) = key else {
                return false;
            };
            let day = known.get(id).copied();
            if removed.contains(id) {
                let message = "the platform has this call no longer, so that it cannot be changed";
                note("platformCallId", Code::Removed, message);
            } else if let Some((first, day)) = horizon.zip(day).filter(|(first, day)| day < first) {
                let message = format!("the call is of {day}, and {}", not_kept_before(first));
                note("platformCallId", Code::OutOfRange, &message);
            } else if day.is_none() {
                let mut message = "no call of the platform with this id is stored here: read its day first, with resyncDays or dialgraph sync".to_owned();
                if let Some(first) = horizon {
                    message = format!("{message}; {}", not_kept_before(first));
                }
                note("platformCallId", Code::NotFound, &message);
            }
            true
        });
        let mut linked =
            |field: &str, reference: Option<&Reference>, known: &HashMap<String, i64>| {
                let id = known.get(reference?.platform_id()?);
                if id.is_none() {
                    let message = "the platform has used this id in no call that is stored here";
                    note(field, Code::NotFound, message);
                }
                id.copied().filter(|_| !is_platforms)
            };
        let task_id = linked("platformTaskId", row.task.as_ref(), &tasks);
        let agent_id = linked("platformAgentId", row.agent.as_ref(), &agents);
        if let Some(fields) = &mut row.fields {
            fields.task_id = task_id.or(fields.task_id);
            fields.agent_id = agent_id.or(fields.agent_id);
        }
    }
    Ok(())
}

/// Notes calls of days whose calls are not kept any more.
fn check_kept(work: &Work, horizon: Option<NaiveDate>, rows: &mut [ReadRow], path: &Path) {
    let Some(horizon) = horizon else {
        return;
    };
    for (index, row) in rows.iter_mut().enumerate() {
        let is_stored = row.platform_call().is_some();
        if let Some(fields) = row.fields.as_ref().filter(|_| !is_stored) {
            fields.check_kept(work.zone, horizon, &path.item(index), &mut row.problems);
        }
    }
}

/// Which of the agents that rows name are known here, and whether they are seats: an import knows
/// names only.
async fn known_seats(work: &Work, rows: &[ReadRow]) -> Result<HashMap<String, bool>> {
    let names = rows.iter().filter_map(|row| match row.agent.as_ref()? {
        Reference::Imported(id, _) => Some(id.as_str()),
        Reference::Platform(_) => None,
    });
    let names: BTreeSet<&str> = names.collect();
    let names: Vec<&str> = names.into_iter().collect();
    Ok(agents::seats(&work.tx, CallSource::Import, &names).await?)
}

/// An imported call. Tasks and agents that go by the platform's ids are linked by ours.
fn incoming(
    external_id: String,
    fields: CallFields,
    row: &ReadRow,
    seats: &HashMap<String, bool>,
) -> IncomingCall {
    let named = |reference: &Option<Reference>| match reference.clone()? {
        Reference::Imported(id, name) => Some((id, name)),
        Reference::Platform(_) => None,
    };
    IncomingCall {
        external_id,
        task: named(&row.task).map(|(external_id, name)| PlatformTask {
            external_id,
            name,
            package: None,
        }),
        agent: named(&row.agent).map(|(external_id, name)| PlatformAgent {
            is_seat: seats.get(&external_id).copied().unwrap_or(true),
            external_id,
            name,
        }),
        phone_number: fields.phone_number,
        call_time: fields.call_time,
        duration: fields.duration,
        result: fields.result,
        details: fields.details,
        tags: row.tags.clone(),
    }
}

/// What a row says of a call of the platform: it fills gaps of it as a push does.
fn pushed(external_id: String, fields: CallFields, row: &ReadRow) -> PushedCall {
    let id = |reference: &Option<Reference>| Some(reference.as_ref()?.platform_id()?.to_owned());
    PushedCall {
        external_id,
        task: id(&row.task).map(|external_id| PlatformTask {
            external_id,
            name: None,
            package: None,
        }),
        agent: id(&row.agent).map(|external_id| PlatformAgent {
            external_id,
            name: None,
            is_seat: true,
        }),
        call_time: None,
        duration: None,
        result: None,
        phone_number: fields.phone_number,
        details: fields.details,
        tags: row.tags.clone(),
    }
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
