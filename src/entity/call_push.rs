//! `call_pushes`: what the platform pushed of each call, merged.

use sea_orm::entity::prelude::*;

/// A row of `call_pushes`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_pushes")]
pub struct Model {
    /// The platform's id of the call, which may be unknown yet.
    #[sea_orm(primary_key, auto_increment = false)]
    pub external_id: String,
    /// The kinds of pushes that came, separated by commas.
    pub kinds: String,
    /// What they say, as JSON.
    pub pushed: String,
    /// Which values of the stored call are theirs, as JSON.
    pub filled: String,
    /// How many fields they say.
    pub richness: i64,
    /// Whether the platform's own record of the call was read.
    pub polled: bool,
    /// When the first one came.
    pub received_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
