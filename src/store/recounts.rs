//! `call_rollups`, for some calls at a time: what they count for, and whether that is what is stored.
//!
//! All of it is counted by the database, a row a cell. Other writers of calls must be kept away,
//! see [`claim_calls`](super::claim_calls), or the calls be locked.

use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter,
    sea_query::ExprTrait,
};

use super::{
    Result, Transaction, call_edits,
    dialect::MAX_BINDINGS,
    retention,
    rollups::{DIMENSIONS, kept, recount, stored},
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
};

/// What has to be done to count the calls of a task no longer.
pub async fn without_task(tx: &Transaction, task_id: i64) -> Result<RollupDeltas> {
    let mut deltas = RollupDeltas::default();
    for (cell, counts) in
        count_all(tx, Condition::all().add(call::Column::TaskId.eq(task_id))).await?
    {
        deltas.change_cell(cell, counts.negated());
    }
    Ok(deltas)
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
    let own = Column::Dimension
        .eq(Dimension::Task)
        .and(Column::Key.eq(task_id.to_string()));
    let mut deltas = missing(tx, kept(horizon).add(own)).await?;
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

async fn count_all(tx: &Transaction, calls: Condition) -> Result<Vec<(Cell, CallCounts)>> {
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
