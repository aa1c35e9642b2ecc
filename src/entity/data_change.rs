//! `data_changes`: changes of what is stored that come with a new program, and what came of each.

use sea_orm::entity::prelude::*;

/// A row of `data_changes`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub is_done: bool,
    /// What came of it, as JSON.
    pub report: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
