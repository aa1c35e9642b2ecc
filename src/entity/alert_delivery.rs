//! `alert_deliveries`: what is to be told to whom, and whether it was.

use sea_orm::entity::prelude::*;

use crate::domain::alert::{AlertChannel, AlertEvent, DeliveryState};

/// A row of `alert_deliveries`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alert_deliveries")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub alert_id: i64,
    pub event: AlertEvent,
    pub channel: AlertChannel,
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is to be tried next.
    pub next_attempt_at: DateTimeUtc,
    /// The process that tries it.
    pub owner: Option<String>,
    /// Counts the owners; a write with an old number is refused.
    pub fence: i64,
    /// Until when it is the owner's.
    pub expires_at: Option<DateTimeUtc>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    pub created_at: DateTimeUtc,
    /// When it was sent, or given up.
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
