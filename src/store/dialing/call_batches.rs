//! `calls`, written in batches.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, FromQueryResult, QueryFilter,
    QueryResult, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query, SimpleExpr, UnionType},
};

use crate::{
    domain::{
        dialing::{CallResult, CallSource},
        incoming::IncomingCall,
        money::Money,
        stats::CountedCall,
    },
    entity::call::{Column, Entity},
    store::{
        Result, Transaction,
        agents::Agents,
        bulk::{Bulk, Value},
        dialect,
        naming::{self, Known},
        tasks::Tasks,
    },
};

/// A call as it is to be stored: as it was told, in terms of our own ids, days and grades.
#[derive(Debug, Clone)]
pub struct CallVersion<'a> {
    /// As it was told.
    pub call: &'a IncomingCall,
    /// Its task.
    pub task_id: Option<i64>,
    /// Its agent.
    pub agent_id: Option<i64>,
    /// The business day of its time.
    pub call_date: NaiveDate,
    /// The business hour of its time, 0–23.
    pub call_hour: i16,
    /// What the catalogue makes of its grade.
    pub grade_code: Option<String>,
    /// Who told us.
    pub source: CallSource,
    /// Fingerprint of this version.
    pub source_hash: i64,
}

impl CallVersion<'_> {
    /// What figures need to know of it.
    #[must_use]
    pub fn counted(&self) -> CountedCall {
        CountedCall {
            call_date: self.call_date,
            call_hour: self.call_hour,
            task_id: self.task_id,
            agent_id: self.agent_id,
            province: self.call.details.province.clone(),
            grade_code: self.grade_code.clone(),
            connected: self.call.result.is_connected(),
            duration: self.call.duration,
            billed: self.call.details.billed_amount.unwrap_or_default(),
        }
    }
}

/// What is stored of a call, as far as replacing it needs.
#[derive(Debug, Clone)]
pub struct StoredVersion {
    /// Its id.
    pub id: i64,
    /// Fingerprint of the version, if the platform gave it.
    pub source_hash: Option<i64>,
    /// What figures know of it; none of one that is removed.
    pub counted: Option<CountedCall>,
}

/// What is known of a stored call before it is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KnownCall {
    /// Fingerprint of the version, if the platform gave it.
    pub source_hash: Option<i64>,
    /// The day whose part of the platform's list gave it, where that is not its own.
    pub listed_day: Option<NaiveDate>,
}

/// That a call is one of those that `source` has these ids for.
fn among(tx: &Transaction, source: CallSource, external_ids: &[&str]) -> SimpleExpr {
    dialect::among(tx.get_database_backend(), Column::ExternalId, external_ids)
        .and(Column::Source.eq(source))
}

/// The business days of the calls of `source` that are stored, by external id.
pub async fn days(
    tx: &Transaction,
    source: CallSource,
    external_ids: &[&str],
) -> Result<HashMap<String, NaiveDate>> {
    dialect::prefer_indexes(tx).await?;
    let rows: Vec<(String, NaiveDate)> = Entity::find()
        .select_only()
        .columns([Column::ExternalId, Column::CallDate])
        .filter(among(tx, source, external_ids))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Notes with which day's part of the platform's list calls came; none: with that of their own day.
pub async fn note_listed(
    tx: &Transaction,
    external_ids: &[&str],
    listed_day: Option<NaiveDate>,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::ListedDay, Expr::value(listed_day))
        .filter(among(tx, CallSource::Guanke, external_ids))
        .exec(tx)
        .await?;
    Ok(())
}

/// What is stored of a batch: its calls, and the tasks and agents that it names.
#[derive(Debug)]
pub struct StoredBatch {
    /// Its calls, by external id.
    pub calls: HashMap<String, KnownCall>,
    /// Its tasks.
    pub tasks: Known,
    /// Its agents.
    pub agents: Known,
}

