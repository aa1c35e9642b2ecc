use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::timestamps;

const TABLE: &str = "agents";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table(TABLE)
            .col(big_pk_auto("id"))
            .col(text("external_id").unique_key())
            .col(text_null("name"))
            .col(boolean("is_seat").default(true))
            .to_owned();
        manager.create_table(timestamps(&mut table).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
