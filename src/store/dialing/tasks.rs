//! `dial_tasks`.

use std::sync::LazyLock;

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};

pub use crate::entity::dial_task::Model as TaskRow;
use crate::{
    domain::{
        dialing::{CallSource, TaskStatus},
        incoming::PlatformTask,
        page::OrderKey,
    },
    entity::dial_task::{Column, Entity},
    store::{
        Result,
        calls::CallRow,
        counted_calls,
        naming::NamedTable,
        packages::PackageRow,
        record::Stored,
        table::{LazyTable, Relation, Table, ToMany, ToOne},
    },
};

/// The table, to write it.
pub type Tasks = Entity;

/// All dial tasks, newest first.
pub static TASKS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::descending("id")];
    let relations = vec![
        Relation::from(TaskRow::PACKAGE)
            .filtered("The package whose leads it dials: there is one, and it is like this."),
        Relation::from(TaskRow::CALLS)
            .filtered("Its calls.")
            .counted_by(counted_calls::OF_TASK),
    ];
    Table::of::<Entity>("DialTask", order, relations)
});

impl TaskRow {
    /// The package whose leads it dials.
    pub const PACKAGE: ToOne<Self, PackageRow> = ToOne::new("package", "package_id");
    /// Its calls.
    pub const CALLS: ToMany<Self, CallRow> = ToMany::new("calls", "task_id");
}

impl Stored for TaskRow {
    fn table() -> &'static Table {
        &TASKS
    }
}

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

/// Ids and names of the tasks of a source that belong to no package, and that nobody took from one,
/// oldest first.
pub async fn unlinked_of(
    db: &impl ConnectionTrait,
    source: CallSource,
) -> Result<Vec<(i64, String)>> {
    Ok(Entity::find()
        .select_only()
        .columns([Column::Id, Column::TaskName])
        .filter(Column::Source.eq(source))
        .filter(Column::PackageId.is_null())
        .filter(Column::PackageAssignedBy.is_null())
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await?)
}
