//! `package_rules`: rules on the names of a package's tasks.

use sea_orm::entity::prelude::*;

use crate::domain::package_rules::RuleMatch;

/// A row of `package_rules`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "package_rules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub package_id: i64,
    /// Its place among the package's, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub match_by: RuleMatch,
    pub text: String,
}

impl ActiveModelBehavior for ActiveModel {}
