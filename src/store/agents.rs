//! `agents`.

use std::{collections::HashMap, sync::LazyLock};

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::OnConflict,
};

use super::{
    Result, Transaction,
    calls::CALLS,
    dialect,
    record::stored,
    table::{LazyTable, Relation, Table},
};
pub use crate::entity::agent::Model as AgentRow;
use crate::{
    domain::{incoming::PlatformAgent, page::OrderKey, stats::Dimension},
    entity::agent::{ActiveModel, Column, Entity},
};

/// The table, to write it.
pub type Agents = Entity;

/// All agents, in the order in which they were first seen.
pub static AGENTS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::ascending("id")];
    let relations = vec![Relation::many("calls", &CALLS, "agent_id").counted_by(Dimension::Agent)];
    Table::of::<Entity>(order, relations, read)
});

stored!(
    AgentRow,
    AGENTS,
    [id, external_id, name, is_seat, created_at, updated_at]
);

/// Whether what is known of the account is stored already. A record without a name knows nothing.
fn is_stored_as(agent: &PlatformAgent, row: &AgentRow) -> bool {
    agent.name.is_none() || (agent.name == row.name && agent.is_seat == row.is_seat)
}

/// The ids of the platform's accounts by external id; those that are new here are added, and
/// those that were renamed there are renamed here.
pub async fn ensure(
    tx: &Transaction,
    agents: &[PlatformAgent],
    now: DateTime<Utc>,
) -> Result<HashMap<String, i64>> {
    if agents.is_empty() {
        return Ok(HashMap::new());
    }
    let mut known = by_external_id(tx, agents).await?;
    let is_current = |agent: &&PlatformAgent| {
        known
            .get(&agent.external_id)
            .is_some_and(|row| is_stored_as(agent, row))
    };
    let changed: Vec<&PlatformAgent> = agents.iter().filter(|agent| !is_current(agent)).collect();
    if !changed.is_empty() {
        let rows = changed.iter().map(|agent| ActiveModel {
            external_id: Set(agent.external_id.clone()),
            name: Set(agent.name.clone()),
            is_seat: Set(agent.is_seat),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        });
        Entity::insert_many(rows)
            .on_conflict(
                OnConflict::column(Column::ExternalId)
                    .update_columns([Column::Name, Column::IsSeat, Column::UpdatedAt])
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
        known = by_external_id(tx, agents).await?;
    }
    Ok(known
        .into_iter()
        .map(|(external_id, row)| (external_id, row.id))
        .collect())
}

async fn by_external_id(
    tx: &Transaction,
    agents: &[PlatformAgent],
) -> Result<HashMap<String, AgentRow>> {
    let ids: Vec<&str> = agents
        .iter()
        .map(|agent| agent.external_id.as_str())
        .collect();
    let rows = Entity::find()
        .filter(dialect::among(
            tx.get_database_backend(),
            Column::ExternalId,
            &ids,
        ))
        .all(tx)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.external_id.clone(), row))
        .collect())
}

/// Which of the accounts with these external ids are known here, and whether they are seats.
pub async fn seats(tx: &Transaction, external_ids: &[&str]) -> Result<HashMap<String, bool>> {
    let rows: Vec<(String, bool)> = Entity::find()
        .select_only()
        .columns([Column::ExternalId, Column::IsSeat])
        .filter(Column::ExternalId.is_in(external_ids.iter().copied()))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().collect())
}
