//! `task_package_hints`: the packages that the platform's records of a task name.

use sea_orm::entity::prelude::*;

/// A row of `task_package_hints`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task_package_hints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: i64,
    /// As the record names it: a number, a global id or a name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hint: String,
}

impl ActiveModelBehavior for ActiveModel {}
