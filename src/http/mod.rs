//! HTTP: connections, routes and layers, who asks, and what comes back.

mod auth;
mod client;
mod error;
mod extraction;
mod given_once;
mod graphiql;
mod graphql;
mod health;
mod large;
mod media_type;
mod metrics;
mod options;
mod request;
mod router;
mod server;
mod subscriptions;
mod token;
mod unread;
mod webhooks;

pub use graphiql::GraphiQl;
pub use large::LargeRequests;
pub use options::HttpOptions;
pub use router::router;
pub use server::Server;
pub use subscriptions::{StreamOptions, Streams};
pub use webhooks::Webhooks;

use std::{ops::Deref, sync::Arc};

use crate::{
    auth::JwtKeys,
    clock::Clock,
    graphql::Schema,
    metrics::Metrics,
    service::{accounts::Accounts, observed::Observer, readiness::Readiness},
    store::Database,
};

/// What handlers share. Clones are the same: each request has one, and each stream several.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// The parts of it.
pub struct Shared {
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
    /// What is counted.
    pub metrics: Metrics,
    /// Reads what the database says of synchronisation, for the metrics.
    pub observed: Observer,
    /// For readiness: the schema, and whether it takes writes.
    pub db: Database,
    /// The same.
    pub readiness: Readiness,
    /// Where the platform pushes to; nowhere without a secret.
    pub webhooks: Option<Webhooks>,
    /// How many large requests are read at a time.
    pub large: LargeRequests,
    /// The bounds of a request.
    pub options: HttpOptions,
}

impl From<Shared> for AppState {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
