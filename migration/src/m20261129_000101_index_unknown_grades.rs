use sea_orm_migration::prelude::*;

use crate::columns::index;

const TABLE: &str = "calls";
const NAME: &str = "ix_calls_unknown_grades";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Which grade texts the catalogue does not know, day by day: the index answers without the table.
    /// (All it needs stands in it, and the code first, without which SQLite takes another index.)
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(
                index(TABLE, &["grade_code", "call_date", "grade", "removed_at"])
                    .name(NAME)
                    .cond_where(Expr::col("grade_code").eq("OTHER"))
                    .cond_where(Expr::col("removed_at").is_null())
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut drop = Index::drop();
        drop.name(NAME).table(TABLE);
        manager.drop_index(drop).await
    }
}
