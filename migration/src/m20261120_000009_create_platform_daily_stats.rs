use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{index, not_negative, one_of};

const TABLE: &str = "platform_daily_stats";

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
                    .col(date("stat_date"))
                    .col(text("kind"))
                    .col(text("name"))
                    .col(big_integer("dialled"))
                    .col(big_integer("connected"))
                    .col(big_integer("success"))
                    .col(boolean("is_summary"))
                    .col(boolean("is_seat"))
                    .col(timestamp_with_time_zone("fetched_at"))
                    .check(one_of("kind", &["ACCOUNT", "TASK"]))
                    .check(not_negative("dialled"))
                    .check(not_negative("connected"))
                    .check(not_negative("success"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index(TABLE, &["stat_date", "kind", "name"]).unique().take())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
