//! `call_pushes`: what the platform pushed of each call, merged.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, OnConflict, Query, SimpleExpr},
};

use super::{
    Result, StoreError, Transaction,
    dialect::{self, ROWS_A_STATEMENT},
};
use crate::{
    domain::{
        dialing::{CallSource, Tag, TagType},
        incoming::{IncomingCall, PlatformAgent, PlatformTask},
        pushed_call::{Filled, MergedPushes, PushKind},
    },
    entity::{
        agent, call,
        call_push::{Column, Entity, Model},
        call_tag, dial_task,
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

pub(super) fn read(row: &Model) -> Result<CallPushes> {
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

/// A call that is stored, as it was told and changed since.
#[derive(Debug, Clone)]
pub struct StoredCall {
    /// What it says; of its tags those of its script, and of its task and agent the platform's ids,
    /// empty where they are not the platform's.
    pub call: IncomingCall,
    /// Its task.
    pub task_id: Option<i64>,
    /// Its agent.
    pub agent_id: Option<i64>,
    /// Fingerprint of the platform's version that is stored; none of a call that was removed.
    pub source_hash: Option<i64>,
    /// Whether the platform has it no longer.
    pub removed: bool,
}

/// Locks the platform's calls with these external ids until the transaction ends, and says what they are.
pub async fn lock_calls(
    tx: &Transaction,
    external_ids: &[&str],
) -> Result<HashMap<String, StoredCall>> {
    dialect::prefer_indexes(tx).await?;
    let backend = tx.get_database_backend();
    let mut find = call::Entity::find()
        .filter(dialect::among(
            backend,
            call::Column::ExternalId,
            external_ids,
        ))
        .filter(call::Column::Source.eq(CallSource::Guanke))
        .order_by_asc(call::Column::ExternalId);
    dialect::lock_rows(backend, QueryTrait::query(&mut find));
    let rows = find.all(tx).await?;
    let ids = |id: fn(&call::Model) -> Option<i64>| rows.iter().filter_map(id).collect::<Vec<_>>();
    let tasks = named(
        tx,
        dial_task::Entity::find()
            .select_only()
            .columns([dial_task::Column::Id, dial_task::Column::ExternalId])
            .filter(dial_task::Column::Source.eq(CallSource::Guanke))
            .filter(dial_task::Column::Id.is_in(ids(|row| row.task_id))),
    )
    .await?;
    let agents = named(
        tx,
        agent::Entity::find()
            .select_only()
            .columns([agent::Column::Id, agent::Column::ExternalId])
            .filter(agent::Column::Source.eq(CallSource::Guanke))
            .filter(agent::Column::Id.is_in(ids(|row| row.agent_id))),
    )
    .await?;
    let mut tags = script_tags(tx, &ids(|row| Some(row.id))).await?;
    let stored = rows.into_iter().filter_map(|row| {
        let external_id = row.external_id.clone()?;
        let tags = tags.remove(&row.id).unwrap_or_default();
        let task = row.task_id.and_then(|id| tasks.get(&id));
        let agent = row.agent_id.and_then(|id| agents.get(&id));
        Some((external_id, stored(row, task, agent, tags)))
    });
    Ok(stored.collect())
}

/// Their own ids of rows that have any, by ours.
async fn named<E: EntityTrait>(
    tx: &Transaction,
    find: sea_orm::Select<E>,
) -> Result<HashMap<i64, String>> {
    let rows: Vec<(i64, Option<String>)> = find.into_tuple().all(tx).await?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, external_id)| Some((id, external_id?)))
        .collect())
}

async fn script_tags(tx: &Transaction, call_ids: &[i64]) -> Result<HashMap<i64, Vec<Tag>>> {
    let rows = call_tag::Entity::find()
        .filter(call_tag::Column::CallId.is_in(call_ids.iter().copied()))
        .filter(call_tag::Column::TagType.eq(TagType::Script))
        .order_by_asc(call_tag::Column::Id)
        .all(tx)
        .await?;
    let mut tags: HashMap<i64, Vec<Tag>> = HashMap::new();
    for row in rows {
        tags.entry(row.call_id).or_default().push(Tag {
            name: row.tag_name,
            value: row.tag_value,
        });
    }
    Ok(tags)
}

fn stored(
    row: call::Model,
    task: Option<&String>,
    agent: Option<&String>,
    tags: Vec<Tag>,
) -> StoredCall {
    StoredCall {
        task_id: row.task_id,
        agent_id: row.agent_id,
        source_hash: row.source_hash,
        removed: row.removed_at.is_some(),
        call: IncomingCall {
            external_id: row.external_id.unwrap_or_default(),
            task: row.task_id.map(|_| PlatformTask {
                external_id: task.cloned().unwrap_or_default(),
                name: None,
                package: None,
            }),
            agent: row.agent_id.map(|_| PlatformAgent {
                external_id: agent.cloned().unwrap_or_default(),
                name: None,
                is_seat: true,
            }),
            phone_number: row.phone_number,
            call_time: row.call_time,
            duration: row.duration,
            result: row.result,
            grade: row.grade,
            hangup_reason: row.hangup_reason,
            notes: row.notes,
            customer_name: row.customer_name,
            company: row.company,
            province: row.province,
            city: row.city,
            device_name: row.device_name,
            recording_url: row.recording_url,
            billed_amount: row.billed_amount,
            tags,
        },
    }
}

/// That a call was pushed last before `before`, whether its own record was read (`polled`), and that
/// nothing of it was imported.
fn old(polled: bool, before: DateTime<Utc>) -> SimpleExpr {
    // As the index has it: SQLite does not look into a bound value.
    let word = Expr::cust(if polled { "TRUE" } else { "FALSE" });
    let polled = Expr::col(Column::Polled).eq(word);
    // Nobody gives what was imported a second time.
    polled
        .and(Column::UpdatedAt.lt(before))
        .and(Column::Kinds.not_like("%IMPORT%"))
}

/// Deletes what was pushed before `before` of at most `limit` calls, whose own record was read
/// (`polled`) or was not. Returns how many.
pub async fn prune(
    tx: &Transaction,
    polled: bool,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<u64> {
    let mut select = Query::select();
    select
        .column(Column::ExternalId)
        .from(Entity)
        .and_where(old(polled, before))
        .limit(limit);
    Ok(Entity::delete_many()
        .filter(Column::ExternalId.in_subquery(select))
        .exec(tx)
        .await?
        .rows_affected)
}

/// Of how many calls [`prune`] would delete what was pushed.
pub async fn count_before(
    db: &impl ConnectionTrait,
    polled: bool,
    before: DateTime<Utc>,
) -> Result<u64> {
    Ok(Entity::find().filter(old(polled, before)).count(db).await?)
}
