//! `write_probes`: what was last written to find out whether the database takes writes.

use sea_orm::entity::prelude::*;

/// A row of `write_probes`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "write_probes")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Chance, so that it takes its room.
    pub filler: Vec<u8>,
    pub written_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
