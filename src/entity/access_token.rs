//! `access_tokens`: what programs come in with.

use sea_orm::entity::prelude::*;

use crate::domain::{hidden::Hidden, viewer::Role};

/// A row of `access_tokens`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_tokens")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub role: Role,
    #[sea_orm(unique)]
    pub token_hash: Hidden,
    /// Its maker: the text of the [`Principal`](crate::domain::principal::Principal).
    pub created_by: String,
    /// Its maker, if that is a user of ours.
    pub user_id: Option<i64>,
    pub created_at: DateTimeUtc,
    pub expires_at: Option<DateTimeUtc>,
    pub last_used_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<Option<super::user::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
