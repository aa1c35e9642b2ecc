//! `agents`.

use std::{collections::HashMap, sync::LazyLock};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Value};

use super::{
    Result, Transaction,
    calls::CALLS,
    counted_calls,
    naming::NamedTable,
    record::stored,
    table::{LazyTable, Relation, Table},
};
pub use crate::entity::agent::Model as AgentRow;
use crate::{
    domain::{dialing::CallSource, incoming::PlatformAgent, page::OrderKey},
    entity::agent::{Column, Entity},
};

/// The table, to write it.
pub type Agents = Entity;

/// All agents, in the order in which they were first seen.
pub static AGENTS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::ascending("id")];
    let relations =
        vec![Relation::many("calls", &CALLS, "agent_id").counted_by(counted_calls::OF_AGENT)];
    Table::of::<Entity>(order, relations, read).with_words(&["source"])
});

stored!(
    AgentRow,
    AGENTS,
    [
        id,
        external_id,
        name,
        is_seat,
        created_at,
        updated_at,
        source,
        name_as_of,
        name_call,
    ]
);

impl NamedTable for Entity {
    type Item = PlatformAgent;
    const TABLE: &'static str = "agents";
    const NAME: &'static str = "name";
    const FOLLOWING: Option<&'static str> = Some("is_seat");
    const VERSIONED: bool = false;

    fn following(agent: &PlatformAgent) -> bool {
        agent.is_seat
    }

    fn unnamed(_: &PlatformAgent) -> Option<&str> {
        None
    }

    fn rest() -> Option<(&'static str, Value)> {
        None
    }
}

/// Which of the accounts of `source` with these external ids are known here, and whether they are seats.
pub async fn seats(
    tx: &Transaction,
    source: CallSource,
    external_ids: &[&str],
) -> Result<HashMap<String, bool>> {
    let rows: Vec<(String, bool)> = Entity::find()
        .select_only()
        .columns([Column::ExternalId, Column::IsSeat])
        .filter(Column::ExternalId.is_in(external_ids.iter().copied()))
        .filter(Column::Source.eq(source))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().collect())
}
