//! `platform_daily_stats`: the platform's own figures of a day, per account and per task.

use sea_orm::entity::prelude::*;

use crate::domain::sync::StatKind;

/// A row of `platform_daily_stats`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "platform_daily_stats")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub stat_date: Date,
    pub kind: StatKind,
    pub name: String,
    pub dialled: i64,
    pub connected: i64,
    pub success: i64,
    /// A row of sums or means, no account.
    pub is_summary: bool,
    /// The account is a seat.
    pub is_seat: bool,
    pub fetched_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
