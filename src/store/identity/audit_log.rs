//! `audit_log`: who did what, when, and from where. The database itself refuses to change or delete
//! what is written.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, EntityTrait};

pub use crate::entity::audit_entry::Model as AuditRow;
use crate::{
    domain::{
        audit::{Origin, Recorded},
        page::OrderKey,
        principal::Principal,
    },
    entity::audit_entry::{ActiveModel, Entity},
    store::{
        Result, Transaction,
        dialect::ROWS_A_STATEMENT,
        record::Stored,
        table::{LazyTable, Table},
    },
};

/// All that was recorded, newest first.
pub static AUDIT_LOG: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::descending("id")];
    Table::of::<Entity>("AuditEntry", order, Vec::new())
});

impl Stored for AuditRow {
    fn table() -> &'static Table {
        &AUDIT_LOG
    }
}

/// Who does what.
#[derive(Debug, Clone, Copy)]
pub struct Doing<'a> {
    /// Who it is.
    pub actor: &'a Principal,
    /// Their role, or `NONE`.
    pub role: &'a str,
    /// The mutation, or what happened at signing in.
    pub operation: &'static str,
    /// From where.
    pub origin: &'a Origin,
    /// When.
    pub at: DateTime<Utc>,
}

/// A change of one object.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The type of the object in the API.
    pub object_type: &'static str,
    /// The row's id, or a day; none where many rows were changed.
    pub object_id: Option<String>,
    /// Each field with before and after, or counts.
    pub changes: Recorded,
}

/// Records changes.
pub async fn add(tx: &Transaction, doing: Doing<'_>, changed: Vec<Changed>) -> Result<()> {
    let rows: Vec<ActiveModel> = changed
        .into_iter()
        .map(|changed| ActiveModel {
            at: Set(doing.at),
            actor: Set(doing.actor.to_string()),
            role: Set(doing.role.to_owned()),
            operation: Set(doing.operation.to_owned()),
            object_type: Set(changed.object_type.to_owned()),
            object_id: Set(changed.object_id),
            changes: Set(changed.changes.to_string()),
            client_address: Set(doing.origin.recorded()),
            request_id: Set(doing.origin.request_id().map(str::to_owned)),
            ..Default::default()
        })
        .collect();
    for rows in rows.chunks(ROWS_A_STATEMENT) {
        Entity::insert_many(rows.to_vec())
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}
