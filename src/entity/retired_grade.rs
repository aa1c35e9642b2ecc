//! `retired_grades`: grades as they were before they were changed or deleted.

use sea_orm::entity::prelude::*;

use crate::domain::money::Money;

/// A row of `retired_grades`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retired_grades")]
pub struct Model {
    /// The grade's own code, `#`, and a number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    pub label: String,
    pub unit_price: Money,
    pub is_interested: bool,
    pub is_success: bool,
    pub retired_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
