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
        let again = OnConflict::column("name")
            .value("is_done", false)
            .to_owned();
        let mut owed = Query::insert();
        owed.into_table(TABLE)
            .columns(["name"])
            .values_panic([NAME.into()])
            .on_conflict(again);
        manager.execute(owed).await
    }

    /// What was masked stays so, and that it was is no news to an older program.
    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
