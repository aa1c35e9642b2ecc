//! Adding calls to the cells of `call_rollups`, as far as migrations have to count again.

use sea_orm_migration::prelude::*;

const TABLE: &str = "call_rollups";
const KEY: [&str; 4] = ["dimension", "key", "call_date", "grade_code"];

/// Adds to every cell the sums of `measures` over those calls that pass `which`; each measure is a
/// column of `call_rollups`, and what it sums. Cells that are missing are made.
pub async fn add_calls(
    manager: &SchemaManager<'_>,
    which: Expr,
    measures: &[(&'static str, Expr)],
) -> Result<(), DbErr> {
    let columns = measures.iter().map(|(column, _)| *column);
    for (dimension, key) in dimensions() {
        let mut calls = Query::select();
        calls
            .expr_as(text(Expr::value(dimension)), "dimension")
            .expr_as(key, "key")
            .column("call_date")
            .expr_as(or_empty(Expr::col("grade_code")), "grade_code");
        for (column, measure) in measures {
            let sum = Func::coalesce([measure.clone().sum(), Expr::value(0)]);
            calls.expr_as(Expr::expr(sum).cast_as("BIGINT"), *column);
        }
        calls.from("calls").and_where(which.clone()).add_group_by([
            Expr::cust("2"),
            Expr::cust("3"),
            Expr::cust("4"),
        ]);
        let added = |column: &'static str| {
            let sum = Expr::col((TABLE, column)).add(Expr::col(("excluded", column)));
            (column, sum)
        };
        let mut insert = Query::insert();
        insert
            .into_table(TABLE)
            .columns(KEY.into_iter().chain(columns.clone()))
            .on_conflict(
                OnConflict::columns(KEY)
                    .values(columns.clone().map(added))
                    .to_owned(),
            )
            .select_from(calls)
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        manager.execute(insert).await?;
    }
    Ok(())
}

/// Adds the tags of those calls that pass `which` to the counts of tags.
pub async fn add_tags(manager: &SchemaManager<'_>, which: Expr) -> Result<(), DbErr> {
    const TABLE: &str = "tag_counts";
    let task = Func::coalesce([Expr::col(("calls", "task_id")), Expr::value(0_i64)]);
    let tags = Query::select()
        .expr_as(task, "task_id")
        .column(("call_tags", "tag_name"))
        .column(("call_tags", "tag_value"))
        .expr_as(Expr::col(("call_tags", "id")).count(), "calls")
        .from("call_tags")
        .inner_join(
            "calls",
            Expr::col(("calls", "id")).equals(("call_tags", "call_id")),
        )
        .and_where(which)
        .add_group_by([Expr::cust("1"), Expr::cust("2"), Expr::cust("3")])
        .take();
    let sum = Expr::col((TABLE, "calls")).add(Expr::col(("excluded", "calls")));
    let mut insert = Query::insert();
    insert
        .into_table(TABLE)
        .columns(["task_id", "tag_name", "tag_value", "calls"])
        .on_conflict(
            OnConflict::columns(["task_id", "tag_name", "tag_value"])
                .value("calls", sum)
                .to_owned(),
        )
        .select_from(tags)
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    manager.execute(insert).await
}

/// Each dimension, and the key that a call has in it.
fn dimensions() -> [(&'static str, Expr); 5] {
    let hour: Expr = Expr::case(Expr::col("call_hour").lt(10), Expr::value("0"))
        .finally("")
        .into();
    let hour = hour.binary(BinOper::Custom("||"), text(Expr::col("call_hour")));
    [
        ("DAY", text(Expr::value(""))),
        ("TASK", or_empty(text(Expr::col("task_id")))),
        ("AGENT", or_empty(text(Expr::col("agent_id")))),
        ("HOUR", hour),
        ("PROVINCE", or_empty(Expr::col("province"))),
    ]
}

fn text(value: Expr) -> Expr {
    value.cast_as("TEXT")
}

fn or_empty(value: Expr) -> Expr {
    Func::coalesce([value, Expr::value("")]).into()
}
