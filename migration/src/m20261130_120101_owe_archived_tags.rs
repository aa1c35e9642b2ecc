use sea_orm_migration::prelude::*;

const TABLE: &str = "data_changes";
const NAME: &str = "ARCHIVED_TAGS";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Tags of calls that are kept no longer are brought to the forms that those of calls have, once all
    /// tables are as the program knows them.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owed = Query::insert();
        owed.into_table(TABLE)
            .columns(["name"])
            .values_panic([NAME.into()])
            .on_conflict(OnConflict::column("name").do_nothing().to_owned());
        manager.execute(owed).await
    }

    /// What was brought to one form stays so. It is owed again, because an older program writes others.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owed = Query::update();
        owed.table(TABLE)
            .value("is_done", false)
            .and_where(Expr::col("name").eq(NAME));
        manager.execute(owed).await
    }
}
