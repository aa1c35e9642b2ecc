//! `platform_tokens`: tokens of the calling platform, encrypted.

use sea_orm::entity::prelude::*;

/// A row of `platform_tokens`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "platform_tokens")]
pub struct Model {
    /// Which account on which platform, as a fingerprint.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    pub ciphertext: Vec<u8>,
    pub fetched_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
