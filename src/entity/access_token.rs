//! `access_tokens`: what programs come in with.

use sea_orm::entity::prelude::*;

use crate::domain::{hidden::Hidden, viewer::Role};

/// A row of `access_tokens`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_tokens")]
pub struct Model {
    /// The id in the database; `token:` and this number is the actor of what the program changes.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// What it is for.
    #[api(filter, order)]
    pub name: String,
    /// What it may do, as long as its maker may do as much.
    #[api(filter)]
    pub role: Role,
    #[sea_orm(unique)]
    pub token_hash: Hidden,
    /// Who made it, by `viewer { actor }`: `user:` and a number for a user of this service.
    #[api(filter)]
    pub created_by: String,
    /// Its maker, if that is a user of ours.
    pub user_id: Option<i64>,
    /// When it was made.
    #[api(filter, order)]
    pub created_at: DateTimeUtc,
    /// When it ends; null where it does not end by itself, but with its maker, a user of this
    /// service.
    #[api(filter, order)]
    pub expires_at: Option<DateTimeUtc>,
    /// When it was last used, give or take a minute; null where it never was.
    #[api(filter, order)]
    pub last_used_at: Option<DateTimeUtc>,
    /// When it was revoked; null where it was not.
    #[api(filter)]
    pub revoked_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<Option<super::user::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
