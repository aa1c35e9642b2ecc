//! `dial_tasks`: campaigns that dial the leads of a package.

use sea_orm::entity::prelude::*;

use crate::domain::{
    dialing::{CallSource, TaskStatus},
    package_rules::AssignedBy,
};

/// A row of `dial_tasks`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dial_tasks")]
pub struct Model {
    /// The id in the database, for joins in BI tools.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// The package whose leads it dials.
    #[api(id = "LeadPackage", filter)]
    pub package_id: Option<i64>,
    /// The id that its source has for the task; null for one that was made here. Two sources can have the
    /// same one for two tasks.
    #[api(filter, order)]
    pub external_id: Option<String>,
    /// What people call it: the name that its newest call has, unless it was renamed here after that call.
    #[api(filter, order)]
    pub task_name: String,
    /// What it is about.
    #[api(filter)]
    pub description: Option<String>,
    /// When dialling was to start.
    #[api(filter, order)]
    pub start_time: Option<DateTimeUtc>,
    /// When dialling was to end.
    #[api(filter, order)]
    pub end_time: Option<DateTimeUtc>,
    /// Where it stands.
    #[api(filter, order)]
    pub status: TaskStatus,
    /// When it was first seen here.
    #[api(filter, order)]
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    #[api(filter, order)]
    pub updated_at: DateTimeUtc,
    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    #[api(filter)]
    pub version: i64,
    /// Who told us of it: GUANKE for a task of the platform, IMPORT for one of another system, MANUAL for
    /// one that was made here.
    #[api(filter, order)]
    pub source: CallSource,
    /// The time of the newest call that has a name for it; where a person named it, when that was. None where
    /// it is not known who gave the name.
    pub name_as_of: Option<DateTimeUtc>,
    /// The external id of that call.
    pub name_call: Option<String>,
    /// What decided to which package it belongs; null while nothing did.
    #[api(filter)]
    pub package_assigned_by: Option<AssignedBy>,
    /// How many packages claim it by their rules, or are named by its records. It belongs to none
    /// when more than one does; 0 where a person decided.
    #[api(filter)]
    pub package_claims: i32,
    /// The name that the rules of packages were last asked about.
    pub ruled_name: Option<String>,
    #[sea_orm(belongs_to, from = "package_id", to = "id")]
    pub package: BelongsTo<Option<super::lead_package::Entity>>,
    #[sea_orm(has_many)]
    pub calls: HasMany<super::call::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
