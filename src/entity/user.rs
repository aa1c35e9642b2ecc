//! `users`: who may sign in.

use sea_orm::entity::prelude::*;

use crate::domain::{hidden::Hidden, viewer::Role};

/// A row of `users`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// The id in the database, for joins in BI tools; `user:` and this number is the subject of the
    /// user's tokens.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// The name to sign in with.
    #[api(filter, order)]
    pub name: String,
    /// The name in the one form in which names are compared.
    #[sea_orm(unique)]
    pub name_key: String,
    /// The e-mail address, which can be signed in with as well; null where none was given.
    #[sea_orm(unique)]
    #[api(filter, order)]
    pub email: Option<String>,
    pub password_hash: Hidden,
    /// What they may do.
    #[api(filter, order)]
    pub role: Role,
    /// Whether they may sign in.
    #[api(filter)]
    pub is_active: bool,
    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    #[api(filter)]
    pub version: i64,
    /// When it was created.
    #[api(filter, order)]
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    #[api(filter, order)]
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
