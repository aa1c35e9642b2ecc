use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{foreign_key, index, one_of};

const TABLE: &str = "call_tags";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(big_pk_auto("id"))
                    .col(big_integer("call_id"))
                    .col(text("tag_name"))
                    .col(text("tag_value"))
                    .col(text("tag_type"))
                    .col(timestamp_with_time_zone("created_at"))
                    .check(one_of("tag_type", &["SCRIPT", "MANUAL"]))
                    .foreign_key(&mut foreign_key(
                        TABLE,
                        "call_id",
                        ("calls", "id"),
                        ForeignKeyAction::Cascade,
                    ))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                index(TABLE, &["call_id", "tag_name", "tag_value"])
                    .unique()
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
