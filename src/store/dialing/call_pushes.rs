//! `call_pushes`: what the platform pushed of each call, merged.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict, Query, SimpleExpr},
};

use crate::{
    domain::{
        dialing::CallSource,
        pushed_call::{Filled, MergedPushes, PushKind},
    },
    entity::{
        call,
        call_push::{Column, Entity, Model},
    },
    store::{
        Result, StoreError, Transaction,
        dialect::{self, ROWS_A_STATEMENT},
    },
};

/// All that was pushed of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallPushes {
    /// The kinds that came.
    pub kinds: BTreeSet<PushKind>,
    /// What they say.
    pub merged: MergedPushes,
    /// Which values of the stored call are theirs.
    pub filled: Filled,
    /// Whether the platform's own record of the call was read.
    pub polled: bool,
    /// When the first one came; `None` for one that comes now.
    pub received_at: Option<DateTime<Utc>>,
}

/// What was pushed of the calls with these external ids; most calls are missing.
pub async fn find(tx: &Transaction, external_ids: &[&str]) -> Result<HashMap<String, CallPushes>> {
    // Where nothing is ever pushed, a thousand ids need not be looked up.
    let any = Entity::find().select_only().column(Column::ExternalId);
    let any: Option<String> = any.limit(1).into_tuple().one(tx).await?;
    if any.is_none() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find()
        .filter(dialect::among(
            tx.get_database_backend(),
            Column::ExternalId,
            external_ids,
        ))
        .all(tx)
        .await?;
    rows.into_iter()
        .map(|row| Ok((row.external_id.clone(), read(&row)?)))
        .collect()
}

pub(in crate::store) fn read(row: &Model) -> Result<CallPushes> {
    let unreadable =
        |error: serde_json::Error| StoreError::Other(DbErr::Json(format!("call_pushes: {error}")));
    Ok(CallPushes {
        kinds: row
            .kinds
            .split(',')
            .filter_map(|kind| kind.parse().ok())
            .collect(),
        merged: serde_json::from_str(&row.pushed).map_err(unreadable)?,
        filled: serde_json::from_str(&row.filled).map_err(unreadable)?,
        polled: row.polled,
        received_at: Some(row.received_at),
    })
}

/// Which of these calls were pushed since `since`, and not read from the platform yet.
pub async fn just_pushed(
    db: &impl ConnectionTrait,
    external_ids: &[&str],
    since: DateTime<Utc>,
) -> Result<HashSet<String>> {
    let ids: Vec<String> = Entity::find()
        .select_only()
        .column(Column::ExternalId)
        .filter(dialect::among(
            db.get_database_backend(),
            Column::ExternalId,
            external_ids,
        ))
        .filter(Column::Polled.eq(false))
        .filter(Column::UpdatedAt.gte(since))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().collect())
}

/// Stores what was pushed of some calls, in the order of their external ids.
pub async fn save(
    tx: &Transaction,
    pushes: &BTreeMap<&str, CallPushes>,
    now: DateTime<Utc>,
) -> Result<()> {
    let pushes: Vec<_> = pushes.iter().collect();
    for pushes in pushes.chunks(ROWS_A_STATEMENT) {
        let mut insert = Query::insert();
        insert.into_table(Entity).columns(COLUMNS);
        for (external_id, pushes) in pushes {
            let kinds: Vec<String> = pushes.kinds.iter().map(PushKind::to_string).collect();
            let richness = pushes.merged.says(external_id).richness();
            insert.values_panic([
                (**external_id).into(),
                kinds.join(",").into(),
                json(&pushes.merged)?.into(),
                json(&pushes.filled)?.into(),
                i64::from(richness).into(),
                pushes.polled.into(),
                pushes.received_at.unwrap_or(now).into(),
                now.into(),
            ]);
        }
        let changed = COLUMNS
            .into_iter()
            .filter(|column| !matches!(column, Column::ExternalId | Column::ReceivedAt));
        insert.on_conflict(
            OnConflict::column(Column::ExternalId)
                .update_columns(changed)
                .to_owned(),
        );
        tx.execute(&insert).await?;
    }
    Ok(())
}

