use sea_orm_migration::{prelude::*, schema::*};

const TABLE: &str = "data_changes";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Changes of what is stored that the program makes once all tables are as it knows them, and what
    /// came of each. The first one brings texts and telephone numbers to one form.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(text("name").primary_key())
            .col(boolean("is_done").default(false))
            .col(text_null("report"))
            .take();
        manager.create_table(table).await?;
        let mut owed = Query::insert();
        owed.into_table(TABLE)
            .columns(["name"])
            .values_panic(["ONE_FORM".into()]);
        manager.execute(owed).await
    }

    /// What was brought to one form stays so.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
