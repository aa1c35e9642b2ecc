//! `calls`, read.

use std::sync::LazyLock;

use super::{
    agents::AGENTS,
    counted_calls,
    record::stored,
    table::{LazyTable, Relation, Table},
    tags::TAGS,
    tasks::TASKS,
};
pub use crate::entity::call::Model as CallRow;
use crate::{domain::page::OrderKey, entity::call::Entity};

/// The table, to write it.
pub type Calls = Entity;

/// All calls, newest first.
pub static CALLS: LazyTable = LazyLock::new(|| {
    let order = &[
        OrderKey::descending("call_time"),
        OrderKey::descending("id"),
    ];
    let relations = vec![
        Relation::one("task", "task_id", &TASKS),
        Relation::one("agent", "agent_id", &AGENTS),
        Relation::many("tags", &TAGS, "call_id"),
    ];
    Table::of::<Entity>(order, relations, read)
        .counted_by(counted_calls::ALL)
        .without("removed_at")
        .with_day("call_date", "call_time")
        .with_words(&["result", "source"])
        .with_person(&["customer_name", "company"])
        .with_numbers(&["phone_number", "notes", "recording_url"])
});

stored!(
    CallRow,
    CALLS,
    [
        id,
        external_id,
        task_id,
        agent_id,
        phone_number,
        call_time,
        call_date,
        call_hour,
        duration,
        result,
        grade,
        grade_code,
        hangup_reason,
        notes,
        customer_name,
        company,
        province,
        city,
        device_name,
        recording_url,
        billed_amount,
        source,
        source_hash,
        created_at,
        updated_at,
        version,
        removed_at,
        listed_day,
    ]
);
