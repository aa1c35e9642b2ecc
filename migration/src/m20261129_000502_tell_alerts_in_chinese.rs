use sea_orm_migration::{prelude::*, schema::*};

const TABLE: &str = "alerts";
const COLUMN: &str = "message_zh";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// What is wrong, in Chinese; alerts from before have English words only.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut alter = Table::alter();
        alter.table(TABLE).add_column(text_null(COLUMN));
        manager.alter_table(alter).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut alter = Table::alter();
        alter.table(TABLE).drop_column(COLUMN);
        manager.alter_table(alter).await
    }
}
