//! The record of what people did.

use async_graphql::{ID, Json, Object};

use super::{
    connection::listed,
    error::Result,
    id::{self, Kind},
};
use crate::store::{Record, audit_log::AuditRow};

listed! {
    AuditEntry(AuditRow) {
        "objectId" => ("object", |_, _, _, selection| {
            selection.column("object_type");
            selection.column("object_id");
            Ok(())
        }),
    }
}

/// Something that somebody did: what they changed, whose telephone number they asked for, or that they
/// signed in, or could not. It is written with the change itself, and the database refuses to change
/// or delete it.
#[Object(serial)]
impl AuditEntry {
    #[graphql(flatten)]
    async fn columns(&self) -> &Record<AuditRow> {
        &self.0
    }

    /// The object's `id`, or the business day that figures are of; null where many were changed at
    /// once.
    async fn object_id(&self) -> Result<Option<ID>> {
        let Some(object) = self.0.get(AuditRow::OBJECT_ID)? else {
            return Ok(None);
        };
        let kind: Option<Kind> = self.0.get(AuditRow::OBJECT_TYPE)?.parse().ok();
        Ok(Some(match (kind, object.parse()) {
            (Some(kind), Ok(number)) => id::global(kind, number),
            _ => object.into(),
        }))
    }

    /// Each field that differs with `before` and `after`, and counts of what went with it.
    /// Telephone numbers and e-mail addresses are masked in all of it.
    async fn changes(&self) -> Result<Json<serde_json::Value>> {
        let changes = self.0.get(AuditRow::CHANGES)?;
        Ok(Json(serde_json::from_str(&changes).unwrap_or_default()))
    }
}
