//! `raw_records`: the platform's records as they came.

use sea_orm::entity::prelude::*;

use crate::domain::sync::SyncTrack;

/// A row of `raw_records`: those of a page that were new or changed, or could not be used.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "raw_records")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The run that read them, while it is kept.
    pub run_id: Option<i64>,
    pub track: SyncTrack,
    /// The business day that was read.
    pub day: Date,
    pub fetched_at: DateTimeUtc,
    /// How many there are.
    pub records: i64,
    /// Their JSON texts, each after a record separator (RFC 7464), compressed with zstd.
    pub body: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
