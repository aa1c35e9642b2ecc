//! Writing dial tasks, and giving them to packages.

use std::collections::{BTreeMap, HashMap};

use crate::{
    domain::{
        audit::Record,
        change::{Change, GivenId},
        fields::Fields,
        filter::Filter,
        package_rules::Link,
        page::MAX_SELECTED,
        problem::{Code, Path, Problems},
        task::{TaskFields, TaskInput},
        viewer::Viewer,
    },
    service::{
        audit::{changed, object},
        idempotency::read_key,
        package_rules,
        task_facts::leaves_none_out,
        write::{Result, Work, WriteError, Writer, accepted, check_version, no},
    },
    store::{
        call_edits, claim_calls, delete_row, find_by_ids, lock_rows, matching,
        packages::{PackageRow, Packages},
        recounts, rollups, tag_counts, tags, task_edits,
        tasks::{TASKS, TaskRow, Tasks},
        write_calls,
    },
};

/// Adds a task. A repeat with the same `key` gives the task that the first one made, as it is now;
/// none if it was deleted since.
///
/// # Errors
/// Every problem of the input, or when the database fails; nothing is written then.
pub async fn create(
    writer: &Writer<'_>,
    input: &TaskInput,
    key: Option<&str>,
) -> Result<Option<TaskRow>> {
    let created = writer.write("createTask", async move |work: &Work| {
        // Rules of packages stay as they are until the task is there.
        write_calls(&work.tx).await?;
        let mut problems = Problems::default();
        let fields = TaskFields::read(None, input.clone(), &mut problems);
        let key = read_key(key, &mut problems);
        if let (Some(fields), true) = (&fields, problems.is_empty())
            && let Some(id) = work.earlier(key.as_deref(), fields).await?
        {
            return Ok(find_by_ids::<Tasks>(&work.tx, &[id]).await?.pop());
        }
        hold_package(work, &input.package, &mut problems).await?;
        let mut fields = accepted(fields, problems)?;
        if !fields.link.is_by_hand() {
            fields.link = package_rules::link_of_new(&work.tx, &fields.task_name).await?;
        }
        let record = fields.record();
        let task = task_edits::create(&work.tx, fields, work.now).await?;
        work.keep_answer(key.as_deref(), &task.id).await?;
        let added = changed(object::TASK, &task.id, &Record::default(), &record);
        work.record(vec![added]).await?;
        Ok(Some(task))
    });
    let created = created.await?;
    writer.prune_keys(key).await;
    Ok(created)
}

async fn hold_package(
    work: &Work,
    package: &Change<GivenId>,
    problems: &mut Problems,
) -> Result<()> {
    work.hold::<Packages>("packageId", object::PACKAGE, package, problems)
        .await
}

/// Changes a task.
///
/// # Errors
/// Every problem of the input, a stale `expected_version` and a status that cannot follow among
/// them, or when the database fails; nothing is written then.
pub async fn update(
    writer: &Writer<'_>,
    id: &GivenId,
    input: &TaskInput,
    expected_version: Option<i64>,
) -> Result<TaskRow> {
    writer
        .write("updateTask", async move |work: &Work| {
            write_calls(&work.tx).await?;
            let mut problems = Problems::default();
            // Packages before tasks, in the order in which every writer locks.
            hold_package(work, &input.package, &mut problems).await?;
            let row = work.lock::<Tasks>(object::TASK, id).await?;
            check_version(expected_version, row.version, &mut problems);
            let before = task_edits::fields(&row);
            let after = TaskFields::read(Some(&before), input.clone(), &mut problems);
            let mut after = accepted(after, problems)?;
            if after.task_name != before.task_name && !after.link.is_by_hand() {
                let name = &after.task_name;
                after.link = package_rules::link_of(&work.tx, row.id, name).await?;
            }
            if after == before {
                return Ok(row);
            }
            let change = changed(object::TASK, &row.id, &before.record(), &after.record());
            work.record(vec![change]).await?;
            Ok(task_edits::update(&work.tx, &row, after, work.now).await?)
        })
        .await
}

/// What was deleted with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletedTask {
    /// Its id.
    pub id: i64,
    /// Calls that it dialled.
    pub calls: u64,
    /// Tags of those.
    pub tags: u64,
    /// Calls that it dialled and that are kept no longer: figures count them as calls without a task.
    pub kept_calls: i64,
}

