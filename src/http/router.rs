//! Routes, and the layers around them in a stated order.

use std::time::Duration;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, Request, StatusCode},
    response::Redirect,
    routing::{get, post},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

use super::{AppState, graphql, health, token};
use crate::graphql::Limits;

/// Bounds of a request.
#[derive(Debug, Clone, Copy)]
pub struct HttpOptions {
    /// How long a request may take.
    pub request_timeout: Duration,
    /// How many bytes its body may have.
    pub body_limit: usize,
    /// How many of our own proxies a request comes through, each of which adds the address that it
    /// sees to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// What it may ask for.
    pub limits: Limits,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(30),
            // 5,000 imported calls with some 3 kB each.
            body_limit: 16 * 1024 * 1024,
            trusted_proxies: 0,
            limits: Limits::default(),
        }
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The whole HTTP service.
pub fn router(state: AppState, options: HttpOptions) -> Router {
    // From the outside in: every answer has a request id, every request is logged under it, a panic
    // is an answer too, and time and size are bounded before a handler sees anything.
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            options.request_timeout,
        ));
    let form_limit = DefaultBodyLimit::max(token::BODY_LIMIT);
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/graphiql") }))
        .route("/graphiql", get(graphql::graphiql))
        .route("/graphql", get(graphql::get).post(graphql::post))
        .route("/api/v1/auth/token", post(token::token).layer(form_limit))
        .route("/api/v1/auth/revoke", post(token::revoke).layer(form_limit))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/api/health", get(health::ready))
        .layer(DefaultBodyLimit::max(options.body_limit))
        .layer(layers)
        .with_state(state)
}

/// Path only: a query string can hold personal data.
fn span<B>(request: &Request<B>) -> tracing::Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default();
    tracing::info_span!(
        "http.request",
        http.method = %request.method(),
        http.path = request.uri().path(),
        request.id = id,
    )
}
