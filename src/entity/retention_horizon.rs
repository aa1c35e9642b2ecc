//! `retention_horizons`: from which day on all is kept.

use sea_orm::entity::prelude::*;

/// A row of `retention_horizons`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retention_horizons")]
pub struct Model {
    /// What is kept.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// The first business day of which nothing was deleted.
    pub day: Date,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
