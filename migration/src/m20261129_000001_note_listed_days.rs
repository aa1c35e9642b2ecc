use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Calls that came with another day's part of the list: a few around midnight.
const LISTED: &str = "ix_calls_listed_day";
/// Calls that people entered or imported.
const OWN: &str = "ix_calls_call_date_own";

/// Columns that are new, by table.
fn columns() -> [(&'static str, Vec<ColumnDef>); 4] {
    [
        ("calls", vec![date_null("listed_day").take()]),
        (
            "sync_slices",
            vec![
                big_integer("unlisted").default(0).take(),
                big_integer("not_kept").default(0).take(),
            ],
        ),
        (
            "sync_days",
            vec![
                timestamp_with_time_zone_null("read_at").take(),
                big_integer("list_lag_seconds").default(0).take(),
            ],
        ),
        (
            "sync_tracks",
            vec![
                string_null("listed_by").take(),
                big_integer("list_lag_seconds").default(0).take(),
            ],
        ),
    ]
}

/// One column a statement: SQLite takes no more.
async fn alter(
    manager: &SchemaManager<'_>,
    table: &'static str,
    change: impl FnOnce(&mut TableAlterStatement),
) -> Result<(), DbErr> {
    let mut alter = Table::alter();
    change(alter.table(table));
    manager.alter_table(alter).await
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Which day's part of the platform's list a call came with, where that is not its own day, and
    /// how far the list lags behind the calls.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in columns() {
            for mut column in columns {
                alter(manager, table, |alter| {
                    alter.add_column(&mut column);
                })
                .await?;
            }
        }
        for (name, column, condition) in [
            (LISTED, "listed_day", "listed_day IS NOT NULL"),
            (OWN, "call_date", "source <> 'GUANKE'"),
        ] {
            let mut index = Index::create();
            index.name(name).table("calls").col(column);
            index.cond_where(Expr::cust(condition));
            manager.create_index(index.take()).await?;
        }
        // Until now the end of a read was noted alone.
        let read_at = Query::update()
            .table("sync_days")
            .value("read_at", Expr::col("verified_at"))
            .to_owned();
        manager.execute(read_at).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [LISTED, OWN] {
            let index = Index::drop().name(name).table("calls").to_owned();
            manager.drop_index(index).await?;
        }
        for (table, columns) in columns() {
            for column in columns {
                let name = column.get_column_name();
                alter(manager, table, |alter| {
                    alter.drop_column(name);
                })
                .await?;
            }
        }
        Ok(())
    }
}
