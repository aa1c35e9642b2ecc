use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Telephone numbers have other forms than before, such as foreign ones: what is stored is brought to
    /// them by the program itself, in the transaction of this change.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let owed = Query::update()
            .table("data_changes")
            .value("is_done", false)
            .and_where(Expr::col("name").eq("ONE_FORM"))
            .take();
        manager.execute(owed).await
    }

    /// What was brought to one form stays so.
    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
