//! Whose calendar days the stored business days are.

use sea_orm_migration::{prelude::*, schema::*};

const TABLE: &str = "business_zones";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// One row at most. While the days are being moved it names the `target`, and the last call that
    /// was moved.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(integer("id").primary_key())
                    .col(text_null("zone"))
                    .col(text_null("target"))
                    .col(big_integer("watermark").default(0))
                    .col(big_integer("moved").default(0))
                    .col(timestamp_with_time_zone_null("calls_from"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .check(Expr::col("id").eq(1))
                    .check(
                        Expr::col("zone")
                            .is_not_null()
                            .or(Expr::col("target").is_not_null()),
                    )
                    .take(),
            )
            .await
    }

    /// Refuses while days are being moved: nobody would know any more which ones were.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let unfinished = Query::select()
            .column("target")
            .from(TABLE)
            .and_where(Expr::col("target").is_not_null())
            .take();
        let unfinished = manager.get_connection().query_one(&unfinished).await?;
        if let Some(row) = unfinished {
            let target: String = row.try_get_by(0)?;
            return Err(DbErr::Migration(format!(
                "the business days are being moved to {target}, and not all are yet: finish with `dialgraph rezone` first"
            )));
        }
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
