//! The record of what people did.

use async_graphql::{ID, Json, Object};

use super::{
    connection::listed,
    filter::{DateTimeFilter, IntFilter, StringFilter, list_filter},
    id::{self, Kind},
    ordering::list_order,
    scalars::DateTime,
};
use crate::store::audit_log::AuditRow;

listed! {
    AuditEntry(AuditRow) by AuditEntryFilter, AuditEntryOrder {
        "objectId" => "object": |_, _, _, selection| {
            selection.column("object_type");
            selection.column("object_id");
        },
    }
}

/// Something that somebody did: what they changed, whose telephone number they asked for, or that they
/// signed in, or could not. It is written with the change itself, and the database refuses to change
/// or delete it.
#[Object(serial)]
impl AuditEntry {
    /// The id in the database; later entries have larger ones.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// When.
    async fn at(&self) -> DateTime {
        self.0.row.at.into()
    }

    /// Who, by `viewer { actor }`: `user:7` is a user of this service, `token:7` an access token,
    /// `cli` a command on the machine itself, `anonymous` somebody who did not come in, and anything
    /// else somebody whom another service knows: by the `sub` of their token, with its issuer before
    /// it where it names one (`jwt:https://sso.example.com#li`).
    async fn actor(&self) -> &str {
        &self.0.row.actor
    }

    /// The role that they had; NONE where nobody came in.
    async fn role(&self) -> &str {
        &self.0.row.role
    }

    /// The mutation; or signIn, signInFailed, signInThrottled (too many attempts: noted once for each
    /// wait), signOut, and refreshTokenReused (two had the same token, so the session was ended).
    async fn operation(&self) -> &str {
        &self.0.row.operation
    }

    /// The address that the request came from, as far as TRUSTED_PROXIES tells it; `cli` for a command
    /// on the machine itself; null where it is not known.
    async fn client_address(&self) -> Option<&str> {
        self.0.row.client_address.as_deref()
    }

    /// The request, as the header X-Request-Id of its answer and the service's log name it; null for
    /// a command.
    async fn request_id(&self) -> Option<&str> {
        self.0.row.request_id.as_deref()
    }

    /// The type of the object.
    async fn object_type(&self) -> &str {
        &self.0.row.object_type
    }

    /// The object's `id`, or the business day that figures are of; null where many were changed at
    /// once.
    async fn object_id(&self) -> Option<ID> {
        let row = &self.0.row;
        let object = row.object_id.as_deref()?;
        let kind: Option<Kind> = row.object_type.parse().ok();
        match (kind, object.parse()) {
            (Some(kind), Ok(number)) => Some(id::global(kind, number)),
            _ => Some(object.into()),
        }
    }

    /// Each field that differs with `before` and `after`, and counts of what went with it.
    /// Telephone numbers and e-mail addresses are masked in all of it.
    async fn changes(&self) -> Json<serde_json::Value> {
        Json(serde_json::from_str(&self.0.row.changes).unwrap_or_default())
    }
}

list_filter! {
    /// Which entries of the audit log. What is said of several fields holds together.
    AuditEntryFilter {
        ids {}
        /// The id in the database.
        database_id("id"): IntFilter,
        /// When.
        at: DateTimeFilter,
        /// Who, as `viewer { actor }` has it.
        actor: StringFilter,
        /// The role that they had, such as ADMIN.
        role: StringFilter,
        /// The mutation, such as updateCall, or what happened at signing in, such as signInFailed.
        operation: StringFilter,
        /// The address that the request came from.
        client_address: StringFilter,
        /// The request.
        request_id: StringFilter,
        /// The type of the object, such as Call.
        object_type: StringFilter,
        /// The object's id in the database, as a text.
        object_database_id("object_id"): StringFilter,
    }
}

list_order! {
    /// A key of the order of the audit log.
    AuditEntryOrder by AuditEntryOrderField {
        /// The order in which things were done.
        Id => "id",
        /// When.
        At => "at",
        /// Who.
        Actor => "actor",
        /// The mutation.
        Operation => "operation",
    }
}
