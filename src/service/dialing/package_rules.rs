//! Linking tasks to packages by what claims them, where no person decided.
//!
//! Whoever adds or renames tasks shares a lock with other writers of calls, and whoever changes what
//! claims them has it alone: no task slips between two versions of the rules.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        audit::Record,
        change::{Change, GivenId},
        package_rules::{Link, PackageRule, read_rules},
        problem::{Code, Path, Problems},
    },
    service::{
        audit::{changed, object},
        write::{Result, Work},
    },
    store::{
        Connection, Database, StoreError, Transaction, find_by_ids,
        package_rules::{self, LinkedTask},
        packages::{PackageRow, Packages},
        tasks::{TaskRow, Tasks},
    },
};

/// Most tasks that a preview lists.
pub const MAX_PREVIEWED: usize = 200;

/// What became of tasks when what claims them changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Tasks that came to a package.
    pub linked: u64,
    /// Tasks that left a package, and belong to none.
    pub unlinked: u64,
}

/// What a task belongs to, as records have it.
pub(in crate::service) fn recorded(link: Link) -> Record {
    Record::default()
        .with("packageId", link.package_id)
        .with("packageAssignedBy", link.by.map(<&str>::from))
}

/// Links those of `task_ids` that are new or have a new name, and those whose records name a package
/// that none named before, as `named` says (a task's id, and [`hint`]).
///
/// [`hint`]: crate::domain::package_rules::hint
pub(in crate::service) async fn follow(
    tx: &Transaction,
    task_ids: &[i64],
    named: &[(i64, String)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if task_ids.is_empty() && named.is_empty() {
        return Ok(());
    }
    let unruled = package_rules::unruled(tx, task_ids).await?;
    let mut ids: BTreeSet<i64> = unruled.iter().copied().collect();
    if !named.is_empty() {
        ids.extend(package_rules::add_hints(tx, named).await?);
    }
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = ids.into_iter().collect();
    let tasks = package_rules::tasks(tx, &ids).await?;
    link_again(tx, tasks, now).await?;
    package_rules::note_ruled(tx, &unruled).await
}

/// Links `tasks` that no person decided about as they are claimed now; returns those that changed, as
/// they were, and what they belong to.
async fn link_again(
    tx: &Transaction,
    tasks: Vec<LinkedTask>,
    now: DateTime<Utc>,
) -> Result<Vec<(LinkedTask, Link)>, StoreError> {
    let claims = package_rules::claims(tx, None).await?;
    let tasks = tasks.into_iter().filter(|task| !task.link.is_by_hand());
    let changed: Vec<(LinkedTask, Link)> = tasks
        .map(|task| {
            let link = claims.link(&task.name, &task.hints);
            (task, link)
        })
        .filter(|(task, link)| task.link != *link)
        .collect();
    let links: Vec<(i64, Link)> = changed
        .iter()
        .map(|(task, link)| (task.id, *link))
        .collect();
    package_rules::link(tx, &links, now).await?;
    Ok(changed)
}

/// What a task of this name, which no record was of yet, belongs to.
pub(in crate::service) async fn link_of_new(
    tx: &Transaction,
    name: &str,
) -> Result<Link, StoreError> {
    Ok(package_rules::claims(tx, None).await?.link(name, &[]))
}

/// What a task belongs to once it has this name and no person decides about it.
pub(in crate::service) async fn link_of(
    tx: &Transaction,
    id: i64,
    name: &str,
) -> Result<Link, StoreError> {
    let task = package_rules::tasks(tx, &[id]).await?.pop();
    let hints = task.map(|task| task.hints).unwrap_or_default();
    Ok(package_rules::claims(tx, None).await?.link(name, &hints))
}

/// What these tasks belong to once no person decides about them.
pub(in crate::service) async fn links_of(
    tx: &Transaction,
    ids: &[i64],
) -> Result<HashMap<i64, Link>, StoreError> {
    let claims = package_rules::claims(tx, None).await?;
    let tasks = package_rules::tasks(tx, ids).await?.into_iter();
    Ok(tasks
        .map(|task| (task.id, claims.link(&task.name, &task.hints)))
        .collect())
}

/// Links all tasks as they are claimed now; see [`link_again`]. The transaction must have claimed the
/// calls.
pub(in crate::service) async fn link_all(
    tx: &Transaction,
    now: DateTime<Utc>,
) -> Result<Vec<(LinkedTask, Link)>, StoreError> {
    let tasks = package_rules::every_task(tx).await?;
    link_again(tx, tasks, now).await
}

/// Links all tasks as they are claimed now that packages or their rules have changed, and records each
/// that moved. The transaction must have claimed the calls.
pub(in crate::service) async fn apply(work: &Work) -> Result<Moved> {
    let changes = link_all(&work.tx, work.now).await?;
    let mut moved = Moved::default();
    let mut records = Vec::new();
    for (task, link) in changes {
        if task.link.package_id == link.package_id {
            continue;
        }
        if link.package_id.is_some() {
            moved.linked += 1;
        } else {
            moved.unlinked += 1;
        }
        let (before, after) = (recorded(task.link), recorded(link));
        records.push(changed(object::TASK, &task.id, &before, &after));
    }
    if !records.is_empty() {
        work.record(records).await?;
    }
    Ok(moved)
}

/// What would become of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PreviewChange {
    /// It would come to the package, or to another one that it would no longer share with it.
    Linked,
    /// It would leave the package that it belongs to, and belong to none.
    Unlinked,
    /// More than one package would claim it: it would belong to none.
    ClaimedTwice,
    /// The rules match it, and it stays where a person, or what its records name, has put it.
    Overridden,
    /// It belongs to the package already, and stays.
    Kept,
}

