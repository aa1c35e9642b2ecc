//! `GET /metrics` for Prometheus, and counting requests for it.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use super::{
    AppState,
    auth::{self, NotAuthenticated},
    error::refusal,
};
use crate::{
    domain::viewer::Capability,
    metrics::{CONTENT_TYPE, Metrics},
};

/// What requests are counted under that no route answers.
const NOWHERE: &str = "none";

/// All metrics, for whoever has the token of the configuration or that of an administrator.
pub(super) async fn metrics(State(state): State<AppState>, parts: Parts) -> Response {
    if let Err(refused) = may_read(&state, &parts).await {
        return refused.into_response();
    }
    state.observed.refresh(&state.metrics).await;
    match state.metrics.text() {
        Ok(text) => {
            let headers = [
                (header::CONTENT_TYPE, CONTENT_TYPE),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the metrics could not be written",
            )
        }
    }
}

async fn may_read(state: &AppState, parts: &Parts) -> Result<(), NotAuthenticated> {
    let token = auth::token(parts)?;
    let own = state.options.metrics_token.as_ref();
    if own.is_some_and(|own| is_same(own, token)) {
        return Ok(());
    }
    let holder = auth::holder(state, token).await?;
    if holder.viewer.may(Capability::ReadMetrics) {
        return Ok(());
    }
    Err(NotAuthenticated::Unauthenticated(
        "metrics are for METRICS_TOKEN and for the role ADMIN".to_owned(),
    ))
}

fn is_same(own: &SecretString, given: &str) -> bool {
    verify_slices_are_equal(own.expose_secret().as_bytes(), given.as_bytes()).is_ok()
}

/// Counts a request by the route that answers it, whatever becomes of it.
pub(super) async fn count(
    State(metrics): State<Metrics>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let began = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or(NOWHERE, MatchedPath::as_str);
    metrics.http_request(route, response.status().as_u16(), began.elapsed());
    response
}
