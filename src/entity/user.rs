//! `users`: who may sign in.

use sea_orm::entity::prelude::*;

use crate::domain::{hidden::Hidden, viewer::Role};

/// A row of `users`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    /// The name in the one form in which names are compared.
    #[sea_orm(unique)]
    pub name_key: String,
    #[sea_orm(unique)]
    pub email: Option<String>,
    pub password_hash: Hidden,
    pub role: Role,
    pub is_active: bool,
    /// Counts the writes of the row, from 1.
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
