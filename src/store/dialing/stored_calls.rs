//! `calls` as they were told: read back, to be compared with what is said of them.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::{
    domain::{
        dialing::{CallSource, Tag, TagType},
        incoming::{IncomingCall, PlatformAgent, PlatformTask},
    },
    entity::{agent, call, call_tag, dial_task},
    store::{Result, Transaction, call_edits, dialect},
};

/// A call that is stored, as it was told and changed since.
#[derive(Debug, Clone)]
pub struct StoredCall {
    /// What it says; of its tags those of its script, and of its task and agent the ids that its source has
    /// for them, empty where they are another source's.
    pub call: IncomingCall,
    /// Tags that people gave it.
    pub own_tags: Vec<Tag>,
    /// Its task.
    pub task_id: Option<i64>,
    /// Its agent.
    pub agent_id: Option<i64>,
    /// Fingerprint of the platform's version that is stored; none of a call that was removed.
    pub source_hash: Option<i64>,
    /// Whether the platform has it no longer.
    pub removed: bool,
}

/// Locks the calls of `source` with these external ids until the transaction ends, and says what they are.
pub async fn lock(
    tx: &Transaction,
    source: CallSource,
    external_ids: &[&str],
) -> Result<HashMap<String, StoredCall>> {
    let mut find = select(tx, source, external_ids);
    dialect::lock_rows(tx.get_database_backend(), QueryTrait::query(&mut find));
    read(tx, source, find).await
}

/// What the calls of `source` with these external ids are at this moment.
pub async fn find(
    tx: &Transaction,
    source: CallSource,
    external_ids: &[&str],
) -> Result<HashMap<String, StoredCall>> {
    read(tx, source, select(tx, source, external_ids)).await
}

fn select(
    tx: &Transaction,
    source: CallSource,
    external_ids: &[&str],
) -> sea_orm::Select<call::Entity> {
    let backend = tx.get_database_backend();
    call::Entity::find()
        .filter(dialect::among(
            backend,
            call::Column::ExternalId,
            external_ids,
        ))
        .filter(call::Column::Source.eq(source))
        .order_by_asc(call::Column::ExternalId)
}

async fn read(
    tx: &Transaction,
    source: CallSource,
    find: sea_orm::Select<call::Entity>,
) -> Result<HashMap<String, StoredCall>> {
    dialect::prefer_indexes(tx).await?;
    let rows = find.all(tx).await?;
    let ids = |id: fn(&call::Model) -> Option<i64>| {
        let ids: BTreeSet<i64> = rows.iter().filter_map(id).collect();
        ids
    };
    let tasks = named(
        tx,
        dial_task::Entity::find()
            .select_only()
            .columns([dial_task::Column::Id, dial_task::Column::ExternalId])
            .filter(dial_task::Column::Source.eq(source))
            .filter(dial_task::Column::Id.is_in(ids(|row| row.task_id))),
    )
    .await?;
    let agents = named(
        tx,
        agent::Entity::find()
            .select_only()
            .columns([agent::Column::Id, agent::Column::ExternalId])
            .filter(agent::Column::Source.eq(source))
            .filter(agent::Column::Id.is_in(ids(|row| row.agent_id))),
    )
    .await?;
    let mut tags = tags(tx, ids(|row| Some(row.id))).await?;
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

/// The tags of a call.
#[derive(Default)]
struct Tags {
    script: Vec<Tag>,
    own: Vec<Tag>,
}

async fn tags(tx: &Transaction, call_ids: BTreeSet<i64>) -> Result<HashMap<i64, Tags>> {
    let rows = call_tag::Entity::find()
        .filter(call_tag::Column::CallId.is_in(call_ids))
        .order_by_asc(call_tag::Column::Id)
        .all(tx)
        .await?;
    let mut tags: HashMap<i64, Tags> = HashMap::new();
    for row in rows {
        let of_call = tags.entry(row.call_id).or_default();
        let tag = Tag {
            name: row.tag_name,
            value: row.tag_value,
        };
        match row.tag_type {
            TagType::Script => of_call.script.push(tag),
            TagType::Manual => of_call.own.push(tag),
        }
    }
    Ok(tags)
}

fn stored(
    mut row: call::Model,
    task: Option<&String>,
    agent: Option<&String>,
    tags: Tags,
) -> StoredCall {
    StoredCall {
        task_id: row.task_id,
        agent_id: row.agent_id,
        source_hash: row.source_hash,
        removed: row.removed_at.is_some(),
        own_tags: tags.own,
        call: IncomingCall {
            external_id: row.external_id.take().unwrap_or_default(),
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
            phone_number: row.phone_number.take(),
            call_time: row.call_time,
            duration: row.duration,
            result: row.result,
            details: call_edits::details(row),
            tags: tags.script,
        },
    }
}
