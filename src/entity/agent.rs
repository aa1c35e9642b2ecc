//! `agents`: accounts of the calling platform that make calls.

use sea_orm::entity::prelude::*;

use crate::domain::dialing::CallSource;

/// A row of `agents`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agents")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The id that its source has for the account; unique there.
    pub external_id: String,
    pub name: Option<String>,
    /// Whether the account is a seat, not a manager's or an assistant's.
    pub is_seat: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Who told us of it.
    pub source: CallSource,
    /// The time of the newest call that has a name for it. None where
    /// it is not known who gave the name.
    pub name_as_of: Option<DateTimeUtc>,
    /// The external id of that call.
    pub name_call: Option<String>,
    #[sea_orm(has_many)]
    pub calls: HasMany<super::call::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
