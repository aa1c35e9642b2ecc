//! `business_zones`: whose calendar days the stored business days are. One row at most.

use sea_orm::entity::prelude::*;

/// A row of `business_zones`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "business_zones")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The IANA name of the zone; none where calls of several zones are being moved to one.
    pub zone: Option<String>,
    /// The zone that the days are being moved to; none when they all are of `zone`.
    pub target: Option<String>,
    /// The id of the last call that was looked at, while days are being moved.
    pub watermark: i64,
    /// How many calls got another day or hour so far, while days are being moved.
    pub moved: i64,
    /// Figures of calls before this instant stay under the days they were counted under, because calls
    /// of that time are kept no longer; none where all calls are kept.
    pub calls_from: Option<DateTimeUtc>,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
