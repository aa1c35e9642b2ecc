use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Telephone numbers and e-mail addresses in who acted and in the ids of requests are masked in the
    /// audit log, too: by the program itself, in the transaction of this change.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let owed = Query::update()
            .table("data_changes")
            .value("is_done", false)
            .and_where(Expr::col("name").eq("MASKED_AUDIT_LOG"))
            .take();
        manager.execute(owed).await
    }

    /// What was masked stays so.
    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