/// Deletes a task with its calls and their tags; figures no longer count them. What calls counted for
/// that were deleted for their age stays in the figures of their days, without a task. A task that
/// the platform knows comes back with its next record.
///
/// # Errors
/// When there is no such task or not in the version expected, or when the database fails; nothing
/// is written then.
pub async fn delete(
    writer: &Writer<'_>,
    id: &GivenId,
    expected_version: Option<i64>,
) -> Result<DeletedTask> {
    writer
        .write("deleteTask", async move |work: &Work| {
            // Its calls must not change between counting and deleting them.
            claim_calls(&work.tx).await?;
            let row = work.lock::<Tasks>(object::TASK, id).await?;
            let mut problems = Problems::default();
            check_version(expected_version, row.version, &mut problems);
            accepted(Some(()), problems)?;
            let (deltas, kept_calls) = recounts::without_task(&work.tx, row.id).await?;
            let deleted = DeletedTask {
                id: row.id,
                tags: tags::remove_all_of_task(&work.tx, row.id).await?,
                calls: call_edits::delete_of_task(&work.tx, row.id).await?,
                kept_calls,
            };
            delete_row::<Tasks>(&work.tx, row.id).await?;
            rollups::apply(&work.tx, &deltas).await?;
            tag_counts::forget_task(&work.tx, row.id).await?;
            let before = task_edits::fields(&row).record();
            let gone = changed(object::TASK, &row.id, &before, &Record::default());
            let counts = [
                ("deletedCalls", deleted.calls),
                ("deletedTags", deleted.tags),
            ];
            let kept = (kept_calls > 0).then(|| ("keptCalls", kept_calls.unsigned_abs()));
            work.record_with(gone, counts.into_iter().chain(kept))
                .await?;
            Ok(deleted)
        })
        .await
}

/// Which tasks are given to a package.
#[derive(Debug, Clone)]
pub enum TaskSelection {
    /// Those with these ids.
    Ids(Vec<GivenId>),
    /// Those that pass.
    Filter {
        /// What they pass.
        filter: Filter,
        /// The first place where it asks nothing, maybe because a variable was not sent.
        hole: Option<Path>,
    },
    /// Neither was said.
    None,
    /// Both were.
    Both,
}

/// What came of giving tasks to a package.
#[derive(Debug, Clone)]
pub struct Assigned {
    /// The package; none where tasks were unlinked.
    pub package: Option<PackageRow>,
    /// How many tasks did not belong to it before.
    pub assigned: usize,
    /// All that were selected, as they are now, in the order of the selection.
    pub tasks: Vec<TaskRow>,
}

/// What tasks are to belong to.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The package; null for none.
    pub package: Change<GivenId>,
    /// Whatever claims them: what a person decided before is given up.
    pub by_rules: bool,
}

/// Gives tasks to a package, or, for null, to none, or back to what claims them.
///
/// # Errors
/// Every problem of the input, or when the database fails; nothing is written then.
pub async fn assign(
    writer: &Writer<'_>,
    to: &Assignment,
    selection: &TaskSelection,
) -> Result<Assigned> {
    let viewer = writer.viewer;
    writer
        .write("assignTasks", async move |work: &Work| {
            write_calls(&work.tx).await?;
            let mut problems = Problems::default();
            hold_package(work, &to.package, &mut problems).await?;
            let package_id = read_package(to, &mut problems);
            let tasks = match selection {
                TaskSelection::Ids(ids) => select_by_id(work, ids, &mut problems).await?,
                TaskSelection::Filter { filter, hole } => {
                    select_by_filter(work, viewer, filter, hole.as_ref()).await?
                }
                TaskSelection::None => {
                    let message = "give `taskIds`, or a `filter`";
                    problems.note(Path::input().field("taskIds"), Code::Required, message);
                    Vec::new()
                }
                TaskSelection::Both => {
                    let message = "give either `taskIds` or `filter`, not both";
                    problems.note(Path::input().field("taskIds"), Code::Conflicting, message);
                    Vec::new()
                }
            };
            accepted(Some(()), problems)?;
            let selected: Vec<i64> = tasks.iter().map(|task| task.id).collect();
            let links = if to.by_rules {
                package_rules::links_of(&work.tx, &selected).await?
            } else {
                let link = Link::by_hand(package_id);
                selected.iter().map(|id| (*id, link)).collect()
            };
            let assigned = link_as(work, &tasks, &links).await?;
            let mut rows: BTreeMap<i64, TaskRow> = find_by_ids::<Tasks>(&work.tx, &selected)
                .await?
                .into_iter()
                .map(|task| (task.id, task))
                .collect();
            Ok(Assigned {
                package: match package_id {
                    Some(id) => find_by_ids::<Packages>(&work.tx, &[id]).await?.pop(),
                    None => None,
                },
                assigned,
                tasks: selected.iter().filter_map(|id| rows.remove(id)).collect(),
            })
        })
        .await
}

