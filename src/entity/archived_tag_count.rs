//! `archived_tag_counts`: what the tags of calls counted for that are kept no longer.

use sea_orm::entity::prelude::*;

/// A row of `archived_tag_counts`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archived_tag_counts")]
pub struct Model {
    /// The calls' task; 0 for calls without one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag_name: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag_value: String,
    /// How many there were.
    pub calls: i64,
}

impl ActiveModelBehavior for ActiveModel {}
