//! `lead_packages`: lists of leads that were bought or collected.

use sea_orm::entity::prelude::*;

use crate::domain::money::Money;

/// A row of `lead_packages`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lead_packages")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub source: Option<String>,
    pub industry: Option<String>,
    pub region: Option<String>,
    pub total_leads: i32,
    pub valid_leads: i32,
    pub cost_per_lead: Money,
    pub total_cost: Money,
    /// The business day of `created_at`.
    pub created_date: Date,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Counts the writes of the row, from 1.
    pub version: i64,
    /// What names that count as the same have in common, see
    /// [`name_key`](crate::domain::package_rules::name_key).
    #[sea_orm(unique)]
    pub name_key: Option<String>,
    #[sea_orm(has_many)]
    pub tasks: HasMany<super::dial_task::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