/// Looks up, by the ids that `source` has, the calls of a batch and the tasks and agents that it names: in
/// one statement, because that is all there is to do of a batch that is stored as it is.
pub async fn stored(
    tx: &Transaction,
    source: CallSource,
    calls: &[&str],
    tasks: &[&str],
    agents: &[&str],
) -> Result<StoredBatch> {
    dialect::prefer_indexes(tx).await?;
    let backend = tx.get_database_backend();
    let mut select = Query::select();
    select
        .columns([Column::SourceHash, Column::ExternalId])
        .expr(Expr::cust("CAST(NULL AS TEXT)"))
        .expr(Expr::cust(NO_TIME))
        .expr(Expr::cust("CAST(NULL AS TEXT)"))
        .expr(Expr::cust("CAST(NULL AS BOOLEAN)"))
        .expr(Expr::cust("1"))
        .column(Column::ListedDay)
        .from(Entity)
        .and_where(among(tx, source, calls));
    for (mut named, ids, part) in [
        (naming::select::<Tasks>(backend, source, tasks), tasks, "2"),
        (
            naming::select::<Agents>(backend, source, agents),
            agents,
            "3",
        ),
    ] {
        if !ids.is_empty() {
            named.expr(Expr::cust(part));
            named.expr(Expr::cust("CAST(NULL AS DATE)"));
            select.union(UnionType::All, named);
        }
    }
    let rows = tx.query_all(&select).await?;
    let mut parts: [Vec<&QueryResult>; 3] = Default::default();
    for row in &rows {
        match row.try_get_by::<i32, _>(6)? {
            1 => parts[0].push(row),
            2 => parts[1].push(row),
            _ => parts[2].push(row),
        }
    }
    let [calls, tasks, agents] = parts;
    let call = |row: &QueryResult| {
        let known = KnownCall {
            source_hash: row.try_get_by(0)?,
            listed_day: row.try_get_by(7)?,
        };
        Ok((row.try_get_by(1)?, known))
    };
    Ok(StoredBatch {
        calls: calls.into_iter().map(call).collect::<Result<_>>()?,
        tasks: naming::read(tasks)?,
        agents: naming::read(agents)?,
    })
}

/// No time, of the type that `name_as_of` has; SQLite goes by the value.
const NO_TIME: &str = "CAST(NULL AS TIMESTAMP WITH TIME ZONE)";

/// Which of these calls of the platform are stored, and removed.
pub async fn removed(tx: &Transaction, external_ids: &[&str]) -> Result<HashSet<String>> {
    let rows: Vec<String> = Entity::find()
        .select_only()
        .column(Column::ExternalId)
        .filter(among(tx, CallSource::Guanke, external_ids))
        .filter(Column::RemovedAt.is_not_null())
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Locks the calls of `source` that are stored, until the transaction ends, and says what they are.
pub async fn lock(
    tx: &Transaction,
    source: CallSource,
    external_ids: &[&str],
) -> Result<HashMap<String, StoredVersion>> {
    let mut query = Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::ExternalId,
            Column::SourceHash,
            Column::CallDate,
            Column::CallHour,
            Column::TaskId,
            Column::AgentId,
            Column::Province,
            Column::GradeCode,
            Column::Result,
            Column::Duration,
            Column::BilledAmount,
            Column::RemovedAt,
        ])
        .filter(among(tx, source, external_ids))
        .into_query();
    // One order for all, so that two writers of the same calls wait instead of deadlocking.
    query.order_by(Column::ExternalId, sea_orm::Order::Asc);
    dialect::lock_rows(tx.get_database_backend(), &mut query);
    tx.query_all(&query)
        .await?
        .iter()
        .map(|row| Ok(LockedRow::from_query_result(row, "")?.into()))
        .collect()
}

#[derive(FromQueryResult)]
struct LockedRow {
    id: i64,
    external_id: String,
    source_hash: Option<i64>,
    call_date: NaiveDate,
    call_hour: i16,
    task_id: Option<i64>,
    agent_id: Option<i64>,
    province: Option<String>,
    grade_code: Option<String>,
    result: CallResult,
    duration: i32,
    billed_amount: Option<Money>,
    removed_at: Option<DateTime<Utc>>,
}

impl From<LockedRow> for (String, StoredVersion) {
    fn from(row: LockedRow) -> Self {
        let stored = StoredVersion {
            id: row.id,
            source_hash: row.source_hash,
            counted: row.removed_at.is_none().then(|| CountedCall {
                call_date: row.call_date,
                call_hour: row.call_hour,
                task_id: row.task_id,
                agent_id: row.agent_id,
                province: row.province,
                grade_code: row.grade_code,
                connected: row.result.is_connected(),
                duration: row.duration,
                billed: row.billed_amount.unwrap_or_default(),
            }),
        };
        (row.external_id, stored)
    }
}

