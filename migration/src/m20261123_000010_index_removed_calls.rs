use sea_orm_migration::prelude::*;

use crate::columns::index;

const TABLE: &str = "calls";
const COLUMN: &str = "removed_at";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// To find the few calls that are removed: they are looked for, and taken out of lists of tags.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(
                index(TABLE, &[COLUMN])
                    .cond_where(Expr::col(COLUMN).is_not_null())
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut drop = Index::drop();
        drop.name(format!("ix_{TABLE}_{COLUMN}")).table(TABLE);
        manager.drop_index(drop).await
    }
}
