//! `dial_tasks`.

use std::sync::LazyLock;

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};

use super::{
    Result,
    calls::CALLS,
    counted_calls,
    naming::NamedTable,
    packages::PACKAGES,
    record::stored,
    table::{LazyTable, Relation, Table},
};
pub use crate::entity::dial_task::Model as TaskRow;
use crate::{
    domain::{dialing::TaskStatus, incoming::PlatformTask, page::OrderKey},
    entity::dial_task::{Column, Entity},
};

/// The table, to write it.
pub type Tasks = Entity;

/// All dial tasks, newest first.
pub static TASKS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::descending("id")];
    let relations = vec![
        Relation::one("package", "package_id", &PACKAGES),
        Relation::many("calls", &CALLS, "task_id").counted_by(counted_calls::OF_TASK),
    ];
    Table::of::<Entity>(order, relations, read).with_words(&[
        "status",
        "source",
        "package_assigned_by",
    ])
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
        source,
        name_as_of,
        name_call,
        package_assigned_by,
        package_claims,
        ruled_name,
    ]
);

impl NamedTable for Entity {
    type Item = PlatformTask;
    const TABLE: &'static str = "dial_tasks";
    const NAME: &'static str = "task_name";
    const FOLLOWING: Option<&'static str> = None;
    const VERSIONED: bool = true;

    fn following(_: &PlatformTask) -> bool {
        false
    }

    fn unnamed(task: &PlatformTask) -> Option<&str> {
        Some(&task.external_id)
    }

    fn rest() -> Option<(&'static str, Value)> {
        // Whatever has calls is being dialled.
        Some(("status", TaskStatus::InProgress.into()))
    }
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
