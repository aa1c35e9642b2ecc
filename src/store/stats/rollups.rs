//! `call_rollups`: changed by deltas with the calls they count, read by every dashboard.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sea_orm::{
    ConnectionTrait, FromQueryResult, QueryResult,
    sea_query::{
        Alias, Condition, Expr, ExprTrait, Func, IntoCondition, JoinType, OnConflict, Query,
        SelectStatement, SimpleExpr,
    },
};

use crate::{
    domain::{
        business_time::DayRange,
        dialing::CallResult,
        money::Money,
        stats::{CallCounts, Cell, Dimension, GradeCounts, RollupDeltas, count},
    },
    entity::{
        call,
        call_rollup::{Column, Entity, Model},
        dial_task,
    },
    store::{
        Change, Database, Result, Transaction,
        bulk::Bulk,
        dialect::{self, big_sum},
        retention,
    },
};

/// In the order in which rows are written.
const COLUMNS: [Column; 9] = [
    Column::Dimension,
    Column::Key,
    Column::CallDate,
    Column::GradeCode,
    Column::Calls,
    Column::Connected,
    Column::TalkTime,
    Column::RingTime,
    Column::BilledAmount,
];

const MEASURES: [Column; 5] = [
    Column::Calls,
    Column::Connected,
    Column::TalkTime,
    Column::RingTime,
    Column::BilledAmount,
];

/// Applies `deltas`, cell by cell in their order: what concurrent writers do adds up, and they
/// lock rows in one order.
pub async fn apply(tx: &Transaction, deltas: &RollupDeltas) -> Result<()> {
    let cells: Vec<_> = deltas.iter().collect();
    let days: BTreeSet<NaiveDate> = cells.iter().map(|(cell, _)| cell.call_date).collect();
    for day in days {
        tx.note(Change::Day(day));
    }
    DELTAS
        .execute(tx, &cells, |(cell, counts)| {
            [
                cell.dimension.into(),
                cell.key.clone().into(),
                cell.call_date.into(),
                cell.grade_code.clone().into(),
                counts.calls.into(),
                counts.connected.into(),
                counts.talk_time.into(),
                counts.ring_time.into(),
                counts.billed.into(),
            ]
        })
        .await?;
    Ok(())
}

static DELTAS: Bulk<9> = Bulk::new(
    || {
        let mut conflict = OnConflict::columns([
            Column::Dimension,
            Column::Key,
            Column::CallDate,
            Column::GradeCode,
        ]);
        conflict.values(MEASURES.map(|measure| {
            let stored = Expr::col((Entity, measure));
            let delta = Expr::col((Alias::new("excluded"), measure));
            (measure, stored.add(delta))
        }));
        let mut insert = Query::insert();
        insert
            .into_table(Entity)
            .columns(COLUMNS)
            .on_conflict(conflict);
        insert
    },
    150,
    300,
);

/// Counts of whole days by grade, for the days of `range` that have calls.
pub async fn by_day(
    db: &impl ConnectionTrait,
    range: DayRange,
) -> Result<Vec<(NaiveDate, GradeCounts)>> {
    let mut query = sums(Dimension::Day);
    query
        .column((Entity, Column::CallDate))
        .and_where(Expr::col((Entity, Column::CallDate)).between(range.from(), range.to()))
        .group_by_col((Entity, Column::CallDate));
    rows(db, &query, |row| row.try_get("", "call_date")).await
}

/// Counts by grade of every call that has these keys in `dimension`.
pub async fn by_key(
    db: &impl ConnectionTrait,
    dimension: Dimension,
    keys: &[String],
) -> Result<Vec<(String, GradeCounts)>> {
    let mut counts = Vec::new();
    for keys in keys.chunks(dialect::MAX_BINDINGS) {
        let mut query = sums(dimension);
        query
            .column((Entity, Column::Key))
            .and_where(Expr::col((Entity, Column::Key)).is_in(keys.iter().map(String::as_str)))
            .group_by_col((Entity, Column::Key));
        counts.extend(rows(db, &query, |row| row.try_get("", "key")).await?);
    }
    Ok(counts)
}