/// Adds the calls that nobody else added first; returns the ids of those it added.
///
/// `calls` must be in the order of their external ids, so that two writers wait for each other
/// instead of deadlocking.
pub async fn insert_new(
    tx: &Transaction,
    calls: &[&CallVersion<'_>],
    now: DateTime<Utc>,
) -> Result<HashMap<String, i64>> {
    if tx.get_database_backend() == DatabaseBackend::Sqlite {
        return insert_alone(tx, calls, now).await;
    }
    let rows = NEW.returning(tx, calls, |call| row(call, now)).await?;
    let id = |row: &QueryResult| Ok((row.try_get_by(0)?, row.try_get_by(1)?));
    rows.iter().map(id).collect()
}

/// Where nobody else can add a call meanwhile: all are added, and numbered one after the other.
async fn insert_alone(
    tx: &Transaction,
    calls: &[&CallVersion<'_>],
    now: DateTime<Utc>,
) -> Result<HashMap<String, i64>> {
    ALONE.execute(tx, calls, |call| row(call, now)).await?;
    let ids = dialect::last_ids(tx, calls.len()).await?;
    let names = calls.iter().map(|call| call.call.external_id.clone());
    Ok(names.zip(ids).collect())
}

/// Overwrites stored calls, which must be locked, with newer versions; those that were removed are
/// there again.
pub async fn overwrite(
    tx: &Transaction,
    calls: &[&CallVersion<'_>],
    now: DateTime<Utc>,
) -> Result<()> {
    NEWER.execute(tx, calls, |call| row(call, now)).await?;
    Ok(())
}

static NEW: Bulk<24> = Bulk::new(
    || {
        let mut insert = insert();
        insert
            .on_conflict(OnConflict::columns(KEY).do_nothing().to_owned())
            .returning(Query::returning().columns([Column::ExternalId, Column::Id]));
        insert
    },
    ROWS_A_STATEMENT,
    ROWS_A_STATEMENT_OF_A_FILE,
);

static ALONE: Bulk<24> = Bulk::new(insert, ROWS_A_STATEMENT, ROWS_A_STATEMENT_OF_A_FILE);

static NEWER: Bulk<24> = Bulk::new(
    || {
        let replaced = COLUMNS.into_iter().filter(|column| {
            !matches!(
                column,
                Column::ExternalId | Column::Source | Column::CreatedAt
            )
        });
        let mut insert = insert();
        insert.on_conflict(
            OnConflict::columns(KEY)
                .update_columns(replaced)
                .value(Column::Version, Expr::col((Entity, Column::Version)).add(1))
                .value(Column::RemovedAt, Expr::cust("NULL"))
                .to_owned(),
        );
        insert
    },
    ROWS_A_STATEMENT,
    ROWS_A_STATEMENT_OF_A_FILE,
);

/// Some 12 kB a statement. Measured on PostgreSQL with TLS, 2 cores: 2,000 records/s with 100 rows,
/// 14,000 with 50.
const ROWS_A_STATEMENT: usize = 50;
const ROWS_A_STATEMENT_OF_A_FILE: usize = 100;

/// An external id belongs to who gave it.
const KEY: [Column; 2] = [Column::ExternalId, Column::Source];

const COLUMNS: [Column; 24] = [
    Column::ExternalId,
    Column::TaskId,
    Column::AgentId,
    Column::PhoneNumber,
    Column::CallTime,
    Column::CallDate,
    Column::CallHour,
    Column::Duration,
    Column::Result,
    Column::Grade,
    Column::GradeCode,
    Column::HangupReason,
    Column::Notes,
    Column::CustomerName,
    Column::Company,
    Column::Province,
    Column::City,
    Column::DeviceName,
    Column::RecordingUrl,
    Column::BilledAmount,
    Column::Source,
    Column::SourceHash,
    Column::CreatedAt,
    Column::UpdatedAt,
];

fn insert() -> InsertStatement {
    let mut insert = Query::insert();
    insert.into_table(Entity).columns(COLUMNS);
    insert
}

/// In the order of [`COLUMNS`].
fn row(version: &CallVersion<'_>, now: DateTime<Utc>) -> [Value; 24] {
    let (call, details) = (version.call, &version.call.details);
    [
        call.external_id.clone().into(),
        version.task_id.into(),
        version.agent_id.into(),
        call.phone_number.clone().into(),
        call.call_time.into(),
        version.call_date.into(),
        version.call_hour.into(),
        call.duration.into(),
        call.result.into(),
        details.grade.clone().into(),
        version.grade_code.clone().into(),
        details.hangup_reason.clone().into(),
        details.notes.clone().into(),
        details.customer_name.clone().into(),
        details.company.clone().into(),
        details.province.clone().into(),
        details.city.clone().into(),
        details.device_name.clone().into(),
        details.recording_url.clone().into(),
        details.billed_amount.into(),
        version.source.into(),
        version.source_hash.into(),
        now.into(),
        now.into(),
    ]
}
