use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::index;

const TABLE: &str = "audit_log";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Who changed what, and when. `object_id` is the row's id as text, or a day; it is null where a
    /// change was of many rows. `changes` is JSON: each field with before and after, or counts.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table
            .table(TABLE)
            .col(big_pk_auto("id"))
            .col(timestamp_with_time_zone("at"))
            .col(text("actor"))
            .col(text("role"))
            .col(text("operation"))
            .col(text("object_type"))
            .col(text_null("object_id"))
            .col(text("changes"));
        manager.create_table(table).await?;
        manager
            .create_index(index(TABLE, &["object_type", "object_id"]))
            .await?;
        manager.create_index(index(TABLE, &["at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