/// Links locked tasks, and records what changes. Returns how many tasks changed their package.
async fn link_as(work: &Work, tasks: &[TaskRow], links: &HashMap<i64, Link>) -> Result<usize> {
    let mut groups: HashMap<Link, Vec<i64>> = HashMap::new();
    let (mut records, mut moved) = (Vec::new(), 0);
    for task in tasks {
        let (before, after) = (task_edits::link_of(task), links.get(&task.id).copied());
        let Some(after) = after.filter(|after| *after != before) else {
            continue;
        };
        groups.entry(after).or_default().push(task.id);
        moved += usize::from(before.package_id != after.package_id);
        let (before, after) = (
            package_rules::recorded(before),
            package_rules::recorded(after),
        );
        records.push(changed(object::TASK, &task.id, &before, &after));
    }
    for (link, ids) in groups {
        task_edits::link(&work.tx, &ids, link, work.now).await?;
    }
    if !records.is_empty() {
        work.record(records).await?;
    }
    Ok(moved)
}

/// Null unlinks; saying nothing is a mistake, unless the tasks are given back to what claims them.
fn read_package(to: &Assignment, problems: &mut Problems) -> Option<i64> {
    let mut fields = Fields::new(Path::input(), problems);
    let package = to.package.clone();
    match (package.is_said(), to.by_rules) {
        (false, false) => {
            let message = "packageId has to be given; null takes the tasks from their packages, and byRules gives them back to the rules of packages";
            fields.note("packageId", Code::Required, message);
        }
        (true, true) => {
            let message = "give either packageId or byRules, not both";
            fields.note("byRules", Code::Conflicting, message);
        }
        _ => {}
    }
    fields.id("packageId", package, None)
}

/// Locks the tasks that pass the filter, and returns them oldest first. One that changes while they
/// are looked up is taken as it was.
async fn select_by_filter(
    work: &Work,
    viewer: &Viewer,
    filter: &Filter,
    hole: Option<&Path>,
) -> Result<Vec<TaskRow>> {
    if leaves_none_out(filter, work.now) {
        let message = "the filter leaves no task out, and every task there is cannot be meant: a condition whose variable is not sent is left out";
        let path = Path::input().field("filter");
        return Err(WriteError::refused(path, Code::Required, message));
    }
    if let Some(path) = hole {
        let message = "nothing is asked here, and what is to be written must not depend on a variable that was not sent: give the condition, or leave the field out";
        return Err(WriteError::refused(path.clone(), Code::Required, message));
    }
    let most = MAX_SELECTED as u64;
    let ids = matching(&work.tx, viewer, &TASKS, filter, most + 1).await?;
    if ids.len() > MAX_SELECTED {
        let message = format!(
            "at most {MAX_SELECTED} tasks are taken at once, and more than that pass the filter"
        );
        let path = Path::input().field("filter");
        return Err(WriteError::refused(path, Code::TooMany, message));
    }
    Ok(lock_rows::<Tasks>(&work.tx, &ids).await?)
}

/// Locks the tasks with these ids, each once, and returns them in the order of the ids.
async fn select_by_id(
    work: &Work,
    ids: &[GivenId],
    problems: &mut Problems,
) -> Result<Vec<TaskRow>> {
    let path = Path::input().field("taskIds");
    let refused = |code, message: String| WriteError::refused(path.clone(), code, message);
    if ids.is_empty() {
        let message = "at least one task has to be given".to_owned();
        return Err(refused(Code::Required, message));
    }
    if ids.len() > MAX_SELECTED {
        let message = format!(
            "at most {MAX_SELECTED} tasks are taken at once, and {} were given",
            ids.len()
        );
        return Err(refused(Code::TooMany, message));
    }
    let known: Vec<i64> = ids.iter().flatten().copied().collect();
    let mut rows: BTreeMap<i64, Option<TaskRow>> = lock_rows::<Tasks>(&work.tx, &known)
        .await?
        .into_iter()
        .map(|row| (row.id, Some(row)))
        .collect();
    let mut tasks = Vec::with_capacity(rows.len());
    for (index, id) in ids.iter().enumerate() {
        match id {
            Err(message) => problems.note(path.item(index), Code::InvalidId, message),
            Ok(id) => match rows.get_mut(id) {
                None => problems.note(path.item(index), Code::NotFound, no(object::TASK)),
                Some(row) => tasks.extend(row.take()),
            },
        }
    }
    Ok(tasks)
}
