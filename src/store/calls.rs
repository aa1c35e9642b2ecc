//! `calls`, read.

use super::Keyset;
pub use crate::entity::call::Model as CallRow;
use crate::{
    domain::page::{Cursor, CursorValue},
    entity::call::{Column, Entity},
};

/// The table, to list it.
pub type Calls = Entity;

/// Calls of a task, for a list by parent.
pub const BY_TASK: (&str, Column) = ("dial_tasks", Column::TaskId);
/// Calls of an agent, for a list by parent.
pub const BY_AGENT: (&str, Column) = ("agents", Column::AgentId);

impl Keyset for Entity {
    const KEYS: &'static [Column] = &[Column::CallTime, Column::Id];
    const DESCENDING: bool = true;

    fn cursor(row: &CallRow) -> Cursor {
        Cursor(vec![
            CursorValue::Time(row.call_time),
            CursorValue::Int(row.id),
        ])
    }
}
