//! `agents`: accounts of the calling platform that make calls.

use sea_orm::entity::prelude::*;

/// A row of `agents`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agents")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The platform's id of the account.
    #[sea_orm(unique)]
    pub external_id: String,
    pub name: Option<String>,
    /// Whether the account is a seat, not a manager's or an assistant's.
    pub is_seat: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(has_many)]
    pub calls: HasMany<super::call::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
