//! `dial_tasks`: campaigns that dial the leads of a package.

use sea_orm::entity::prelude::*;

use crate::domain::{
    dialing::{CallSource, TaskStatus},
    package_rules::AssignedBy,
};

/// A row of `dial_tasks`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dial_tasks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub package_id: Option<i64>,
    /// The id that its source has for the task; unique there.
    pub external_id: Option<String>,
    pub task_name: String,
    pub description: Option<String>,
    pub start_time: Option<DateTimeUtc>,
    pub end_time: Option<DateTimeUtc>,
    pub status: TaskStatus,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Counts the writes of the row, from 1.
    pub version: i64,
    /// Who told us of it.
    pub source: CallSource,
    /// The time of the newest call that has a name for it; where a person named it, when that was. None where
    /// it is not known who gave the name.
    pub name_as_of: Option<DateTimeUtc>,
    /// The external id of that call.
    pub name_call: Option<String>,
    /// What decided about `package_id`; none where nothing did.
    pub package_assigned_by: Option<AssignedBy>,
    /// How many packages claim it; 0 where a person decided.
    pub package_claims: i32,
    /// The name that the rules of packages were last asked about.
    pub ruled_name: Option<String>,
    #[sea_orm(belongs_to, from = "package_id", to = "id")]
    pub package: BelongsTo<Option<super::lead_package::Entity>>,
    #[sea_orm(has_many)]
    pub calls: HasMany<super::call::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
