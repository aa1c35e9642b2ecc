use async_graphql::{Context, Object, SimpleObject};

use super::{Capability, Role, User};
use crate::graphql::{connection::find, context::ContextExt, error::Result, permissions::Root};

/// The one who asks.
#[derive(SimpleObject)]
#[graphql(complex)]
struct Viewer {
    /// Whom the token names (`sub`): `user:7` is a user of this service, `token:7` an access token,
    /// anything else whoever another service calls so.
    subject: String,
    /// The service that calls them so, as their token names it (`iss`); null where it names none, and
    /// for a user of this service and a program.
    issuer: Option<String>,
    /// The name under which they are recorded: as `actor` in the audit log, and as `createdBy` of the
    /// access tokens that they make. The subject; with the issuer before it where another service
    /// may call somebody else so (`jwt:https://sso.example.com#li`, or `jwks:…` for a token that is
    /// signed with a key of that service), and `jwt:#cli` for one whom another service calls as this
    /// one calls itself.
    actor: String,
    /// The e-mail address, as far as it is known; null for a program. One's own is shown to everybody,
    /// also to an ANALYST, who sees others masked.
    email: Option<String>,
    /// What they may do.
    role: Role,
    /// The same, one by one. An access token has none of MAKE_ACCESS_TOKENS, CHANGE_OWN_PASSWORD and
    /// MANAGE_USERS, whatever its role.
    capabilities: Vec<Capability>,
}

#[async_graphql::ComplexObject]
impl Viewer {
    /// The user of this service that this is; null where another service knows them, or for a
    /// program.
    async fn user(&self, context: &Context<'_>) -> Result<Option<User>> {
        match context.request()?.viewer.user_id() {
            Some(id) => find(context, id).await,
            None => Ok(None),
        }
    }
}

/// Queries about users and their tokens.
#[derive(Default)]
pub struct IdentityQuery;

#[Object(guard = "Root::Query")]
impl IdentityQuery {
    /// The one who asks.
    async fn viewer(&self, context: &Context<'_>) -> Result<Viewer> {
        let viewer = &context.request()?.viewer;
        Ok(Viewer {
            subject: viewer.principal.subject().into_owned(),
            issuer: viewer.principal.issuer().map(str::to_owned),
            actor: viewer.principal.to_string(),
            email: viewer.email.clone(),
            role: viewer.role.into(),
            capabilities: viewer.capabilities().map(Into::into).collect(),
        })
    }
}
