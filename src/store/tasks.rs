//! `dial_tasks`.

use std::{collections::HashMap, sync::LazyLock};

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{
    Result, Transaction,
    calls::CALLS,
    dialect,
    packages::PACKAGES,
    record::stored,
    table::{LazyTable, Relation, Table},
};
pub use crate::entity::dial_task::Model as TaskRow;
use crate::{
    domain::{dialing::TaskStatus, incoming::PlatformTask, page::OrderKey, stats::Dimension},
    entity::dial_task::{ActiveModel, Column, Entity},
};

/// The table, to write it.
pub type Tasks = Entity;

/// All dial tasks, newest first.
pub static TASKS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::descending("id")];
    let relations = vec![
        Relation::one("package", "package_id", &PACKAGES),
        Relation::many("calls", &CALLS, "task_id").counted_by(Dimension::Task),
    ];
    Table::of::<Entity>(order, relations, read)
});

stored!(
    TaskRow,
    TASKS,
    [
        id,
        package_id,
        external_id,
        task_name,
        description,
        start_time,
        end_time,
        status,
        created_at,
        updated_at,
        version,
        package_assigned_by,
        package_claims,
        ruled_name,
    ]
);

/// The ids of the platform's tasks by external id; those that are new here are added, as being
/// dialled, and those that were renamed there are renamed here. Whoever deletes tasks keeps writers
/// of calls away, so that calls can refer to them.
pub async fn ensure(
    tx: &Transaction,
    tasks: &[PlatformTask],
    now: DateTime<Utc>,
) -> Result<HashMap<String, i64>> {
    if tasks.is_empty() {
        return Ok(HashMap::new());
    }
    let mut known = by_external_id(tx, tasks).await?;
    let is_current = |task: &&PlatformTask| match (known.get(&task.external_id), &task.name) {
        (Some((_, stored)), Some(name)) => stored == name,
        (Some(_), None) => true,
        (None, _) => false,
    };
    let changed: Vec<&PlatformTask> = tasks.iter().filter(|task| !is_current(task)).collect();
    if !changed.is_empty() {
        let rows = changed.iter().map(|task| ActiveModel {
            external_id: Set(Some(task.external_id.clone())),
            task_name: Set(task
                .name
                .clone()
                .unwrap_or_else(|| task.external_id.clone())),
            status: Set(TaskStatus::InProgress),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        });
        Entity::insert_many(rows)
            .on_conflict(
                OnConflict::column(Column::ExternalId)
                    .update_columns([Column::TaskName, Column::UpdatedAt])
                    .value(Column::Version, Expr::col((Entity, Column::Version)).add(1))
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
        known = by_external_id(tx, tasks).await?;
    }
    Ok(known
        .into_iter()
        .map(|(external_id, (id, _))| (external_id, id))
        .collect())
}

async fn by_external_id(
    tx: &Transaction,
    tasks: &[PlatformTask],
) -> Result<HashMap<String, (i64, String)>> {
    let ids: Vec<&str> = tasks.iter().map(|task| task.external_id.as_str()).collect();
    let rows: Vec<(i64, String, String)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::ExternalId, Column::TaskName])
        .filter(dialect::among(
            tx.get_database_backend(),
            Column::ExternalId,
            &ids,
        ))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, external_id, name)| (external_id, (id, name)))
        .collect())
}

/// Ids and names of the tasks that belong to no package, and that nobody took from one, oldest first.
pub async fn unlinked(db: &impl ConnectionTrait) -> Result<Vec<(i64, String)>> {
    Ok(Entity::find()
        .select_only()
        .columns([Column::Id, Column::TaskName])
        .filter(Column::PackageId.is_null())
        .filter(Column::PackageAssignedBy.is_null())
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await?)
}
