use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{foreign_key, index, not_negative, one_of};

const SLICES: &str = "sync_slices";
const TRACKS: [&str; 2] = ["TASK_STATS", "CALL_RECORDS"];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(slices()).await?;
        manager
            .create_index(index(SLICES, &["run_id", "day"]).take())
            .await?;
        // Looking for work must not read the history of all slices.
        manager
            .create_index(
                index(SLICES, &["track", "day", "state"])
                    .cond_where(Expr::col("state").is_in(["PENDING", "READING"]))
                    .take(),
            )
            .await?;
        manager.create_table(tracks()).await?;
        for column in run_columns() {
            add(manager, "sync_runs", column).await?;
        }
        for column in day_columns() {
            add(manager, "sync_days", column).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in [("sync_days", day_columns()), ("sync_runs", run_columns())] {
            for column in columns {
                let mut alter = Table::alter();
                alter
                    .table(table)
                    .drop_column(column.get_column_name().clone());
                manager.alter_table(alter).await?;
            }
        }
        for table in ["sync_tracks", SLICES] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    let mut alter = Table::alter();
    alter.table(table).add_column(column);
    manager.alter_table(alter).await
}

/// The ledger: what was asked of each part of a day, what came of it, and who is at it.
fn slices() -> TableCreateStatement {
    Table::create()
        .table(SLICES)
        .col(big_pk_auto("id"))
        .col(big_integer("run_id"))
        .col(text("track"))
        .col(date("day"))
        .col(timestamp_with_time_zone("from_at"))
        .col(timestamp_with_time_zone("to_at"))
        .col(text("state"))
        .col(big_integer_null("expected"))
        .col(big_integer_null("seen"))
        .col(big_integer("undialled").default(0))
        .col(big_integer("removed").default(0))
        .col(big_integer("pages").default(0))
        .col(big_integer("retries").default(0))
        .col(big_integer("attempts").default(0))
        .col(text_null("error"))
        .col(text_null("owner"))
        .col(big_integer("fence").default(0))
        .col(timestamp_with_time_zone_null("expires_at"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("started_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .check(one_of("track", &TRACKS))
        .check(one_of(
            "state",
            &[
                "PENDING",
                "READING",
                "DONE",
                "INCOMPLETE",
                "SPLIT",
                "ABANDONED",
            ],
        ))
        .check(Expr::col("to_at").gte(Expr::col("from_at")))
        .check(not_negative("pages"))
        .check(not_negative("attempts"))
        .foreign_key(&mut foreign_key(
            SLICES,
            "run_id",
            ("sync_runs", "id"),
            ForeignKeyAction::Cascade,
        ))
        .take()
}

/// Whether a track is being asked for at all.
fn tracks() -> TableCreateStatement {
    Table::create()
        .table("sync_tracks")
        .col(text("track").primary_key())
        .col(big_integer("failures").default(0))
        .col(timestamp_with_time_zone_null("opened_at"))
        .col(timestamp_with_time_zone_null("retry_at"))
        .col(text_null("error"))
        .col(timestamp_with_time_zone_null("refused_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(one_of("track", &TRACKS))
        .take()
}

fn run_columns() -> Vec<ColumnDef> {
    vec![
        text_null("owner").take(),
        big_integer("fence").default(0).take(),
        big_integer("days_failed").default(0).take(),
        big_integer("retries").default(0).take(),
        big_integer("removed").default(0).take(),
        timestamp_with_time_zone_null("cancelled_at").take(),
        boolean("accepts_removals").default(false).take(),
    ]
}

fn day_columns() -> Vec<ColumnDef> {
    vec![
        // When the day was last read from its first to its last second, not only what was new.
        timestamp_with_time_zone_null("verified_at").take(),
        big_integer("undialled").default(0).take(),
    ]
}
