//! What the platform pushes of its own accord, and its records as they came.

use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{foreign_key, index, not_negative, one_of};

const PUSHES: &str = "call_pushes";
const RAW: &str = "raw_records";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(pushes()).await?;
        // What is old and merged into a polled call, to be deleted.
        manager
            .create_index(
                index(PUSHES, &["updated_at"])
                    .cond_where(Expr::col("polled").eq(true))
                    .take(),
            )
            .await?;
        manager.create_table(raw_records()).await?;
        for columns in [&["day", "id"][..], &["fetched_at"], &["run_id"]] {
            manager.create_index(index(RAW, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [RAW, PUSHES] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

/// All that was pushed of a call, merged, whether the call is known or not.
fn pushes() -> TableCreateStatement {
    Table::create()
        .table(PUSHES)
        .col(text("external_id").primary_key())
        .col(text("kinds"))
        .col(text("pushed"))
        .col(text("filled"))
        .col(big_integer("richness"))
        .col(boolean("polled").default(false))
        .col(timestamp_with_time_zone("received_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(not_negative("richness"))
        .take()
}

/// The platform's records as they came, those of a page in a row, compressed.
fn raw_records() -> TableCreateStatement {
    Table::create()
        .table(RAW)
        .col(big_pk_auto("id"))
        .col(big_integer_null("run_id"))
        .col(text("track"))
        .col(date("day"))
        .col(timestamp_with_time_zone("fetched_at"))
        .col(big_integer("records"))
        .col(blob("body"))
        .check(one_of("track", &["TASK_STATS", "CALL_RECORDS"]))
        .check(not_negative("records"))
        .foreign_key(&mut foreign_key(
            RAW,
            "run_id",
            ("sync_runs", "id"),
            ForeignKeyAction::SetNull,
        ))
        .take()
}
