use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{foreign_key, index, not_negative, one_of};

const ALERTS: &str = "alerts";
const DELIVERIES: &str = "alert_deliveries";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(alerts()).await?;
        // What is wrong is wrong once.
        manager
            .create_index(
                index(ALERTS, &["kind", "subject"])
                    .unique()
                    .cond_where(Expr::col("is_open").eq(true))
                    .take(),
            )
            .await?;
        // Open ones first, then the newest: the order of the list.
        manager
            .create_index(index(ALERTS, &["is_open", "id"]))
            .await?;
        // What is looked at once a minute must not read the history.
        manager
            .create_index(index(ALERTS, &["last_notified_at"]))
            .await?;
        manager.create_table(deliveries()).await?;
        manager
            .create_index(
                index(DELIVERIES, &["channel", "next_attempt_at"])
                    .cond_where(Expr::col("state").eq("PENDING"))
                    .take(),
            )
            .await?;
        manager
            .create_index(index(DELIVERIES, &["alert_id", "channel"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [DELIVERIES, ALERTS] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

/// What was or is wrong with synchronisation, a row for each time.
fn alerts() -> TableCreateStatement {
    Table::create()
        .table(ALERTS)
        .col(big_pk_auto("id"))
        .col(text("kind"))
        .col(text("subject"))
        .col(text("track"))
        .col(date_null("day"))
        .col(big_integer_null("run_id"))
        .col(text("message"))
        .col(boolean("is_open"))
        .col(timestamp_with_time_zone("opened_at"))
        .col(timestamp_with_time_zone_null("resolved_at"))
        .col(text("last_told"))
        .col(timestamp_with_time_zone("last_notified_at"))
        .check(one_of(
            "kind",
            &[
                "DAY_FAILED",
                "LAG",
                "PLATFORM_PAUSED",
                "CREDENTIALS_REFUSED",
                "RUN_STUCK",
            ],
        ))
        .check(one_of("track", &["TASK_STATS", "CALL_RECORDS"]))
        .check(one_of("last_told", &["OPENED", "REPEATED", "RESOLVED"]))
        .take()
}

/// What is to be told to whom: a row for each event of an alert and each channel.
fn deliveries() -> TableCreateStatement {
    Table::create()
        .table(DELIVERIES)
        .col(big_pk_auto("id"))
        .col(big_integer("alert_id"))
        .col(text("event"))
        .col(text("channel"))
        .col(text("state"))
        .col(big_integer("attempts").default(0))
        .col(timestamp_with_time_zone("next_attempt_at"))
        .col(text_null("owner"))
        .col(big_integer("fence").default(0))
        .col(timestamp_with_time_zone_null("expires_at"))
        .col(text_null("error"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .check(one_of("event", &["OPENED", "REPEATED", "RESOLVED"]))
        .check(one_of("channel", &["WEBHOOK", "DINGTALK", "EMAIL"]))
        .check(one_of("state", &["PENDING", "SENT", "FAILED"]))
        .check(not_negative("attempts"))
        .foreign_key(&mut foreign_key(
            DELIVERIES,
            "alert_id",
            (ALERTS, "id"),
            ForeignKeyAction::Cascade,
        ))
        .take()
}
