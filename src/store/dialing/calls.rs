//! `calls`, read.

use std::sync::LazyLock;

pub use crate::entity::call::Model as CallRow;
use crate::{
    domain::page::OrderKey,
    entity::call::Entity,
    store::{
        agents::AgentRow,
        counted_calls,
        record::Stored,
        table::{LazyTable, Relation, Table, ToMany, ToOne},
        tags::TagRow,
        tasks::TaskRow,
    },
};

/// The table, to write it.
pub type Calls = Entity;

/// All calls, newest first.
pub static CALLS: LazyTable = LazyLock::new(|| {
    let order = &[
        OrderKey::descending("call_time"),
        OrderKey::descending("id"),
    ];
    let relations = vec![
        Relation::from(CallRow::TASK)
            .filtered("The task that dialled it: there is one, and it is like this."),
        Relation::from(CallRow::AGENT)
            .filtered("The account that made it: there is one, and it is like this."),
        Relation::from(CallRow::TAGS).filtered("Its tags."),
    ];
    Table::of::<Entity>("Call", order, relations)
        .counted_by(counted_calls::ALL)
        .without("removed_at")
        .with_day("call_date", "call_time")
});

impl CallRow {
    /// The task that dialled it.
    pub const TASK: ToOne<Self, TaskRow> = ToOne::new("task", "task_id");
    /// The account that made it.
    pub const AGENT: ToOne<Self, AgentRow> = ToOne::new("agent", "agent_id");
    /// Its tags.
    pub const TAGS: ToMany<Self, TagRow> = ToMany::new("tags", "call_id");
}

impl Stored for CallRow {
    fn table() -> &'static Table {
        &CALLS
    }
}
