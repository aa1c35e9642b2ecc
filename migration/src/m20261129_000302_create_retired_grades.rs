use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::not_negative;

const TABLE: &str = "retired_grades";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Grades as they were before they were changed or deleted, for the figures of days whose calls
    /// were deleted for their age. `code` is the grade's own, `#` and a number, and is what the
    /// rollups of those days have.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(text("code").primary_key())
                    .col(text("label"))
                    .col(big_integer("unit_price"))
                    .col(boolean("is_interested"))
                    .col(boolean("is_success"))
                    .col(timestamp_with_time_zone("retired_at"))
                    .check(not_negative("unit_price"))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let count = Query::select()
            .expr(Expr::col("code").count())
            .from(TABLE)
            .take();
        let row = manager.get_connection().query_one(&count).await?;
        let retired: i64 = row.map_or(Ok(0), |row| row.try_get_by(0))?;
        if retired > 0 {
            return Err(DbErr::Migration(format!(
                "create_retired_grades cannot be taken back: {TABLE} has grades ({retired} in all) as they were before \
                 they were changed or deleted, and the figures of days whose calls were deleted for their age \
                 (RETENTION_CALL_DAYS) rest on them. To give up the deals and the revenue of these days, \
                 empty {TABLE} first"
            )));
        }
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
