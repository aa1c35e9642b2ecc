//! How many rows a list has.

use std::collections::HashMap;

use sea_orm::{
    ConnectionTrait, DatabaseBackend,
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
    if let (Some(dimension), None) = (table.rollup, filter) {
        let rows = by_rollups(backend, table, dimension, None, at_most)?;
        let row = db.query_one(&Query::select().expr(rows).take()).await?;
        let rows = row.map_or(Ok(0), |row| row.try_get_by(0))?;
        return Ok(capped(rows, at_most));
    }
    let mut rows = from(table, ROW);
    rows.expr(Expr::cust("1"));
    restrict(backend, table, filter, &mut rows)?;
    rows.and_where_option(whole(table, ROW)?);
    let row = db.query_one(&counted(rows, at_most)).await?;
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
    let by_rollups = match (rollup, filter) {
        (Some(dimension), None) => Some(by_rollups(
            backend,
            target,
            dimension,
            Some(column),
            at_most,
        )?),
        _ => None,
    };
    let mut counts = HashMap::with_capacity(parents.len());
    for parents in parents.chunks(MAX_IDS) {
        let rows = match &by_rollups {
            Some(rows) => rows.clone(),
            None => {
                let mut rows = of_parent(backend, target, column);
                restrict(backend, target, filter, &mut rows)?;
                scalar(counted(rows, at_most))
            }
        };
        let mut query = Query::select();
        query.expr(dialect::each_id(backend, PARENT)).expr(rows);
        dialect::from_ids(backend, &mut query, parents, PARENT);
        for row in db.query_all(&query).await? {
            counts.insert(row.try_get_by(0)?, capped(row.try_get_by(1)?, at_most));
        }
    }
    Ok(counts)
}

/// How many rows there are, all or those of the parent at hand. Rollups count those of days whose
/// calls are all kept; of other days they count calls that are gone, too, and what is left is counted.
fn by_rollups(
    backend: DatabaseBackend,
    table: &Table,
    dimension: Dimension,
    of: Option<&'static str>,
    at_most: Option<u64>,
) -> Result<SimpleExpr> {
    let key = of.map(|_| dialect::each_id(backend, PARENT).cast_as("TEXT"));
    let mut left = match of {
        Some(column) => of_parent(backend, table, column),
        None => from(table, ROW).expr(Expr::cust("1")).take(),
    };
    restrict(backend, table, None, &mut left)?;
    left.and_where(retention::is_beyond(backend, ROW));
    let left = Expr::case(
        retention::any_beyond(backend),
        scalar(counted(left, at_most)),
    );
    Ok(scalar(rollups::kept_calls(dimension, key)).add(left.finally(0)))
}

/// The rows of the parent at hand.
fn of_parent(backend: DatabaseBackend, table: &Table, column: &'static str) -> SelectStatement {
    let mut rows = from(table, ROW);
    rows.expr(Expr::cust("1"))
        .and_where(Expr::col((ROW, column)).eq(dialect::each_id(backend, PARENT)));
    rows
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