/// A task, and what would become of it.
#[derive(Debug, Clone)]
pub struct PreviewedTask {
    /// The task, as it is.
    pub task: TaskRow,
    /// What would become of it.
    pub change: PreviewChange,
    /// The packages whose rules would claim it, the previewed one among them where it exists.
    pub claimed_by: Vec<PackageRow>,
}

/// What rules would do.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// How many tasks each change would befall.
    pub counts: BTreeMap<PreviewChange, usize>,
    /// How many tasks the rules match.
    pub matched: usize,
    /// The first of them, those that change before those that stay.
    pub tasks: Vec<PreviewedTask>,
    /// What is wrong with the rules; nothing else is said then.
    pub problems: Problems,
}

/// What would become of tasks if `package`, or a new one for none, had these `rules`. Takes a fixed
/// number of statements, and writes nothing.
///
/// # Errors
/// When the database fails.
pub async fn preview(
    db: &Database,
    package: Option<&GivenId>,
    rules: Vec<PackageRule>,
    first: usize,
) -> Result<Preview, StoreError> {
    let db = db.read();
    let mut problems = Problems::default();
    let rules = read_rules(
        Change::Set(rules),
        None,
        &Path::argument("rules"),
        &mut problems,
    );
    let package_id = match package {
        None => NEW,
        Some(Ok(id)) => {
            if find_by_ids::<Packages>(db, &[*id]).await?.is_empty() {
                let message = crate::service::write::no(object::PACKAGE);
                problems.note(Path::argument("packageId"), Code::NotFound, message);
            }
            *id
        }
        Some(Err(message)) => {
            problems.note(Path::argument("packageId"), Code::InvalidId, message);
            NEW
        }
    };
    if !problems.is_empty() {
        return Ok(Preview {
            problems,
            ..Preview::default()
        });
    }
    let claims = package_rules::claims(db, Some((package_id, &rules))).await?;
    let mut preview = Preview::default();
    let mut shown: Vec<(PreviewChange, i64, Vec<i64>)> = Vec::new();
    for task in package_rules::every_task(db).await? {
        let claimed_by = claims.by_rules(&task.name);
        let matches = claimed_by.contains(&package_id);
        preview.matched += usize::from(matches);
        let after = if task.link.is_by_hand() {
            task.link
        } else {
            claims.link(&task.name, &task.hints)
        };
        let Some(change) = change(&task, after, matches, package_id) else {
            continue;
        };
        *preview.counts.entry(change).or_default() += 1;
        shown.push((change, task.id, claimed_by.into_iter().collect()));
    }
    shown.sort_unstable();
    shown.truncate(first);
    preview.tasks = with_rows(db, shown).await?;
    Ok(preview)
}

/// The id of a package that there is not yet.
const NEW: i64 = 0;

fn change(task: &LinkedTask, after: Link, matches: bool, package_id: i64) -> Option<PreviewChange> {
    let (was, is) = (task.link.package_id, after.package_id);
    if was != is && is.is_some() {
        return Some(PreviewChange::Linked);
    }
    if after.claims > 1 && (matches || was != is) {
        return Some(PreviewChange::ClaimedTwice);
    }
    if was != is && was.is_some() {
        return Some(PreviewChange::Unlinked);
    }
    match (matches, is == Some(package_id)) {
        (true, true) => Some(PreviewChange::Kept),
        (true, false) => Some(PreviewChange::Overridden),
        (false, _) => None,
    }
}

async fn with_rows(
    db: &impl Connection,
    shown: Vec<(PreviewChange, i64, Vec<i64>)>,
) -> Result<Vec<PreviewedTask>, StoreError> {
    let ids: Vec<i64> = shown.iter().map(|(_, id, _)| *id).collect();
    let mut packages: Vec<i64> = shown.iter().flat_map(|(_, _, by)| by.clone()).collect();
    packages.sort_unstable();
    packages.dedup();
    let tasks = find_by_ids::<Tasks>(db, &ids).await?.into_iter();
    let mut tasks: HashMap<i64, TaskRow> = tasks.map(|row| (row.id, row)).collect();
    let packages = find_by_ids::<Packages>(db, &packages).await?.into_iter();
    let packages: HashMap<i64, PackageRow> = packages.map(|row| (row.id, row)).collect();
    let shown = shown.into_iter().filter_map(|(change, id, by)| {
        Some(PreviewedTask {
            task: tasks.remove(&id)?,
            change,
            claimed_by: by
                .iter()
                .filter_map(|id| packages.get(id).cloned())
                .collect(),
        })
    });
    Ok(shown.collect())
}
