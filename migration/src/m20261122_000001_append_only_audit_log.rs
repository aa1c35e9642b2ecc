use sea_orm_migration::{
    prelude::*,
    schema::text_null,
    sea_orm::{ConnectionTrait, DatabaseBackend},
};

const TABLE: &str = "audit_log";
/// From where something was done, and with which request.
const COLUMNS: [&str; 2] = ["client_address", "request_id"];

/// Statement triggers fire whether rows are touched or not, and are the only ones that TRUNCATE has.
const POSTGRES_UP: &str = "
CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_log is append-only: % is refused', TG_OP;
END
$$;
CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
";
const POSTGRES_DOWN: &str = "
DROP TRIGGER audit_log_is_append_only ON audit_log;
DROP FUNCTION audit_log_is_append_only();
";
/// INSERT OR REPLACE deletes without a delete trigger, hence the third one.
const SQLITE_UP: &str = "
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only: UPDATE is refused'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only: DELETE is refused'); END;
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only: REPLACE is refused'); END;
";
const SQLITE_DOWN: &str = "
DROP TRIGGER audit_log_no_replace;
DROP TRIGGER audit_log_no_delete;
DROP TRIGGER audit_log_no_update;
";

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The audit log says from where things were done, and nobody who has but the program's way to the
/// database rewrites it.
///
/// What is kept for a limited time can still go: whoever owns the tables drops the triggers, deletes
/// and makes them anew, all in one transaction (both databases have transactions for that too).
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            let mut alter = Table::alter();
            alter.table(TABLE).add_column(text_null(column));
            manager.alter_table(alter).await?;
        }
        run(manager, POSTGRES_UP, SQLITE_UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, POSTGRES_DOWN, SQLITE_DOWN).await?;
        for column in COLUMNS {
            let mut alter = Table::alter();
            alter.table(TABLE).drop_column(column);
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}

async fn run(manager: &SchemaManager<'_>, postgres: &str, sqlite: &str) -> Result<(), DbErr> {
    let sql = match manager.get_database_backend() {
        DatabaseBackend::Postgres => postgres,
        _ => sqlite,
    };
    manager.get_connection().execute_unprepared(sql).await?;
    Ok(())
}
