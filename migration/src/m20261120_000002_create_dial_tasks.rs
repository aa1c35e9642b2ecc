use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{foreign_key, index, one_of, timestamps};

const TABLE: &str = "dial_tasks";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table(TABLE)
            .col(big_pk_auto("id"))
            .col(big_integer_null("package_id"))
            .col(text_null("external_id").unique_key())
            .col(text("task_name"))
            .col(text_null("description"))
            .col(timestamp_with_time_zone_null("start_time"))
            .col(timestamp_with_time_zone_null("end_time"))
            .col(text("status"))
            .check(Expr::col("end_time").gte(Expr::col("start_time")))
            .check(one_of(
                "status",
                &["PENDING", "IN_PROGRESS", "COMPLETED", "CANCELLED"],
            ))
            // A package that goes must not take calls with it: its tasks lose their link.
            .foreign_key(&mut foreign_key(
                TABLE,
                "package_id",
                ("lead_packages", "id"),
                ForeignKeyAction::SetNull,
            ))
            .to_owned();
        manager.create_table(timestamps(&mut table).take()).await?;
        manager
            .create_index(index(TABLE, &["package_id", "id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