/// Calls of the days of `range` by the business hour, all days together, and how many of these days
/// have any.
pub async fn calls_by_hour(db: &impl ConnectionTrait, range: DayRange) -> Result<([i64; 24], i64)> {
    let query = Query::select()
        .column(Column::Key)
        .column(Column::CallDate)
        .expr(big_sum(Expr::col(Column::Calls)))
        .from(Entity)
        .and_where(Expr::col(Column::Dimension).eq(Dimension::Hour))
        .and_where(Expr::col(Column::CallDate).between(range.from(), range.to()))
        .and_where(Expr::col(Column::Calls).gt(0))
        .group_by_columns([Column::Key, Column::CallDate])
        .take();
    let mut hours = [0; 24];
    let mut days = BTreeSet::new();
    for row in db.query_all(&query).await? {
        let (key, day): (String, NaiveDate) = (row.try_get_by(0)?, row.try_get_by(1)?);
        let hour = key.parse::<usize>().ok();
        if let Some(calls) = hour.and_then(|hour| hours.get_mut(hour)) {
            *calls += row.try_get_by::<i64, _>(2)?;
        }
        days.insert(day);
    }
    Ok((hours, count(days.len())))
}

/// How many calls the cells of a dimension count that pass `which`.
pub(in crate::store) async fn calls_of(
    db: &impl ConnectionTrait,
    dimension: Dimension,
    which: impl IntoCondition,
) -> Result<i64> {
    let query = Query::select()
        .expr(big_sum(Expr::col(Column::Calls)))
        .from(Entity)
        .and_where(Expr::col(Column::Dimension).eq(dimension))
        .cond_where(which)
        .take();
    let row = db.query_one(&query).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get_by(0))?)
}

/// How many calls there are, by the rollups of a dimension.
pub async fn calls(db: &impl ConnectionTrait, dimension: Dimension) -> Result<i64> {
    calls_of(db, dimension, Condition::all()).await
}

/// Counts by grade of every call of the tasks of these packages.
pub async fn by_package(
    db: &impl ConnectionTrait,
    package_ids: &[i64],
) -> Result<Vec<(i64, GradeCounts)>> {
    let mut query = sums(Dimension::Task);
    query
        .column((dial_task::Entity, dial_task::Column::PackageId))
        .join(
            JoinType::InnerJoin,
            dial_task::Entity,
            Expr::col((Entity, Column::Key)).eq(Expr::col((
                dial_task::Entity,
                dial_task::Column::Id,
            ))
            .cast_as("TEXT")),
        )
        .and_where(
            Expr::col((dial_task::Entity, dial_task::Column::PackageId))
                .is_in(package_ids.iter().copied()),
        )
        .group_by_col((dial_task::Entity, dial_task::Column::PackageId));
    rows(db, &query, |row| row.try_get("", "package_id")).await
}

fn sums(dimension: Dimension) -> SelectStatement {
    let mut query = Query::select();
    query.from(Entity).column((Entity, Column::GradeCode));
    for measure in MEASURES {
        query.expr_as(big_sum(Expr::col((Entity, measure))), measure);
    }
    query
        .and_where(Expr::col((Entity, Column::Dimension)).eq(dimension))
        .group_by_col((Entity, Column::GradeCode));
    query
}

#[derive(FromQueryResult)]
struct SumRow {
    grade_code: String,
    calls: i64,
    connected: i64,
    talk_time: i64,
    ring_time: i64,
    billed_amount: Money,
}

impl From<SumRow> for GradeCounts {
    fn from(row: SumRow) -> Self {
        Self {
            grade_code: row.grade_code,
            counts: CallCounts {
                calls: row.calls,
                connected: row.connected,
                talk_time: row.talk_time,
                ring_time: row.ring_time,
                billed: row.billed_amount,
            },
        }
    }
}

async fn rows<K>(
    db: &impl ConnectionTrait,
    query: &SelectStatement,
    key: impl Fn(&QueryResult) -> Result<K, sea_orm::DbErr>,
) -> Result<Vec<(K, GradeCounts)>> {
    db.query_all(query)
        .await?
        .iter()
        .map(|row| Ok((key(row)?, SumRow::from_query_result(row, "")?.into())))
        .collect()
}

/// A cell whose stored counts are not those of the calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which cell.
    pub cell: Cell,
    /// What the rollup says.
    pub stored: CallCounts,
    /// What the calls say.
    pub counted: CallCounts,
}

/// Counts all calls again and compares, in one snapshot: writers go on meanwhile. Reads the whole
/// table of calls, once a dimension. Days whose calls are kept no longer are not compared.
pub async fn differences(db: &Database) -> Result<Vec<Difference>> {
    use sea_orm::{EntityTrait, QueryFilter};
    let db = &dialect::snapshot(db.read()).await?;
    let horizon = retention::call_horizon(db).await?;
    let mut cells: BTreeMap<Cell, (CallCounts, CallCounts)> = BTreeMap::new();
    for row in Entity::find().filter(kept(horizon)).all(db).await? {
        let (cell, counts) = stored(row);
        cells.entry(cell).or_default().0 = counts;
    }
    for dimension in DIMENSIONS {
        let recount = recount(dimension).cond_where(kept(horizon)).take();
        for row in Model::find_by_statement(db.get_database_backend().build(&recount))
            .all(db)
            .await?
        {
            let (cell, counts) = stored(row);
            cells.entry(cell).or_default().1 = counts;
        }
    }
    Ok(cells
        .into_iter()
        .filter(|(_, (stored, counted))| stored != counted)
        .map(|(cell, (stored, counted))| Difference {
            cell,
            stored,
            counted,
        })
        .collect())
}

