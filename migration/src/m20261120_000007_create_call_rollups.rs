use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{index, one_of};

const TABLE: &str = "call_rollups";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// One row counts the calls of a business day that share a grade and one value of one
    /// dimension. `key` is that value as text (a task's or agent's id, `09`, `江苏`; empty where
    /// calls have none, and for the dimension DAY); an empty `grade_code` means no grade.
    ///
    /// There is no check against negative counts: rows change by deltas through `ON CONFLICT`,
    /// and a check would be applied to the delta itself.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(text("dimension"))
                    .col(text("key"))
                    .col(date("call_date"))
                    .col(text("grade_code"))
                    .col(big_integer("calls"))
                    .col(big_integer("connected"))
                    .col(big_integer("duration"))
                    .col(big_integer("billed_amount"))
                    .primary_key(
                        Index::create()
                            .col("dimension")
                            .col("key")
                            .col("call_date")
                            .col("grade_code"),
                    )
                    .check(one_of(
                        "dimension",
                        &["DAY", "TASK", "AGENT", "HOUR", "PROVINCE"],
                    ))
                    .take(),
            )
            .await?;
        manager
            .create_index(index(TABLE, &["dimension", "call_date"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
