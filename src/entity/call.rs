//! `calls`: every call that was dialled.

use sea_orm::entity::prelude::*;

use crate::domain::{
    dialing::{CallResult, CallSource},
    money::Money,
};

/// A row of `calls`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calls")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The id that its source has for the call; with that, the key for de-duplication.
    pub external_id: Option<String>,
    pub task_id: Option<i64>,
    pub agent_id: Option<i64>,
    pub phone_number: Option<String>,
    pub call_time: DateTimeUtc,
    /// The business day of `call_time`.
    pub call_date: Date,
    /// The business hour of `call_time`, 0–23.
    pub call_hour: i16,
    /// Seconds that it lasted, or rang where it did not connect.
    pub duration: i32,
    pub result: CallResult,
    /// The grade as it was written.
    pub grade: Option<String>,
    /// What the catalogue makes of it; none where there is no grade.
    pub grade_code: Option<String>,
    pub hangup_reason: Option<String>,
    pub notes: Option<String>,
    pub customer_name: Option<String>,
    pub company: Option<String>,
    pub province: Option<String>,
    pub city: Option<String>,
    pub device_name: Option<String>,
    pub recording_url: Option<String>,
    pub billed_amount: Option<Money>,
    pub source: CallSource,
    /// Fingerprint of the platform's version that is stored, to tell a new one from the same.
    pub source_hash: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Counts the writes of the row, from 1.
    pub version: i64,
    /// When the platform was first found to have the call no longer: it is kept, and counts for
    /// nothing.
    pub removed_at: Option<DateTimeUtc>,
    /// The business day of the window of the platform's list that gave it, where that is not
    /// `call_date`.
    pub listed_day: Option<Date>,
    #[sea_orm(belongs_to, from = "task_id", to = "id")]
    pub task: BelongsTo<Option<super::dial_task::Entity>>,
    #[sea_orm(belongs_to, from = "agent_id", to = "id")]
    pub agent: BelongsTo<Option<super::agent::Entity>>,
    #[sea_orm(has_many)]
    pub tags: HasMany<super::call_tag::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
