//! `call_tags`: names and values that calls earned.

use sea_orm::entity::prelude::*;

use crate::domain::dialing::TagType;

/// A row of `call_tags`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_tags")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub call_id: i64,
    pub tag_name: String,
    pub tag_value: String,
    pub tag_type: TagType,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "call_id", to = "id")]
    pub call: BelongsTo<super::call::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
