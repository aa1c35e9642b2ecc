//! `lead_packages`: lists of leads that were bought or collected.

use sea_orm::entity::prelude::*;

use crate::domain::money::Money;

/// A row of `lead_packages`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lead_packages")]
pub struct Model {
    /// The id in the database, for joins in BI tools.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// What people call it.
    #[api(filter, order)]
    pub name: String,
    /// Where the leads come from.
    #[api(filter, order)]
    pub source: Option<String>,
    /// The industry of the leads.
    #[api(filter, order)]
    pub industry: Option<String>,
    /// The region of the leads.
    #[api(filter, order)]
    pub region: Option<String>,
    /// How many leads it has.
    #[api(filter, order)]
    pub total_leads: i32,
    /// How many of them can be dialled; never more than totalLeads.
    #[api(filter, order)]
    pub valid_leads: i32,
    /// Price of one lead, in yuan.
    #[api(filter, order)]
    pub cost_per_lead: Money,
    /// Price of the package, in yuan.
    #[api(filter, order)]
    pub total_cost: Money,
    /// The business day on which it was created here; its cost is a cost of that day.
    #[api(filter)]
    pub created_date: Date,
    /// When it was created here.
    #[api(filter, order)]
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    #[api(filter, order)]
    pub updated_at: DateTimeUtc,
    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    #[api(filter)]
    pub version: i64,
    /// What names that count as the same have in common, see
    /// [`name_key`](crate::domain::package_rules::name_key).
    #[sea_orm(unique)]
    pub name_key: Option<String>,
    #[sea_orm(has_many)]
    pub tasks: HasMany<super::dial_task::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
