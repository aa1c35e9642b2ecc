//! `grades`: the catalogue of intent grades.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::domain::money::Money;

/// Texts that mean a grade, as a JSON list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Patterns(pub Vec<String>);

/// A row of `grades`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grades")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub code: String,
    pub label: String,
    pub patterns: Patterns,
    pub unit_price: Money,
    pub is_interested: bool,
    pub is_success: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Counts the writes of the row, from 1.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
