use sea_orm_migration::{
    prelude::*,
    schema::*,
    sea_orm::{ConnectionTrait, DatabaseBackend},
};

use crate::columns::{foreign_key, index, not_negative, one_of};

const ALERTS: &str = "alerts";
const DELIVERIES: &str = "alert_deliveries";
const KINDS: [&str; 5] = [
    "DAY_FAILED",
    "LAG",
    "PLATFORM_PAUSED",
    "CREDENTIALS_REFUSED",
    "RUN_STUCK",
];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// What can be wrong is the program's to say: a new kind of alert needs no new table.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        if db.get_database_backend() == DatabaseBackend::Postgres {
            db.execute_unprepared("ALTER TABLE alerts DROP CONSTRAINT alerts_kind_check")
                .await?;
            return Ok(());
        }
        rebuild(manager, false).await
    }

    /// Alerts of newer kinds are deleted: the table before had no place for them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute(
            Query::delete()
                .from_table(ALERTS)
                .and_where(Expr::col("kind").is_not_in(KINDS)),
        )
        .await?;
        if db.get_database_backend() == DatabaseBackend::Postgres {
            let kinds = KINDS.map(|kind| format!("'{kind}'")).join(", ");
            db.execute_unprepared(&format!(
                "ALTER TABLE alerts ADD CONSTRAINT alerts_kind_check CHECK (kind IN ({kinds}))"
            ))
            .await?;
            return Ok(());
        }
        rebuild(manager, true).await
    }
}

/// SQLite changes no check: both tables are made again with what they hold. The deliveries go first,
/// so that none is deleted with its alert.
async fn rebuild(manager: &SchemaManager<'_>, with_kinds: bool) -> Result<(), DbErr> {
    const OLD_ALERTS: &str = "alerts_before";
    const OLD_DELIVERIES: &str = "alert_deliveries_before";
    let db = manager.get_connection();
    for (table, name) in [(ALERTS, OLD_ALERTS), (DELIVERIES, OLD_DELIVERIES)] {
        manager
            .rename_table(Table::rename().table(table, name).take())
            .await?;
    }
    // Indexes keep their names, which the new tables need.
    for index in [
        "ix_alerts_kind_subject",
        "ix_alerts_is_open_id",
        "ix_alerts_last_notified_at",
        "ix_alert_deliveries_channel_next_attempt_at",
        "ix_alert_deliveries_alert_id_channel",
    ] {
        db.execute_unprepared(&format!("DROP INDEX {index}"))
            .await?;
    }
    manager.create_table(alerts(with_kinds)).await?;
    manager.create_table(deliveries()).await?;
    for (table, old, columns) in [
        (
            ALERTS,
            OLD_ALERTS,
            "id, kind, subject, track, day, run_id, message, is_open, opened_at, resolved_at, last_told, last_notified_at",
        ),
        (
            DELIVERIES,
            OLD_DELIVERIES,
            "id, alert_id, event, channel, state, attempts, next_attempt_at, owner, fence, expires_at, error, created_at, finished_at",
        ),
    ] {
        let copy = format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {old}");
        db.execute_unprepared(&copy).await?;
    }
    for old in [OLD_DELIVERIES, OLD_ALERTS] {
        manager.drop_table(Table::drop().table(old).take()).await?;
    }
    manager
        .create_index(
            index(ALERTS, &["kind", "subject"])
                .unique()
                .cond_where(Expr::col("is_open").eq(true))
                .take(),
        )
        .await?;
    manager
        .create_index(index(ALERTS, &["is_open", "id"]))
        .await?;
    manager
        .create_index(index(ALERTS, &["last_notified_at"]))
        .await?;
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

fn alerts(with_kinds: bool) -> TableCreateStatement {
    let mut table = Table::create()
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
        .check(one_of("track", &["TASK_STATS", "CALL_RECORDS"]))
        .check(one_of("last_told", &["OPENED", "REPEATED", "RESOLVED"]))
        .take();
    if with_kinds {
        table.check(one_of("kind", &KINDS));
    }
    table
}

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
