use sea_orm_migration::{prelude::*, schema::*};

use crate::cells::{add_calls, add_tags};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// When the platform was first found to have a call no longer: it is kept, and counts for nothing.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut alter = Table::alter();
        alter
            .table("calls")
            .add_column(timestamp_with_time_zone_null("removed_at"));
        manager.alter_table(alter).await
    }

    /// Without the mark a removed call is one like others, and is counted like others: also when the
    /// mark comes back, until the platform is asked again.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let removed = || Expr::col(("calls", "removed_at")).is_not_null();
        let connected = Expr::case(Expr::col("result").eq("CONNECTED"), 1).finally(0);
        let measures = [
            ("calls", Expr::value(1)),
            ("connected", connected.into()),
            ("duration", Expr::col("duration")),
            ("billed_amount", Expr::col("billed_amount")),
        ];
        add_calls(manager, removed(), &measures).await?;
        add_tags(manager, removed()).await?;
        let mut alter = Table::alter();
        alter.table("calls").drop_column("removed_at");
        manager.alter_table(alter).await
    }
}
