//! How many calls of each task have each tag.

use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::index;

const TABLE: &str = "tag_counts";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// `task_id` is 0 for calls without a task. Like the rollups it changes by deltas, so there is
    /// no check against negative counts; nor a foreign key, which 0 would break.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(big_integer("task_id"))
                    .col(text("tag_name"))
                    .col(text("tag_value"))
                    .col(big_integer("calls"))
                    .primary_key(
                        Index::create()
                            .col("task_id")
                            .col("tag_name")
                            .col("tag_value"),
                    )
                    .take(),
            )
            .await?;
        let counted = Query::select()
            .expr_as(
                Func::coalesce([Expr::col(("calls", "task_id")), Expr::value(0_i64)]),
                "task_id",
            )
            .column(("call_tags", "tag_name"))
            .column(("call_tags", "tag_value"))
            .expr_as(Expr::col(("call_tags", "id")).count(), "calls")
            .from("call_tags")
            .inner_join(
                "calls",
                Expr::col(("calls", "id")).equals(("call_tags", "call_id")),
            )
            .add_group_by([Expr::cust("1"), Expr::cust("2"), Expr::cust("3")])
            .take();
        let mut insert = Query::insert();
        insert
            .into_table(TABLE)
            .columns(["task_id", "tag_name", "tag_value", "calls"])
            .select_from(counted)
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        manager.execute(insert).await?;
        // Calls that have a certain tag.
        manager
            .create_index(index("call_tags", &["tag_name", "tag_value", "call_id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut drop = Index::drop();
        drop.name("ix_call_tags_tag_name_tag_value_call_id")
            .table("call_tags");
        manager.drop_index(drop).await?;
        manager.drop_table(Table::drop().table(TABLE).take()).await
    }
}
