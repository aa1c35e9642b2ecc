//! `sync_leases`: who may work on what at present, over all instances.

use sea_orm::entity::prelude::*;

/// A row of `sync_leases`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_leases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub owner: Option<String>,
    /// Counts the owners; a write with an old number is refused.
    pub fence: i64,
    pub expires_at: DateTimeUtc,
    /// The last tick of the schedule that was taken up under this lease.
    pub ticked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
