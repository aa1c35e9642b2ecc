use sea_orm_migration::prelude::*;

use crate::columns::index;

const TABLE: &str = "sync_runs";
const COLUMNS: [&str; 4] = ["track", "sync_window", "status", "id"];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// The newest run of each window must not take the history of all runs to be found.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index(TABLE, &COLUMNS)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut drop = Index::drop();
        drop.name(format!("ix_{TABLE}_{}", COLUMNS.join("_")))
            .table(TABLE);
        manager.drop_index(drop).await
    }
}
