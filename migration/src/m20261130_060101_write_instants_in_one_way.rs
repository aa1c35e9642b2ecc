use sea_orm_migration::{
    prelude::*,
    sea_orm::{DatabaseBackend, QueryResult, Statement},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// As SQLite's CURRENT_TIMESTAMP writes an instant.
const OTHER_FORM: &str = "'____-__-__ __:__:__'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite compares instants as texts. Rows that migrations added have `2026-11-19 01:00:00` where the
    /// program writes `2026-11-19T01:00:00+00:00`: a page that began after such a row found it again.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        if db.get_database_backend() != DatabaseBackend::Sqlite {
            return Ok(());
        }
        let columns = "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c
            WHERE t.type = 'table' AND c.type LIKE '%timestamp%' ORDER BY 1, 2";
        for row in texts(db, columns).await? {
            let [table, column] = row;
            let is_other = format!(r#""{column}" LIKE {OTHER_FORM}"#);
            let other = format!(r#"SELECT 1 FROM "{table}" WHERE {is_other} LIMIT 1"#);
            if db.query_one_raw(statement(db, other)).await?.is_none() {
                continue;
            }
            // The audit log lets nobody change it.
            let guards = format!(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"
            );
            let guards = texts(db, &guards).await?;
            for [guard, _] in &guards {
                db.execute_unprepared(&format!(r#"DROP TRIGGER "{guard}""#))
                    .await?;
            }
            let form = format!(r#"replace("{column}", ' ', 'T') || '+00:00'"#);
            let update = format!(r#"UPDATE "{table}" SET "{column}" = {form} WHERE {is_other}"#);
            db.execute_unprepared(&update).await?;
            for [_, guard] in &guards {
                db.execute_unprepared(guard).await?;
            }
        }
        Ok(())
    }

    /// Either way reads the same.
    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

fn statement(db: &SchemaManagerConnection<'_>, sql: String) -> Statement {
    Statement::from_string(db.get_database_backend(), sql)
}

/// Rows of two texts.
async fn texts(db: &SchemaManagerConnection<'_>, sql: &str) -> Result<Vec<[String; 2]>, DbErr> {
    let rows = db.query_all_raw(statement(db, sql.to_owned())).await?;
    let texts = |row: &QueryResult| Ok([row.try_get_by_index(0)?, row.try_get_by_index(1)?]);
    rows.iter().map(texts).collect()
}
