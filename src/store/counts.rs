//! How many rows a list has.

use std::collections::HashMap;

use chrono::NaiveDate;
use sea_orm::{
    ConnectionTrait,
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
use crate::domain::{
    filter::{Filter, Test},
    scalar::Scalar,
    stats::Dimension,
};

/// How many rows of `table` pass `filter`; counts no further than `at_most`.
pub async fn count(
    db: &impl ConnectionTrait,
    table: &Table,
    filter: Option<&Filter>,
    at_most: Option<u64>,
) -> Result<i64> {
    if let (Some(dimension), None) = (table.rollup, filter) {
        let horizon = retention::call_horizon(db).await?;
        let mut rows = rollups::calls(db, dimension, horizon).await?;
        if let Some(day) = horizon {
            rows += Box::pin(count(db, table, Some(&before(day)), at_most)).await?;
        }
        return Ok(capped(rows, at_most));
    }
    let backend = db.get_database_backend();
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
    if let (Some(dimension), None) = (rollup, filter) {
        let horizon = retention::call_horizon(db).await?;
        let mut counts = rollups::calls_by_id(db, dimension, parents, horizon).await?;
        if let Some(day) = horizon {
            let old = Some(&before(day));
            let old = count_by_parent(db, table, relation, old, at_most, parents);
            for (id, rows) in Box::pin(old).await? {
                *counts.entry(id).or_default() += rows;
            }
        }
        let count = |(id, calls)| (id, capped(calls, at_most));
        return Ok(counts.into_iter().map(count).collect());
    }
    let mut counts = HashMap::with_capacity(parents.len());
    for parents in parents.chunks(MAX_IDS) {
        let mut rows = from(target, ROW);
        rows.expr(Expr::cust("1"))
            .and_where(Expr::col((ROW, column)).eq(dialect::each_id(backend, PARENT)));
        restrict(backend, target, filter, &mut rows)?;
        let mut query = Query::select();
        query
            .expr(dialect::each_id(backend, PARENT))
            .expr(SimpleExpr::SubQuery(
                None,
                Box::new(counted(rows, at_most).into()),
            ));
        dialect::from_ids(backend, &mut query, parents, PARENT);
        for row in db.query_all(&query).await? {
            counts.insert(row.try_get_by(0)?, row.try_get_by(1)?);
        }
    }
    Ok(counts)
}

/// Rows of days before `day`, of which rollups count calls that are gone, too.
fn before(day: NaiveDate) -> Filter {
    Filter::field("call_date", Test::Less(Scalar::Date(day)))
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
