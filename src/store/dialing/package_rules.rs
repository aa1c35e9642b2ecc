//! `package_rules` and `task_package_hints`: what claims tasks for packages, and the tasks that are
//! linked by it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use crate::{
    domain::package_rules::{AssignedBy, Claims, Link, MAX_HINTS, PackageRule},
    entity::{
        dial_task::{self, Column},
        lead_package,
        package_rule::{self, ActiveModel, Entity},
        task_package_hint as hint,
    },
    store::{
        Result, Transaction,
        dialect::{self, MAX_BINDINGS, MAX_IDS, ROWS_A_STATEMENT},
    },
};

/// The rules of these packages, in their order; packages that have none are left out.
pub async fn of_packages(
    db: &impl ConnectionTrait,
    package_ids: &[i64],
) -> Result<HashMap<i64, Vec<PackageRule>>> {
    let backend = db.get_database_backend();
    let mut rules: HashMap<i64, Vec<PackageRule>> = HashMap::new();
    for ids in package_ids.chunks(MAX_IDS) {
        let column = (Entity, package_rule::Column::PackageId);
        let rows = ordered().filter(dialect::one_of_ids(backend, column, ids));
        for row in rows.all(db).await? {
            rules.entry(row.package_id).or_default().push(rule(row));
        }
    }
    Ok(rules)
}

fn ordered() -> Select<Entity> {
    Entity::find()
        .order_by_asc(package_rule::Column::PackageId)
        .order_by_asc(package_rule::Column::Position)
}

fn rule(row: package_rule::Model) -> PackageRule {
    PackageRule {
        matches: row.match_by,
        text: row.text,
    }
}

/// Gives a package, which must be locked, these rules in place of those that it has.
pub async fn replace(tx: &Transaction, package_id: i64, rules: &[PackageRule]) -> Result<()> {
    Entity::delete_many()
        .filter(package_rule::Column::PackageId.eq(package_id))
        .exec(tx)
        .await?;
    if rules.is_empty() {
        return Ok(());
    }
    let rows = (0..).zip(rules).map(|(position, rule)| ActiveModel {
        package_id: Set(package_id),
        position: Set(position),
        match_by: Set(rule.matches),
        text: Set(rule.text.clone()),
    });
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// What claims tasks: all packages with their rules, but for the package `instead`, which has those
/// given with it.
pub async fn claims(
    db: &impl ConnectionTrait,
    instead: Option<(i64, &[PackageRule])>,
) -> Result<Claims> {
    let packages: Vec<(i64, Option<String>)> = lead_package::Entity::find()
        .select_only()
        .columns([lead_package::Column::Id, lead_package::Column::NameKey])
        .into_tuple()
        .all(db)
        .await?;
    let stored = ordered().all(db).await?.into_iter();
    let mut rules: Vec<(i64, PackageRule)> = stored
        .filter(|row| instead.is_none_or(|(id, _)| id != row.package_id))
        .map(|row| (row.package_id, rule(row)))
        .collect();
    if let Some((id, given)) = instead {
        rules.extend(given.iter().map(|rule| (id, rule.clone())));
    }
    Ok(Claims::new(packages, rules))
}

/// A task, and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedTask {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its package, and how that came about.
    pub link: Link,
    /// The packages that its records name.
    pub hints: Vec<String>,
}

#[derive(FromQueryResult)]
struct LinkedRow {
    id: i64,
    task_name: String,
    package_id: Option<i64>,
    package_assigned_by: Option<AssignedBy>,
    package_claims: i32,
}

/// All tasks, oldest first.
pub async fn every_task(db: &impl ConnectionTrait) -> Result<Vec<LinkedTask>> {
    let rows = linked().into_model::<LinkedRow>().all(db).await?;
    let hints = hint::Entity::find().all(db).await?;
    Ok(with_hints(rows, hints))
}

/// The tasks with these ids, oldest first.
pub async fn tasks(tx: &Transaction, ids: &[i64]) -> Result<Vec<LinkedTask>> {
    let rows = of_ids(tx, linked(), ids).into_model::<LinkedRow>();
    Ok(with_hints(rows.all(tx).await?, hints(tx, ids).await?))
}

/// Of these tasks those that no person decided about, and whose present name the rules of packages
/// were not asked about yet, oldest first.
pub async fn unruled(tx: &Transaction, ids: &[i64]) -> Result<Vec<i64>> {
    let unruled = Condition::any()
        .add(Column::RuledName.is_null())
        .add(Expr::col(Column::RuledName).ne(Expr::col(Column::TaskName)));
    let rows = of_ids(tx, dial_task::Entity::find(), ids)
        .select_only()
        .column(Column::Id)
        .filter(unruled)
        .filter(is_free())
        .order_by_asc(Column::Id);
    Ok(rows.into_tuple().all(tx).await?)
}

fn of_ids(
    tx: &Transaction,
    find: Select<dial_task::Entity>,
    ids: &[i64],
) -> Select<dial_task::Entity> {
    let column = (dial_task::Entity, Column::Id);
    find.filter(dialect::one_of_ids(tx.get_database_backend(), column, ids))
}

