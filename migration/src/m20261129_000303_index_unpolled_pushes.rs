use sea_orm_migration::prelude::*;

const TABLE: &str = "call_pushes";
const NAME: &str = "ix_call_pushes_updated_at_unpolled";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// What was pushed of calls whose own record was never read, to be deleted with calls of its age.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::create();
        index
            .name(NAME)
            .table(TABLE)
            .col("updated_at")
            .cond_where(Expr::col("polled").eq(false));
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut drop = Index::drop();
        drop.name(NAME).table(TABLE);
        manager.drop_index(drop).await
    }
}
