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

/// The database can be reached and has the schema of this program.
pub(super) async fn ready(State(state): State<AppState>) -> Response {
    let (status, database) = match schema::is_current(state.db.read()).await {
        Ok(true) => (StatusCode::OK, "ok"),
        Ok(false) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "not migrated: run `dialgraph migrate up`",
        ),
        Err(error) => {
            tracing::warn!(error = with_sources(&error), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not reachable")
        }
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
