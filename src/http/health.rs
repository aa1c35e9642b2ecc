//! Is the process alive; can it serve.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::AppState;
use crate::{store::schema, telemetry::with_sources};

/// The process runs.
pub(super) async fn alive() -> Json<serde_json::Value> {
    Json(json!({ "status": "ok" }))
}

/// The database can be reached, has the schema of this program, and takes writes.
pub(super) async fn ready(State(state): State<AppState>) -> Response {
    let trouble = match schema::is_current(state.db.read()).await {
        Ok(true) => state.readiness.trouble().await.map(|why| why.to_string()),
        Ok(false) => Some("not migrated: run `dialgraph migrate up`".to_owned()),
        Err(error) => {
            tracing::warn!(error = with_sources(&error), "not ready");
            Some("not reachable".to_owned())
        }
    };
    let (status, database) = match trouble {
        None => (StatusCode::OK, "ok".to_owned()),
        Some(trouble) => (StatusCode::SERVICE_UNAVAILABLE, trouble),
    };
    let summary = if status == StatusCode::OK {
        "ok"
    } else {
        "unavailable"
    };
    (
        status,
        Json(json!({ "status": summary, "database": database })),
    )
        .into_response()
}
