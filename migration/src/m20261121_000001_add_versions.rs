use sea_orm_migration::{prelude::*, schema::*};

/// Tables whose rows people change: each write counts the row's version up by one.
const TABLES: [&str; 4] = ["lead_packages", "dial_tasks", "calls", "grades"];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            let mut alter = Table::alter();
            alter
                .table(table)
                .add_column(big_integer("version").default(1));
            manager.alter_table(alter).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            let mut alter = Table::alter();
            alter.table(table).drop_column("version");
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
