use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DatabaseBackend},
};

use crate::rebuild::rebuild;

const ALERTS: &str = "alerts";
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
        rebuild(manager, ALERTS, without_kinds).await
    }

    /// Alerts of newer kinds are deleted: the table before had no place for them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let newer = || {
            Query::select()
                .column("id")
                .from(ALERTS)
                .and_where(Expr::col("kind").is_not_in(KINDS))
                .take()
        };
        for (table, column) in [("alert_deliveries", "alert_id"), (ALERTS, "id")] {
            let delete = Query::delete()
                .from_table(table)
                .and_where(Expr::col(column).in_subquery(newer()))
                .to_owned();
            db.execute(&delete).await?;
        }
        if db.get_database_backend() == DatabaseBackend::Postgres {
            db.execute_unprepared(&format!(
                "ALTER TABLE alerts ADD CONSTRAINT alerts_kind_check {}",
                check()
            ))
            .await?;
            return Ok(());
        }
        rebuild(manager, ALERTS, |columns| {
            let end = columns.rfind(')')?;
            Some(format!("{}, {} )", &columns[..end], check()))
        })
        .await
    }
}

fn check() -> String {
    let kinds = KINDS.map(|kind| format!("'{kind}'")).join(", ");
    format!("CHECK (\"kind\" IN ({kinds}))")
}

/// The table's definition without the check of kinds; `None` where it has none.
fn without_kinds(columns: &str) -> Option<String> {
    let begin = columns.find("CHECK (\"kind\" IN (")?;
    let end = begin + columns[begin..].find("))")? + 2;
    let before = columns[..begin].trim_end().trim_end_matches(',');
    Some(format!("{before}{}", &columns[end..]))
}
