//! `call_rollups`: counts of calls by day, dimension and grade; see the migration for the key.

use sea_orm::entity::prelude::*;

use crate::domain::{money::Money, stats::Dimension};

/// A row of `call_rollups`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_rollups")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub dimension: Dimension,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call_date: Date,
    #[sea_orm(primary_key, auto_increment = false)]
    pub grade_code: String,
    pub calls: i64,
    pub connected: i64,
    /// Seconds that the connected calls lasted.
    pub talk_time: i64,
    /// Seconds that the others lasted.
    pub ring_time: i64,
    pub billed_amount: Money,
}

impl ActiveModelBehavior for ActiveModel {}
