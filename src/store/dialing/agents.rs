//! `agents`.

use std::{collections::HashMap, sync::LazyLock};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Value};

pub use crate::entity::agent::Model as AgentRow;
use crate::{
    domain::{dialing::CallSource, incoming::PlatformAgent, page::OrderKey},
    entity::agent::{Column, Entity},
    store::{
        Result, Transaction,
        calls::CallRow,
        counted_calls,
        naming::NamedTable,
        record::Stored,
        table::{LazyTable, Relation, Table, ToMany},
    },
};

/// The table, to write it.
pub type Agents = Entity;

/// All agents, in the order in which they were first seen.
pub static AGENTS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::ascending("id")];
    let calls = Relation::from(AgentRow::CALLS).filtered("Its calls.");
    let relations = vec![calls.counted_by(counted_calls::OF_AGENT)];
    Table::of::<Entity>("Agent", order, relations)
});

impl AgentRow {
    /// Its calls.
    pub const CALLS: ToMany<Self, CallRow> = ToMany::new("calls", "agent_id");
}

impl Stored for AgentRow {
    fn table() -> &'static Table {
        &AGENTS
    }
}

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
