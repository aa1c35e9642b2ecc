//! `grades`: the catalogue of intent grades.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::domain::{
    column::{Shape, Shaped},
    money::Money,
};

/// Texts that mean a grade, as a JSON list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Patterns(pub Vec<String>);

impl Shaped for Patterns {
    const SHAPE: Shape = Shape::Other;
}

/// A row of `grades`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grades")]
pub struct Model {
    /// The id in the database, for joins in BI tools.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// Its stable name, such as NINE_YUAN. OTHER is every text that no other grade claims.
    #[sea_orm(unique)]
    #[api(filter, order)]
    pub code: String,
    /// What people call it.
    #[api(filter, order)]
    pub label: String,
    /// Texts that mean this grade. A call's whole text decides, never a part of it; case, width and
    /// spaces around it make no difference.
    #[api(resolved, open)]
    pub patterns: Patterns,
    /// What one call of this grade earns, in yuan.
    #[api(filter, order)]
    pub unit_price: Money,
    /// Whether the person is interested.
    #[api(filter)]
    pub is_interested: bool,
    /// Whether the call is a deal.
    #[api(filter)]
    pub is_success: bool,
    /// When it was created.
    #[api(filter, order)]
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    #[api(filter, order)]
    pub updated_at: DateTimeUtc,
    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    #[api(filter)]
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
