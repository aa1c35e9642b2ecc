//! How many rows a list has.

use std::collections::HashMap;

use sea_orm::{
    ConnectionTrait, QueryResult,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr},
};

use super::{
    Result,
    dialect::{self, MAX_IDS},
    fetch::{PARENT, ROW, from, restrict},
    filters::{unknown, whole},
    retention, rollups,
    table::{Link, Relation, Table},
};
use crate::domain::{filter::Filter, stats::Dimension};

/// How many rows of `table` pass `filter`; counts no further than `at_most`.
pub async fn count(
    db: &impl ConnectionTrait,
    table: &Table,
    filter: Option<&Filter>,
    at_most: Option<u64>,
) -> Result<i64> {
    let backend = db.get_database_backend();
    let mut rows = from(table, ROW);
    rows.expr(Expr::cust("1"));
    restrict(backend, table, filter, &mut rows)?;
    if let (Some(dimension), None) = (table.rollup, filter) {
        let query = Query::select()
            .expr(scalar(rollups::kept_calls(dimension, None)))
            .expr(retention::any_beyond(backend))
            .take();
        let Some(row) = db.query_one(&query).await? else {
            return Ok(0);
        };
        let (mut calls, any_beyond): (i64, i64) = (row.try_get_by(0)?, row.try_get_by(1)?);
        if any_beyond != 0 {
            rows.and_where(retention::is_beyond(backend, ROW));
            calls += number(db, counted(rows, at_most)).await?;
        }
        return Ok(capped(calls, at_most));
    }
    rows.and_where_option(whole(table, ROW)?);
    number(db, counted(rows, at_most)).await
}

async fn number(db: &impl ConnectionTrait, query: SelectStatement) -> Result<i64> {
    let row = db.query_one(&query).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get_by(0))?)
}

/// For each of `parents`, how many of the rows that `relation` of `table` leads to pass `filter`;
/// counts no further than `at_most`.
pub async fn count_by_parent(
    db: &impl ConnectionTrait,
    table: &Table,
    relation: &str,
    filter: Option<&Filter>,
    at_most: Option<u64>,
    parents: &[i64],
) -> Result<HashMap<i64, i64>> {
    let backend = db.get_database_backend();
    let (target, column, rollup) = many(table, relation)?;
    let mut rows = from(target, ROW);
    rows.expr(Expr::cust("1"))
        .and_where(Expr::col((ROW, column)).eq(dialect::each_id(backend, PARENT)));
    restrict(backend, target, filter, &mut rows)?;
    let mut counts = HashMap::with_capacity(parents.len());
    for parents in parents.chunks(MAX_IDS) {
        if let (Some(dimension), None) = (rollup, filter) {
            let parent = dialect::each_id(backend, PARENT).cast_as("TEXT");
            let calls = scalar(rollups::kept_calls(dimension, Some(parent)));
            let columns = [calls, retention::any_beyond(backend)];
            let mut any_beyond = 0_i64;
            for row in of_each(db, parents, columns).await? {
                counts.insert(row.try_get_by(0)?, row.try_get_by(1)?);
                any_beyond = row.try_get_by(2)?;
            }
            if any_beyond == 0 {
                continue;
            }
        }
        let mut rows = rows.clone();
        if rollup.is_some() && filter.is_none() {
            rows.and_where(retention::is_beyond(backend, ROW));
        }
        for row in of_each(db, parents, [scalar(counted(rows, at_most))]).await? {
            let more: i64 = row.try_get_by(1)?;
            *counts.entry(row.try_get_by(0)?).or_default() += more;
        }
    }
    for rows in counts.values_mut() {
        *rows = capped(*rows, at_most);
    }
    Ok(counts)
}

/// `columns` for each of `parents`, behind its id.
async fn of_each(
    db: &impl ConnectionTrait,
    parents: &[i64],
    columns: impl IntoIterator<Item = SimpleExpr>,
) -> Result<Vec<QueryResult>> {
    let backend = db.get_database_backend();
    let mut query = Query::select();
    query.expr(dialect::each_id(backend, PARENT)).exprs(columns);
    dialect::from_ids(backend, &mut query, parents, PARENT);
    Ok(db.query_all(&query).await?)
}

fn scalar(query: SelectStatement) -> SimpleExpr {
    SimpleExpr::SubQuery(None, Box::new(query.into()))
}

fn capped(count: i64, at_most: Option<u64>) -> i64 {
    at_most.map_or(count, |most| {
        Ord::min(count, i64::try_from(most).unwrap_or(i64::MAX))
    })
}

/// The rows that `relation` leads to, their column that holds the id of the row above, and what
/// counts them.
fn many<'a>(
    table: &'a Table,
    relation: &str,
) -> Result<(&'a Table, &'static str, Option<Dimension>)> {
    match table.relation(relation) {
        Some(Relation {
            target,
            link: Link::Many(column),
            rollup,
            ..
        }) => Ok((target, column, *rollup)),
        _ => Err(unknown(table, relation)),
    }
}

fn counted(mut rows: SelectStatement, at_most: Option<u64>) -> SelectStatement {
    if let Some(at_most) = at_most {
        rows.limit(at_most);
    }
    Query::select()
        .expr(Expr::cust("COUNT(*)"))
        .from_subquery(rows, "counted")
        .take()
}
