//! `audit_log`: who did what, when, and from where.

use sea_orm::entity::prelude::*;

/// A row of `audit_log`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub at: DateTimeUtc,
    /// The text of the [`Principal`](crate::domain::principal::Principal).
    pub actor: String,
    pub role: String,
    /// The mutation, or what happened at signing in.
    pub operation: String,
    pub object_type: String,
    /// The row's id, or a day; none where many rows were changed.
    pub object_id: Option<String>,
    /// JSON: field → before and after, or counts.
    pub changes: String,
    /// The client's address, or `cli`; none where it is not known.
    pub client_address: Option<String>,
    /// The request's id; none for a command.
    pub request_id: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
