//! `dial_tasks`, written by people: one at a time, or many that are given to a package.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    domain::{dialing::CallSource, package_rules::Link, task::TaskFields},
    entity::dial_task::{ActiveModel, Column, Entity},
    store::{Result, Transaction, dialect, tasks::TaskRow},
};

/// What the row says of the task.
#[must_use]
pub fn fields(row: &TaskRow) -> TaskFields {
    TaskFields {
        link: link_of(row),
        task_name: row.task_name.clone(),
        description: row.description.clone(),
        start_time: row.start_time,
        end_time: row.end_time,
        status: row.status,
    }
}

/// What the task belongs to, and how that came about.
#[must_use]
pub const fn link_of(row: &TaskRow) -> Link {
    Link {
        package_id: row.package_id,
        by: row.package_assigned_by,
        claims: row.package_claims,
    }
}

/// Adds a task and returns it.
pub async fn create(tx: &Transaction, fields: TaskFields, now: DateTime<Utc>) -> Result<TaskRow> {
    let mut row = columns(fields, now);
    row.source = Set(CallSource::Manual);
    row.name_as_of = Set(Some(now));
    row.created_at = Set(now);
    Ok(row.insert(tx).await?)
}

/// Makes the row `before`, which must be locked, what `fields` say, and returns it. A new name counts as one
/// of now: that of a newer call replaces it, that of an older one does not.
pub async fn update(
    tx: &Transaction,
    before: &TaskRow,
    fields: TaskFields,
    now: DateTime<Utc>,
) -> Result<TaskRow> {
    let mut row = columns(fields, now);
    if row.task_name.as_ref() != &before.task_name {
        row.name_as_of = Set(Some(now));
        row.name_call = Set(None);
    }
    row.id = Unchanged(before.id);
    row.version = Set(before.version + 1);
    Ok(row.update(tx).await?)
}

fn columns(fields: TaskFields, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
        package_id: Set(fields.link.package_id),
        package_assigned_by: Set(fields.link.by),
        package_claims: Set(fields.link.claims),
        ruled_name: Set(Some(fields.task_name.clone())),
        task_name: Set(fields.task_name),
        description: Set(fields.description),
        start_time: Set(fields.start_time),
        end_time: Set(fields.end_time),
        status: Set(fields.status),
        updated_at: Set(now),
        ..Default::default()
    }
}

/// Links tasks, which must be locked, to a package, or to none.
pub async fn link(tx: &Transaction, ids: &[i64], link: Link, now: DateTime<Utc>) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::PackageId, Expr::value(link.package_id))
        .col_expr(Column::PackageAssignedBy, Expr::value(link.by))
        .col_expr(Column::PackageClaims, Expr::value(link.claims))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Locks the tasks of a package until the transaction ends, and returns their ids.
pub async fn lock_of_package(tx: &Transaction, package_id: i64) -> Result<Vec<i64>> {
    let mut find = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::PackageId.eq(package_id))
        .order_by_asc(Column::Id);
    dialect::lock_rows(tx.get_database_backend(), QueryTrait::query(&mut find));
    Ok(find.into_tuple().all(tx).await?)
}
