//! `agents`: accounts of the calling platform that make calls.

use sea_orm::entity::prelude::*;

use crate::domain::dialing::CallSource;

/// A row of `agents`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agents")]
pub struct Model {
    /// The id in the database, for joins in BI tools.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// The id that its source has for the account. Two sources can have the same one for two accounts.
    #[api(filter, order)]
    pub external_id: String,
    /// The account's name, as its newest call has it; null where no call has one.
    #[api(filter, order)]
    pub name: Option<String>,
    /// Whether it is a seat; a manager's or an assistant's account is none and counts in no
    /// activeSeats.
    #[api(filter, order)]
    pub is_seat: bool,
    /// When it was first seen here.
    #[api(filter, order)]
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    #[api(filter, order)]
    pub updated_at: DateTimeUtc,
    /// Who told us of it: GUANKE for an account of the platform, IMPORT for one of another system.
    #[api(filter, order)]
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
