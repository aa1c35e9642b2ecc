//! How many rows a list has.

use std::collections::HashMap;

use sea_orm::{
    ConnectionTrait, QueryResult,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr},
};

use crate::{
    domain::{filter::Filter, viewer::Viewer},
    store::{
        Result,
        dialect::{self, MAX_IDS},
        fetch::{PARENT, ROW, from, restrict},
        filters::{Conditions, unknown, whole},
        table::{Counter, Link, Relation, Table},
    },
};

/// How many rows of `table` pass `filter`; counts no further than `at_most`.
pub async fn count(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    table: &Table,
    filter: Option<&Filter>,
    at_most: Option<u64>,
) -> Result<i64> {
    let backend = db.get_database_backend();
    let mut rows = from(table, ROW);
    rows.expr(Expr::cust("1"));
    let mut conditions = Conditions::new(backend, viewer);
    restrict(&mut conditions, table, filter, &mut rows)?;
    let is_all = filter.is_none() && table.scope(viewer).is_none();
    if let (Some(counter), true) = (table.counter, is_all) {
        let query = Query::select()
            .expr(scalar((counter.counted)(None)))
            .expr((counter.any_left)(backend))
            .take();
        let Some(row) = db.query_one(&query).await? else {
            return Ok(0);
        };
        let (mut count, any_left): (i64, i64) = (row.try_get_by(0)?, row.try_get_by(1)?);
        if any_left != 0 {
            rows.and_where((counter.is_left)(backend, ROW));
            count += number(db, counted(rows, at_most)).await?;
        }
        return Ok(capped(count, at_most));
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
    viewer: &Viewer,
    table: &Table,
    relation: &str,
    filter: Option<&Filter>,
    at_most: Option<u64>,
    parents: &[i64],
) -> Result<HashMap<i64, i64>> {
    let backend = db.get_database_backend();
    let (target, column, counter) = many(table, relation)?;
    let mut rows = from(target, ROW);
    rows.expr(Expr::cust("1"))
        .and_where(Expr::col((ROW, column)).eq(dialect::each_id(backend, PARENT)));
    let mut conditions = Conditions::new(backend, viewer);
    restrict(&mut conditions, target, filter, &mut rows)?;
    let counter = counter.filter(|_| filter.is_none() && target.scope(viewer).is_none());
    let mut counts = HashMap::with_capacity(parents.len());
    for parents in parents.chunks(MAX_IDS) {
        if let Some(counter) = counter {
            let parent = dialect::each_id(backend, PARENT);
            let count = scalar((counter.counted)(Some(parent)));
            let columns = [count, (counter.any_left)(backend)];
            let mut any_left = 0_i64;
            for row in of_each(db, parents, columns).await? {
                counts.insert(row.try_get_by(0)?, row.try_get_by(1)?);
                any_left = row.try_get_by(2)?;
            }
            if any_left == 0 {
                continue;
            }
        }
        let mut rows = rows.clone();
        rows.and_where_option(counter.map(|counter| (counter.is_left)(backend, ROW)));
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
fn many(table: &Table, relation: &str) -> Result<(&'static Table, &'static str, Option<Counter>)> {
    match table.relation(relation) {
        Some(Relation {
            target,
            link: Link::Many(column),
            counter,
            ..
        }) => Ok((target(), column, *counter)),
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