const COLUMNS: [Column; 8] = [
    Column::ExternalId,
    Column::Kinds,
    Column::Pushed,
    Column::Filled,
    Column::Richness,
    Column::Polled,
    Column::ReceivedAt,
    Column::UpdatedAt,
];

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Other(DbErr::Json(format!("call_pushes: {error}"))))
}

/// What was pushed or imported and is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldPushes {
    /// What was pushed last before then of calls whose own record was read: whoever reads that again may
    /// do without. What was imported stays: nobody gives it a second time.
    Merged(DateTime<Utc>),
    /// What was pushed or imported last before then of calls that are not stored: such a call is older
    /// than what was said of it, and calls as old as that are not kept.
    Stranded(DateTime<Utc>),
}

impl OldPushes {
    fn condition(self) -> SimpleExpr {
        match self {
            Self::Merged(before) => {
                said_before(true, before).and(Column::Kinds.not_like("%IMPORT%"))
            }
            Self::Stranded(before) => {
                let call = Query::select()
                    .expr(Expr::val(1))
                    .from(call::Entity)
                    .and_where(
                        Expr::col((call::Entity, call::Column::Source)).eq(CallSource::Guanke),
                    )
                    .and_where(
                        Expr::col((call::Entity, call::Column::ExternalId))
                            .equals((Entity, Column::ExternalId)),
                    )
                    .take();
                said_before(false, before)
                    .or(said_before(true, before))
                    .and(Expr::exists(call).not())
            }
        }
    }
}

/// That something was said of a call last before `before`, and its own record was read (`polled`) or
/// was not: each of these has an index.
fn said_before(polled: bool, before: DateTime<Utc>) -> SimpleExpr {
    // As the index has it: SQLite does not look into a bound value.
    let word = Expr::cust(if polled { "TRUE" } else { "FALSE" });
    let polled = Expr::col((Entity, Column::Polled)).eq(word);
    polled.and(Column::UpdatedAt.lt(before))
}

/// Deletes what is old, of at most `limit` calls. Returns of how many.
pub async fn prune(tx: &Transaction, old: OldPushes, limit: u64) -> Result<u64> {
    let mut select = Query::select();
    select
        .column((Entity, Column::ExternalId))
        .from(Entity)
        .and_where(old.condition())
        .limit(limit);
    Ok(Entity::delete_many()
        .filter(Column::ExternalId.in_subquery(select))
        .exec(tx)
        .await?
        .rows_affected)
}

/// Deletes what was pushed and imported of calls of the platform that are deleted for their age. Returns
/// of how many.
pub(in crate::store) async fn forget(tx: &Transaction, external_ids: &[&str]) -> Result<u64> {
    if external_ids.is_empty() {
        return Ok(0);
    }
    let backend = tx.get_database_backend();
    Ok(Entity::delete_many()
        .filter(dialect::among(backend, Column::ExternalId, external_ids))
        .exec(tx)
        .await?
        .rows_affected)
}

/// Of how many calls what was pushed is `old` in one of these ways, or is of a call that `call` is true of.
pub(in crate::store) async fn count_old(
    db: &impl ConnectionTrait,
    old: &[OldPushes],
    call: Option<SimpleExpr>,
) -> Result<u64> {
    let mut is_old = Condition::any();
    for old in old {
        is_old = is_old.add(old.condition());
    }
    if let Some(condition) = call {
        let calls = Query::select()
            .column(call::Column::ExternalId)
            .from(call::Entity)
            .and_where(call::Column::Source.eq(CallSource::Guanke))
            .and_where(call::Column::ExternalId.is_not_null())
            .and_where(condition)
            .take();
        is_old = is_old.add(Column::ExternalId.in_subquery(calls));
    }
    Ok(Entity::find().filter(is_old).count(db).await?)
}
