//! What has to be known of calls that are kept no longer, and indexes to find what is old.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{
    columns::index,
    kept::{HORIZONS, beyond_recount},
};

const ARCHIVED: &str = "archived_tag_counts";
const INDEXES: [(&str, &[&str]); 2] = [
    ("sync_runs", &["finished_at"]),
    // Deleting a run looks for the days that name it.
    ("sync_days", &["last_run_id"]),
];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The first day of which all is kept, a row a subject.
        manager
            .create_table(
                Table::create()
                    .table(HORIZONS)
                    .col(text("subject").primary_key())
                    .col(date("day"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .check(Expr::col("subject").eq("CALLS"))
                    .take(),
            )
            .await?;
        // What the tags of deleted calls counted for; they still count in `tag_counts`.
        manager
            .create_table(
                Table::create()
                    .table(ARCHIVED)
                    .col(big_integer("task_id"))
                    .col(text("tag_name"))
                    .col(text("tag_value"))
                    .col(big_integer("calls"))
                    .primary_key(
                        Index::create()
                            .col("task_id")
                            .col("tag_name")
                            .col("tag_value"),
                    )
                    .take(),
            )
            .await?;
        for (table, columns) in INDEXES {
            manager.create_index(index(table, columns)).await?;
        }
        Ok(())
    }

    /// Refused while there are figures of calls that are gone: without the horizon they would be taken
    /// for wrong ones, and a rebuild of the rollups would delete them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        refuse_to_forget(manager).await?;
        for (table, columns) in INDEXES {
            let mut drop = Index::drop();
            drop.name(format!("ix_{table}_{}", columns.join("_")))
                .table(table);
            manager.drop_index(drop).await?;
        }
        for table in [ARCHIVED, HORIZONS] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

async fn refuse_to_forget(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let lost = beyond_recount(manager, "calls", Expr::value(1), None).await?;
    let Some((day, calls)) = lost else {
        return Ok(());
    };
    Err(DbErr::Migration(format!(
        "add_retention cannot be taken back: calls of days before {day} ({calls} in all) were deleted for their age \
         (RETENTION_CALL_DAYS), and what they counted for could not be told from wrong figures any more. \
         To give up the figures of these days, empty {HORIZONS} first; then `dialgraph rollups rebuild` deletes them"
    )))
}
