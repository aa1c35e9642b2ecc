//! `calls`: every call that was dialled.

use sea_orm::entity::prelude::*;

use crate::domain::{
    dialing::{CallResult, CallSource},
    money::Money,
};

/// A row of `calls`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calls")]
pub struct Model {
    /// The id in the database, for joins in BI tools.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// The id that its source has for the call; null for one that was entered by hand without any. Two sources
    /// can have the same one for two calls.
    #[api(filter, order)]
    pub external_id: Option<String>,
    /// The task that dialled it.
    #[api(id = "DialTask", filter)]
    pub task_id: Option<i64>,
    /// The account that made it.
    #[api(id = "Agent", filter)]
    pub agent_id: Option<i64>,
    /// The number dialled. Masked (138****8000) for those who may not see it.
    #[api(filter, order, phone)]
    pub phone_number: Option<String>,
    /// When it was dialled.
    #[api(filter, order)]
    pub call_time: DateTimeUtc,
    /// The business day of callTime.
    #[api(filter, order)]
    pub call_date: Date,
    /// The business hour of callTime, 0–23.
    #[api(filter, order)]
    pub call_hour: i16,
    /// Seconds that it lasted: talk time of a connected call; ring time of another one.
    #[api(filter, order)]
    pub duration: i32,
    /// How it ended.
    #[api(filter, order)]
    pub result: CallResult,
    /// The intent grade as the agent or robot wrote it; null where none was given.
    #[api(filter, order)]
    pub grade: Option<String>,
    /// What the grade catalogue makes of it, such as NINE_YUAN; null where there is no grade.
    #[api(filter, order)]
    pub grade_code: Option<String>,
    /// Why the line was closed, in the platform's words.
    #[api(filter, order)]
    pub hangup_reason: Option<String>,
    /// Free text.
    #[api(filter, notes)]
    pub notes: Option<String>,
    /// The name of the person dialled.
    #[api(filter, order, person)]
    pub customer_name: Option<String>,
    /// Their company.
    #[api(filter, order, person)]
    pub company: Option<String>,
    /// The province of the number.
    #[api(filter, order)]
    pub province: Option<String>,
    /// The city of the number.
    #[api(filter, order)]
    pub city: Option<String>,
    /// The line it was dialled on.
    #[api(filter, order)]
    pub device_name: Option<String>,
    /// Where the recording is.
    #[api(filter, notes)]
    pub recording_url: Option<String>,
    /// What the platform billed for it, in yuan; null where it does not say.
    #[api(filter, order)]
    pub billed_amount: Option<Money>,
    /// Who told us of it.
    #[api(filter, order)]
    pub source: CallSource,
    /// Fingerprint of the platform's version that is stored, to tell a new one from the same.
    pub source_hash: Option<i64>,
    /// When it was first stored here.
    #[api(filter, order)]
    pub created_at: DateTimeUtc,
    /// When what is stored here was last changed.
    #[api(filter, order)]
    pub updated_at: DateTimeUtc,
    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    #[api(filter)]
    pub version: i64,
    /// When the platform was first found to have it no longer; null for a call that it has. A
    /// removed call counts for nothing and cannot be changed; lists leave it out unless a filter
    /// asks for removedAt.
    #[api(filter)]
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
