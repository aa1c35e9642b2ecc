//! `audit_log`: who changed what, and when.

use sea_orm::entity::prelude::*;

/// A row of `audit_log`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub at: DateTimeUtc,
    /// The token's `sub`.
    pub actor: String,
    pub role: String,
    /// The mutation.
    pub operation: String,
    pub object_type: String,
    /// The row's id, or a day; none where many rows were changed.
    pub object_id: Option<String>,
    /// JSON: field → before and after, or counts.
    pub changes: String,
}

impl ActiveModelBehavior for ActiveModel {}