/// That a cell or a call is of a day whose calls are all kept.
pub(in crate::store) fn kept(horizon: Option<NaiveDate>) -> Condition {
    Condition::all().add_option(horizon.map(|day| Expr::col(Column::CallDate).gte(day)))
}

/// Makes all rollups anew from the calls, but for days whose calls are kept no longer. Other writers
/// wait meanwhile.
pub async fn rebuild(tx: &Transaction) -> Result<()> {
    use sea_orm::{EntityTrait, QueryFilter};
    tx.note(Change::Anything);
    dialect::unhurried(tx).await?;
    dialect::claim_calls(tx).await?;
    dialect::lock_table(tx, "calls").await?;
    dialect::lock_table(tx, "call_rollups").await?;
    let horizon = retention::call_horizon(tx).await?;
    Entity::delete_many().filter(kept(horizon)).exec(tx).await?;
    for dimension in DIMENSIONS {
        let mut insert = Query::insert();
        insert.into_table(Entity).columns(COLUMNS);
        insert
            .select_from(recount(dimension).cond_where(kept(horizon)).take())
            .map_err(|error| sea_orm::DbErr::Custom(error.to_string()))?;
        tx.execute(&insert).await?;
    }
    Ok(())
}

pub(in crate::store) const DIMENSIONS: [Dimension; 5] = [
    Dimension::Day,
    Dimension::Task,
    Dimension::Agent,
    Dimension::Hour,
    Dimension::Province,
];

pub(in crate::store) fn stored(row: Model) -> (Cell, CallCounts) {
    let cell = Cell {
        dimension: row.dimension,
        key: row.key,
        call_date: row.call_date,
        grade_code: row.grade_code,
    };
    let counts = CallCounts {
        calls: row.calls,
        connected: row.connected,
        talk_time: row.talk_time,
        ring_time: row.ring_time,
        billed: row.billed_amount,
    };
    (cell, counts)
}

/// The rollup of one dimension, counted from the calls that are not removed; columns in the table's
/// order.
pub(in crate::store) fn recount(dimension: Dimension) -> SelectStatement {
    use call::Column as Calls;
    let or_empty = |value: SimpleExpr| SimpleExpr::from(Func::coalesce([value, Expr::value("")]));
    let text = |column: Calls| Expr::col(column).cast_as("TEXT");
    let key = match dimension {
        Dimension::Day => Expr::value("").cast_as("TEXT"),
        Dimension::Task => or_empty(text(Calls::TaskId)),
        Dimension::Agent => or_empty(text(Calls::AgentId)),
        Dimension::Hour => Expr::case(Expr::col(Calls::CallHour).lt(10), Expr::value("0"))
            .finally("")
            .into(),
        Dimension::Province => or_empty(Expr::col(Calls::Province)),
    };
    let key = match dimension {
        Dimension::Hour => key.binary(
            sea_orm::sea_query::BinOper::Custom("||"),
            text(Calls::CallHour),
        ),
        _ => key,
    };
    let if_connected = |then: SimpleExpr, otherwise: SimpleExpr| {
        let connected = Expr::col(Calls::Result).eq(CallResult::Connected);
        big_sum(Expr::case(connected, then).finally(otherwise).into())
    };
    let duration = || Expr::col(Calls::Duration);
    let (none, one) = (|| Expr::value(0), Expr::value(1));
    Query::select()
        .expr_as(Expr::value(dimension).cast_as("TEXT"), "dimension")
        .expr_as(key, "key")
        .expr_as(Expr::col(Calls::CallDate), "call_date")
        .expr_as(or_empty(Expr::col(Calls::GradeCode)), "grade_code")
        .expr_as(Expr::col(Calls::Id).count(), "calls")
        .expr_as(if_connected(one, none()), "connected")
        .expr_as(if_connected(duration(), none()), "talk_time")
        .expr_as(if_connected(none(), duration()), "ring_time")
        .expr_as(big_sum(Expr::col(Calls::BilledAmount)), "billed_amount")
        .from(call::Entity)
        .and_where(Expr::col(Calls::RemovedAt).is_null())
        .add_group_by([Expr::cust("2"), Expr::cust("3"), Expr::cust("4")])
        .take()
}
