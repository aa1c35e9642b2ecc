use sea_orm_migration::prelude::*;

use crate::columns::index;

const TABLE: &str = "calls";
const COLUMN: &str = "phone_number";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// What was said to a number before: few calls, so the number alone will do.
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
