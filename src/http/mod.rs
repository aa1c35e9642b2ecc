//! HTTP: routes and layers, who asks, and what comes back.

mod auth;
mod client;
mod graphql;
mod health;
mod router;
mod token;

pub use router::{HttpOptions, router};

use crate::{auth::JwtKeys, graphql::Schema, service::accounts::Accounts, store::Database};

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    /// The schema with its services.
    pub schema: Schema,
    /// Reads tokens.
    pub keys: JwtKeys,
    /// Users and their tokens.
    pub accounts: Accounts,
    /// How many of our own proxies a request comes through.
    pub trusted_proxies: usize,
    /// For readiness.
    pub db: Database,
    /// How many bytes a body may have.
    pub body_limit: usize,
}
