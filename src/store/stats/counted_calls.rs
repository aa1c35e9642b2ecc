//! Calls that the rollups count, so that a list need not: all but those of days of which not all calls
//! are kept.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr};

use crate::{
    domain::stats::Dimension,
    entity::call_rollup::{Column, Entity},
    store::{dialect::big_sum, retention, table::Counter},
};

/// All calls.
pub(in crate::store) const ALL: Counter = counter(|id| calls(Dimension::Day, id));
/// The calls of a task.
pub(in crate::store) const OF_TASK: Counter = counter(|id| calls(Dimension::Task, id));
/// The calls of an agent.
pub(in crate::store) const OF_AGENT: Counter = counter(|id| calls(Dimension::Agent, id));

const fn counter(counted: fn(Option<SimpleExpr>) -> SelectStatement) -> Counter {
    Counter {
        counted,
        any_left: retention::any_beyond,
        is_left: retention::is_beyond,
    }
}

fn calls(dimension: Dimension, id: Option<SimpleExpr>) -> SelectStatement {
    let key = id.map(|id| Expr::col((Entity, Column::Key)).eq(id.cast_as("TEXT")));
    Query::select()
        .expr(big_sum(Expr::col((Entity, Column::Calls))))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::Dimension)).eq(dimension))
        .and_where_option(key)
        .and_where(Expr::col((Entity, Column::CallDate)).gte(retention::first_kept()))
        .take()
}
