//! `tag_counts`: how many calls of each task have each tag.

use sea_orm::entity::prelude::*;

/// A row of `tag_counts`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tag_counts")]
pub struct Model {
    /// 0 for calls without a task.
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag_name: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag_value: String,
    pub calls: i64,
}

impl ActiveModelBehavior for ActiveModel {}
