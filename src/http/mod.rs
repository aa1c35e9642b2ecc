//! HTTP: routes and layers, who asks, and what comes back.

mod auth;
mod graphql;
mod health;
mod router;

pub use router::{HttpOptions, router};

use crate::{auth::JwtKeys, graphql::Schema, store::Database};

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    /// The schema with its services.
    pub schema: Schema,
    /// Reads tokens.
    pub keys: JwtKeys,
    /// For readiness.
    pub db: Database,
    /// How many bytes a body may have.
    pub body_limit: usize,
}
