//! Which call gave a task or an agent its name, so that an older one does not bring an old name back.

use sea_orm_migration::{
    prelude::*,
    schema::*,
    sea_orm::{ConnectionTrait, DatabaseBackend},
};

const AS_OF: &str = "name_as_of";
const CALL: &str = "name_call";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let now = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => "strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')",
            _ => "CURRENT_TIMESTAMP",
        };
        for (table, column, has_name) in [
            ("dial_tasks", "task_id", "task_name <> external_id"),
            ("agents", "agent_id", "name IS NOT NULL"),
        ] {
            for column in [timestamp_with_time_zone_null(AS_OF), text_null(CALL)] {
                let mut alter = Table::alter();
                alter.table(table).add_column(column);
                manager.alter_table(alter).await?;
            }
            // Which call gave a name is not known: it counts as that of the newest, which may correct it.
            let dated = format!(
                "UPDATE {table} SET {AS_OF} = (SELECT MAX(call_time) FROM calls WHERE calls.{column} = {table}.id
                 AND calls.source = {table}.source AND call_time <= {now}) WHERE {has_name}"
            );
            let db = manager.get_connection();
            db.execute_unprepared(&dated).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["dial_tasks", "agents"] {
            for column in [AS_OF, CALL] {
                let mut alter = Table::alter();
                alter.table(table).drop_column(column);
                manager.alter_table(alter).await?;
            }
        }
        Ok(())
    }
}
