//! `audit_log`: who did what, when, and from where.

use sea_orm::entity::prelude::*;

/// A row of `audit_log`.
#[catalogue::row]
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    /// The id in the database; later entries have larger ones.
    #[sea_orm(primary_key)]
    #[api(key, filter, order)]
    pub id: i64,
    /// When.
    #[api(filter, order)]
    pub at: DateTimeUtc,
    /// Who, by `viewer { actor }`: `user:7` is a user of this service, `token:7` an access token,
    /// `cli` a command on the machine itself, `anonymous` somebody who did not come in, and anything
    /// else somebody whom another service knows: by the `sub` of their token, with its issuer before
    /// it where it names one (`jwt:https://sso.example.com#li`).
    #[api(filter, order)]
    pub actor: String,
    /// The role that they had; NONE where nobody came in.
    #[api(filter, open)]
    pub role: String,
    /// The mutation; or signIn, signInFailed, signInThrottled (too many attempts: noted once for each
    /// wait), signOut, and refreshTokenReused (two had the same token, so the session was ended).
    #[api(filter, order, open)]
    pub operation: String,
    /// The type of the object.
    #[api(filter, open)]
    pub object_type: String,
    /// The object's id in the database, as a text.
    #[api(name = "objectDatabaseId", filter, resolved, open)]
    pub object_id: Option<String>,
    /// Each field that differs with `before` and `after`, and counts of what went with it.
    /// Telephone numbers and e-mail addresses are masked in all of it.
    #[api(resolved, open)]
    pub changes: String,
    /// The address that the request came from, as far as TRUSTED_PROXIES tells it; `cli` for a command
    /// on the machine itself; null where it is not known.
    #[api(filter)]
    pub client_address: Option<String>,
    /// The request, as the header X-Request-Id of its answer and the service's log name it; null for
    /// a command.
    #[api(filter)]
    pub request_id: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
