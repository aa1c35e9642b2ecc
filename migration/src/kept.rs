//! Figures of calls that were deleted for their age: nobody can count them again.

use sea_orm_migration::prelude::*;

/// The first day whose calls are all kept.
pub const HORIZONS: &str = "retention_horizons";

/// What the rollups of earlier days have in `column` beyond what the calls come to that are there and
/// pass `which`, and the first day that is kept; nothing when that is nothing.
pub async fn beyond_recount(
    manager: &SchemaManager<'_>,
    column: &'static str,
    measure: Expr,
    which: Option<Expr>,
) -> Result<Option<(String, i64)>, DbErr> {
    let old = || Expr::col("call_date").lt(Expr::col((HORIZONS, "day")));
    let counted = Query::select()
        .expr(Expr::col(column).sum())
        .from("call_rollups")
        .and_where(Expr::col("dimension").eq("DAY"))
        .and_where(old())
        .take();
    let there = Query::select()
        .expr(measure.sum())
        .from("calls")
        .and_where(Expr::col("removed_at").is_null())
        .and_where(old())
        .and_where_option(which)
        .take();
    let sum = |query: SelectStatement| {
        Expr::from(Func::coalesce([query.into(), Expr::value(0)])).cast_as("BIGINT")
    };
    let query = Query::select()
        .expr(Expr::col("day").cast_as("TEXT"))
        .expr(sum(counted).sub(sum(there)))
        .from(HORIZONS)
        .take();
    let Some(row) = manager.get_connection().query_one(&query).await? else {
        return Ok(None);
    };
    let (day, beyond): (String, i64) = (row.try_get_by(0)?, row.try_get_by(1)?);
    Ok((beyond != 0).then_some((day, beyond)))
}
