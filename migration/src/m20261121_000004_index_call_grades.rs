use sea_orm_migration::prelude::*;

use crate::columns::index;

const TABLE: &str = "calls";
const COLUMNS: [&str; 2] = ["grade", "grade_code"];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// A change of the catalogue looks up which grade texts calls have, and the calls of some.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(
                index(TABLE, &COLUMNS)
                    .cond_where(Expr::col("grade").is_not_null())
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut drop = Index::drop();
        drop.name(format!("ix_{TABLE}_{}", COLUMNS.join("_")))
            .table(TABLE);
        manager.drop_index(drop).await
    }
}
