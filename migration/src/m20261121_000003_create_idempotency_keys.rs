use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::index;

const TABLE: &str = "idempotency_keys";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// What a write with a key answered, so that its repeat gets the same and writes nothing.
    /// `answer` is JSON; it is empty only inside the transaction that does the work.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table
            .table(TABLE)
            .col(text("actor"))
            .col(text("operation"))
            .col(text("key"))
            .col(big_integer("input_hash"))
            .col(text("answer"))
            .col(timestamp_with_time_zone("created_at"))
            .primary_key(Index::create().col("actor").col("operation").col("key"));
        manager.create_table(table).await?;
        // Old keys are deleted by age.
        manager.create_index(index(TABLE, &["created_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
