use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{index, not_negative, timestamps};

const TABLE: &str = "lead_packages";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table(TABLE)
            .col(big_pk_auto("id"))
            .col(text("name"))
            .col(text_null("source"))
            .col(text_null("industry"))
            .col(text_null("region"))
            .col(integer("total_leads").default(0))
            .col(integer("valid_leads").default(0))
            .col(big_integer("cost_per_lead").default(0))
            .col(big_integer("total_cost").default(0))
            .col(date("created_date"))
            .check(Expr::col("valid_leads").lte(Expr::col("total_leads")))
            .check(not_negative("valid_leads"))
            .check(not_negative("cost_per_lead"))
            .check(not_negative("total_cost"))
            .to_owned();
        manager.create_table(timestamps(&mut table).take()).await?;
        manager
            .create_index(index(TABLE, &["created_at", "id"]))
            .await?;
        // The cost of a day is the cost of the packages created that day.
        manager.create_index(index(TABLE, &["created_date"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
