//! HTTP: connections, routes and layers, who asks, and what comes back.

mod auth;
mod client;
mod error;
mod graphiql;
mod graphql;
mod health;
mod media_type;
mod options;
mod request;
mod router;
mod server;
mod subscriptions;
mod token;

pub use graphiql::GraphiQl;
pub use options::HttpOptions;
pub use router::router;
pub use server::Server;
pub use subscriptions::{StreamOptions, Streams};

use std::sync::Arc;

use crate::{
    auth::JwtKeys, clock::Clock, graphql::Schema, service::accounts::Accounts, store::Database,
};

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    /// The schema with its services.
    pub schema: Schema,
    /// Reads tokens.
    pub keys: JwtKeys,
    /// Users and their tokens.
    pub accounts: Accounts,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The WebSockets and event streams that are open.
    pub streams: Streams,
    /// For readiness.
    pub db: Database,
    /// The bounds of a request.
    pub options: HttpOptions,
}
