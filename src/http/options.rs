//! The bounds of requests and connections, and who may ask from a web page.

use std::time::Duration;

use axum::http::HeaderValue;
use secrecy::SecretString;

use super::{GraphiQl, StreamOptions};
use crate::graphql::{Limits, SchemaOptions};

/// Bounds of requests and connections.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// How long a request may take.
    pub request_timeout: Duration,
    /// How many bytes its body may have.
    pub body_limit: usize,
    /// How many of our own proxies a request comes through, each of which adds the address that it
    /// sees to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// How long the sender of a body may pause.
    pub body_timeout: Duration,
    /// How long a connection may be open without a request at work. One whose head has not come
    /// completely is none yet.
    pub idle_timeout: Duration,
    /// Origins whose pages may ask, such as `https://app.example.com`; none by default.
    pub allowed_origins: Vec<HeaderValue>,
    /// What a request may ask for.
    pub limits: Limits,
    /// Bounds of WebSockets and event streams.
    pub streams: StreamOptions,
    /// What of the schema is open.
    pub schema: SchemaOptions,
    /// The page to try queries in.
    pub graphiql: GraphiQl,
    /// Who has it may read the metrics, besides administrators.
    pub metrics_token: Option<SecretString>,
    /// What the platform has to know to push to us; without it nothing is taken.
    pub webhook_secret: Option<SecretString>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(30),
            // 5,000 imported calls with some 3 kB each.
            body_limit: 16 * 1024 * 1024,
            trusted_proxies: 0,
            body_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            allowed_origins: Vec::new(),
            limits: Limits::default(),
            streams: StreamOptions::default(),
            schema: SchemaOptions::default(),
            graphiql: GraphiQl::default(),
            metrics_token: None,
            webhook_secret: None,
        }
    }
}