/// That no person decided about the task.
fn is_free() -> Condition {
    Condition::any()
        .add(Column::PackageAssignedBy.is_null())
        .add(Column::PackageAssignedBy.ne(AssignedBy::Hand))
}

fn linked() -> Select<dial_task::Entity> {
    dial_task::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::TaskName,
            Column::PackageId,
            Column::PackageAssignedBy,
            Column::PackageClaims,
        ])
        .order_by_asc(Column::Id)
}

async fn hints(tx: &Transaction, task_ids: &[i64]) -> Result<Vec<hint::Model>> {
    let column = (hint::Entity, hint::Column::TaskId);
    let of_tasks = dialect::one_of_ids(tx.get_database_backend(), column, task_ids);
    Ok(hint::Entity::find().filter(of_tasks).all(tx).await?)
}

fn with_hints(rows: Vec<LinkedRow>, hints: Vec<hint::Model>) -> Vec<LinkedTask> {
    let mut named: HashMap<i64, Vec<String>> = HashMap::new();
    for hint in hints {
        named.entry(hint.task_id).or_default().push(hint.hint);
    }
    let task = |row: LinkedRow| LinkedTask {
        id: row.id,
        name: row.task_name,
        link: Link {
            package_id: row.package_id,
            by: row.package_assigned_by,
            claims: row.package_claims,
        },
        hints: named.remove(&row.id).unwrap_or_default(),
    };
    rows.into_iter().map(task).collect()
}

/// Notes the packages that records of tasks name; those of a task that were noted before, and those
/// beyond the first few, are left out. Returns the tasks of which something was noted.
pub async fn add_hints(tx: &Transaction, named: &[(i64, String)]) -> Result<Vec<i64>> {
    let mut ids: Vec<i64> = named.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut known: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for hint in hints(tx, &ids).await? {
        known.entry(hint.task_id).or_default().push(hint.hint);
    }
    let mut added = Vec::new();
    for (task_id, named) in named {
        let known = known.entry(*task_id).or_default();
        if known.len() < MAX_HINTS && !known.contains(named) {
            known.push(named.clone());
            added.push(hint::ActiveModel {
                task_id: Set(*task_id),
                hint: Set(named.clone()),
            });
        }
    }
    let mut noted: Vec<i64> = added.iter().map(|row| *row.task_id.as_ref()).collect();
    noted.sort_unstable();
    noted.dedup();
    let columns = [hint::Column::TaskId, hint::Column::Hint];
    for rows in added.chunks(ROWS_A_STATEMENT) {
        hint::Entity::insert_many(rows.to_vec())
            // Somebody else notes the same.
            .on_conflict(OnConflict::columns(columns).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
    }
    Ok(noted)
}

/// Whether the records of any task name a package.
pub async fn any_hint(db: &impl ConnectionTrait) -> Result<bool> {
    Ok(hint::Entity::find().one(db).await?.is_some())
}

/// Gives tasks the links that nobody but a person overrides.
pub async fn link(tx: &Transaction, links: &[(i64, Link)], now: DateTime<Utc>) -> Result<()> {
    let mut groups: HashMap<Link, Vec<i64>> = HashMap::new();
    for (id, link) in links {
        groups.entry(*link).or_default().push(*id);
    }
    for (link, ids) in groups {
        for ids in ids.chunks(MAX_BINDINGS) {
            dial_task::Entity::update_many()
                .col_expr(Column::PackageId, Expr::value(link.package_id))
                .col_expr(Column::PackageAssignedBy, Expr::value(link.by))
                .col_expr(Column::PackageClaims, Expr::value(link.claims))
                .col_expr(Column::UpdatedAt, Expr::value(now))
                .col_expr(Column::Version, Expr::col(Column::Version).add(1))
                .filter(Column::Id.is_in(ids.iter().copied()))
                .filter(is_free())
                .exec(tx)
                .await?;
        }
    }
    Ok(())
}

/// Notes that the rules of packages were asked about these tasks by their present names.
pub async fn note_ruled(tx: &Transaction, ids: &[i64]) -> Result<()> {
    for ids in ids.chunks(MAX_BINDINGS) {
        dial_task::Entity::update_many()
            .col_expr(Column::RuledName, Expr::col(Column::TaskName))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Tasks that belong to no package.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct Unlinked {
    /// All of them.
    pub without_package: i64,
    /// Of those, tasks that more than one package claims.
    pub claimed_twice: i64,
}

/// How many tasks belong to no package.
pub async fn count_unlinked(db: &impl ConnectionTrait) -> Result<Unlinked> {
    let twice = Expr::case(Column::PackageClaims.gt(1), Expr::col(Column::Id));
    let counts = dial_task::Entity::find()
        .select_only()
        .expr_as(Column::Id.count(), "without_package")
        .expr_as(Expr::expr(twice).count(), "claimed_twice")
        .filter(Column::PackageId.is_null())
        .into_model::<Unlinked>();
    Ok(counts.one(db).await?.unwrap_or_default())
}
