use sea_orm_migration::prelude::*;

const TABLE: &str = "data_changes";
const NAME: &str = "MASKED_AUDIT_LOG";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Telephone numbers and e-mail addresses that older programs recorded in the audit log are masked,
    /// by the program itself, in the transaction of this change.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owed = Query::insert();
        owed.into_table(TABLE)
            .columns(["name"])
            .values_panic([NAME.into()]);
        manager.execute(owed).await
    }

    /// What was masked stays so.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut delete = Query::delete();
        delete
            .from_table(TABLE)
            .and_where(Expr::col("name").eq(NAME));
        manager.execute(delete).await
    }
}
