//! `call_tags`: names and values that calls earned.

use sea_orm::entity::prelude::*;

use crate::domain::dialing::TagType;

/// A row of `call_tags`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_tags")]
pub struct Model {
    /// The id in the database, for joins in BI tools.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// The call that earned it.
    #[api(id = "Call", filter)]
    pub call_id: i64,
    /// The question or field.
    #[api(filter, order)]
    pub tag_name: String,
    /// The answer.
    #[api(filter, order)]
    pub tag_value: String,
    /// Who gave it.
    #[api(filter, order)]
    pub tag_type: TagType,
    /// When it was given.
    #[api(filter, order)]
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "call_id", to = "id")]
    pub call: BelongsTo<super::call::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
