//! Seats with calls, counted by `call_rollups`, which has an agent's id as text.

use std::collections::HashMap;

use chrono::NaiveDate;
use sea_orm::{
    ConnectionTrait,
    sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr},
};

use crate::{
    domain::{business_time::DayRange, stats::Dimension},
    entity::{
        agent,
        call_rollup::{Column, Entity},
    },
    store::Result,
};

/// How many seats had at least one call, on each day of `range` that has any.
///
/// An agent has a cell for each grade of a day: they become one before agents are joined, so that
/// there are few rows to join, and none to sort.
pub async fn by_day(db: &impl ConnectionTrait, range: DayRange) -> Result<HashMap<NaiveDate, i64>> {
    let active = cells(range)
        .column((Entity, Column::CallDate))
        .expr_as(
            Expr::col((Entity, Column::Key)).cast_as("BIGINT"),
            "agent_id",
        )
        // Calls without an agent.
        .and_where(Expr::col((Entity, Column::Key)).ne(""))
        .group_by_columns([(Entity, Column::CallDate), (Entity, Column::Key)])
        .take();
    let query = Query::select()
        .column(("active", Column::CallDate))
        .expr(Expr::cust("COUNT(*)"))
        .from_subquery(active, "active")
        .join(
            JoinType::InnerJoin,
            agent::Entity,
            Expr::col((agent::Entity, agent::Column::Id)).eq(Expr::col(("active", "agent_id"))),
        )
        .and_where(is_seat())
        .group_by_col(("active", Column::CallDate))
        .take();
    let rows = db.query_all(&query).await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by(0)?, row.try_get_by(1)?)))
        .collect()
}

/// How many distinct seats had at least one call in `range`.
///
/// There are few seats: for each, the index on agents and days leads to its first call, and the
/// other cells of the period are not read.
pub async fn of_period(db: &impl ConnectionTrait, range: DayRange) -> Result<i64> {
    let id = Expr::col((agent::Entity, agent::Column::Id)).cast_as("TEXT");
    let call = cells(range)
        .expr(Expr::cust("1"))
        .and_where(Expr::col((Entity, Column::Key)).eq(id))
        .limit(1)
        .take();
    let call = SimpleExpr::SubQuery(None, Box::new(call.into()));
    let query = Query::select()
        .expr(Expr::cust("COUNT(*)"))
        .from(agent::Entity)
        .and_where(is_seat())
        .and_where(call.is_not_null())
        .take();
    let row = db.query_one(&query).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get_by(0))?)
}

fn is_seat() -> SimpleExpr {
    Expr::col((agent::Entity, agent::Column::IsSeat)).eq(true)
}

/// The cells of agents with calls in `range`, without columns yet.
fn cells(range: DayRange) -> SelectStatement {
    Query::select()
        .from(Entity)
        .and_where(Expr::col((Entity, Column::Dimension)).eq(Dimension::Agent))
        .and_where(Expr::col((Entity, Column::CallDate)).between(range.from(), range.to()))
        .and_where(Expr::col((Entity, Column::Calls)).gt(0))
        .take()
}
