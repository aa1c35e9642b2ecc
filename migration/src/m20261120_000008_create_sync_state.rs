use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{foreign_key, index, one_of};

const TRACKS: [&str; 2] = ["TASK_STATS", "CALL_RECORDS"];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(sync_runs()).await?;
        // Looking for the runs at work must not read the history of all runs.
        manager
            .create_index(
                index("sync_runs", &["status", "heartbeat_at"])
                    .cond_where(Expr::col("status").eq("RUNNING"))
                    .take(),
            )
            .await?;
        manager.create_table(sync_days()).await?;
        manager.create_table(sync_leases()).await?;
        manager.create_table(platform_tokens()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["platform_tokens", "sync_leases", "sync_days", "sync_runs"] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

/// The history: one row a run.
fn sync_runs() -> TableCreateStatement {
    Table::create()
        .table("sync_runs")
        .col(big_pk_auto("id"))
        .col(text("track"))
        .col(text("sync_window"))
        .col(date("from_day"))
        .col(date("to_day"))
        .col(text("status"))
        .col(text("triggered_by"))
        .col(big_integer("days_done").default(0))
        .col(big_integer("pages").default(0))
        .col(big_integer("fetched").default(0))
        .col(big_integer("inserted").default(0))
        .col(big_integer("updated").default(0))
        .col(big_integer("unchanged").default(0))
        .col(big_integer("skipped").default(0))
        .col(text_null("error"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone("heartbeat_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .check(one_of("track", &TRACKS))
        .check(one_of("sync_window", &["T10", "T3", "TODAY", "MANUAL"]))
        .check(one_of(
            "status",
            &["RUNNING", "SUCCEEDED", "PARTIAL", "FAILED"],
        ))
        .check(one_of("triggered_by", &["SCHEDULE", "API", "CLI"]))
        .check(Expr::col("to_day").gte(Expr::col("from_day")))
        .take()
}

/// What is known of each day, a row a track and day.
fn sync_days() -> TableCreateStatement {
    Table::create()
        .table("sync_days")
        .col(text("track"))
        .col(date("day"))
        .col(big_integer_null("expected"))
        .col(big_integer_null("seen"))
        .col(timestamp_with_time_zone_null("completed_at"))
        .col(timestamp_with_time_zone_null("synced_at"))
        .col(timestamp_with_time_zone_null("synced_through"))
        .col(boolean("is_stale").default(false))
        .col(text_null("error"))
        .col(big_integer_null("last_run_id"))
        .col(timestamp_with_time_zone("updated_at"))
        .primary_key(Index::create().col("track").col("day"))
        .check(one_of("track", &TRACKS))
        .foreign_key(&mut foreign_key(
            "sync_days",
            "last_run_id",
            ("sync_runs", "id"),
            ForeignKeyAction::SetNull,
        ))
        .take()
}

/// Who may work on what at present, over all instances.
fn sync_leases() -> TableCreateStatement {
    Table::create()
        .table("sync_leases")
        .col(text("name").primary_key())
        .col(text_null("owner"))
        .col(big_integer("fence").default(0))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("ticked_at"))
        .take()
}

/// Tokens of the calling platform, encrypted, shared by all instances.
fn platform_tokens() -> TableCreateStatement {
    Table::create()
        .table("platform_tokens")
        .col(text("account").primary_key())
        .col(blob("ciphertext"))
        .col(timestamp_with_time_zone("fetched_at"))
        .take()
}
