//! `call_rollups`, for some calls at a time: what they count for, and whether that is what is stored.
//!
//! All of it is counted by the database, a row a cell. Other writers of calls must be kept away,
//! see [`claim_calls`](crate::store::claim_calls), or the calls be locked.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter,
    sea_query::{ExprTrait, SimpleExpr},
};

use crate::{
    domain::{
        business_time::{earliest_of, latest_of},
        stats::{CallCounts, Cell, Dimension, RollupDeltas},
    },
    entity::{
        call,
        call_rollup::{Column, Entity, Model},
    },
    store::{
        Result, Transaction, call_edits,
        dialect::MAX_BINDINGS,
        retention,
        rollups::{DIMENSIONS, kept, recount, stored},
    },
};

/// What has to be done to count the calls of a task no longer. Those that are kept no longer go on
/// counting, as calls without a task; says how many they are, too.
pub async fn without_task(tx: &Transaction, task_id: i64) -> Result<(RollupDeltas, i64)> {
    let mut deltas = RollupDeltas::default();
    let mut kept = BTreeMap::new();
    if let Some(horizon) = retention::call_horizon(tx).await? {
        let cells = own_cells(task_id).and(Column::CallDate.lt(horizon));
        kept.extend(
            Entity::find()
                .filter(cells)
                .all(tx)
                .await?
                .into_iter()
                .map(stored),
        );
    }
    let of_task = Condition::all().add(call::Column::TaskId.eq(task_id));
    for (cell, counts) in count_all(tx, of_task).await? {
        if let Some(kept) = kept.get_mut(&cell) {
            *kept = kept.plus(counts.negated());
        }
        deltas.change_cell(cell, counts.negated());
    }
    let mut calls = 0;
    for (cell, counts) in kept {
        calls += counts.calls;
        let without = Cell {
            key: String::new(),
            ..cell.clone()
        };
        deltas.change_cell(cell, counts.negated());
        deltas.change_cell(without, counts);
    }
    Ok((deltas, calls))
}

/// The cells that are about a task alone.
fn own_cells(task_id: i64) -> SimpleExpr {
    Column::Dimension
        .eq(Dimension::Task)
        .and(Column::Key.eq(task_id.to_string()))
}

/// What has to be done to count the calls that have one of these grade texts, and code `from`,
/// under code `to`.
pub async fn regraded(
    tx: &Transaction,
    texts: &[String],
    from: Option<&str>,
    to: Option<&str>,
) -> Result<RollupDeltas> {
    let mut deltas = RollupDeltas::default();
    for texts in texts.chunks(MAX_BINDINGS) {
        for (cell, counts) in
            count_all(tx, Condition::all().add(call_edits::graded(texts, from))).await?
        {
            let target = Cell {
                grade_code: to.unwrap_or_default().to_owned(),
                ..cell.clone()
            };
            deltas.change_cell(cell, counts.negated());
            deltas.change_cell(target, counts);
        }
    }
    Ok(deltas)
}

/// What has to be done to make the task's own cells what a recount of its calls says, but for days
/// whose calls are kept no longer.
pub async fn repair_task(tx: &Transaction, task_id: i64) -> Result<RollupDeltas> {
    let horizon = retention::call_horizon(tx).await?;
    let mut deltas = missing(tx, kept(horizon).add(own_cells(task_id))).await?;
    let calls = kept(horizon).add(call::Column::TaskId.eq(task_id));
    for (cell, counts) in count(tx, Dimension::Task, calls).await? {
        deltas.change_cell(cell, counts);
    }
    Ok(deltas)
}

/// What has to be done to make all cells of a business day what a recount of its calls says; nothing
/// where its calls are kept no longer.
pub async fn repair_day(tx: &Transaction, day: NaiveDate) -> Result<RollupDeltas> {
    let horizon = retention::call_horizon(tx).await?;
    if horizon.is_some_and(|first| day < first) {
        return Ok(RollupDeltas::default());
    }
    let mut deltas = missing(tx, Condition::all().add(Column::CallDate.eq(day))).await?;
    // An index serves the instants, there is none for the day.
    let calls = call::Column::CallTime
        .between(earliest_of(day), latest_of(day))
        .and(call::Column::CallDate.eq(day));
    let calls = Condition::all().add(calls);
    for (cell, counts) in count_all(tx, calls).await? {
        deltas.change_cell(cell, counts);
    }
    Ok(deltas)
}

/// The stored cells, taken away.
async fn missing(tx: &Transaction, cells: Condition) -> Result<RollupDeltas> {
    let mut deltas = RollupDeltas::default();
    for row in Entity::find().filter(cells).all(tx).await? {
        let (cell, counts) = stored(row);
        deltas.change_cell(cell, counts.negated());
    }
    Ok(deltas)
}

/// What the calls that pass count for, in all dimensions.
pub(in crate::store) async fn count_all(
    tx: &Transaction,
    calls: Condition,
) -> Result<Vec<(Cell, CallCounts)>> {
    let mut counted = Vec::new();
    for dimension in DIMENSIONS {
        counted.extend(count(tx, dimension, calls.clone()).await?);
    }
    Ok(counted)
}

async fn count(
    tx: &Transaction,
    dimension: Dimension,
    calls: Condition,
) -> Result<Vec<(Cell, CallCounts)>> {
    let mut query = recount(dimension);
    query.cond_where(calls);
    tx.query_all(&query)
        .await?
        .iter()
        .map(|row| Ok(stored(Model::from_query_result(row, "")?)))
        .collect()
}
