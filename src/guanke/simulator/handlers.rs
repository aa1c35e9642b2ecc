//! The endpoints.

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::NaiveDate;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::faults::{Asked, FaultKind};
use super::{Simulator, pages, statistics};

pub(super) type Parameters = HashMap<String, String>;

const HTML: &str = "<html><body><h1>502 Bad Gateway</h1></body></html>";

pub(super) fn router(simulator: Simulator) -> Router {
    Router::new()
        .route("/token", get(log_in))
        .route("/token/secret", get(log_in_by_secret))
        .route("/call_record/getCallRecord", get(pages::call_record))
        .route("/task/cdr/all2", get(pages::task_cdr))
        .route("/extension/agent/stat", post(stat))
        .with_state(simulator)
}

/// An answer of HTTP 200, before a fault strikes it.
pub(super) struct Answer(pub(super) String);

impl Answer {
    fn data(data: &Value) -> Self {
        Self(json!({"code": 200, "message": "OK", "data": data}).to_string())
    }

    pub(super) fn failure(code: i64, message: &str) -> Self {
        Self(json!({"code": code, "message": message, "data": null}).to_string())
    }
}

async fn log_in(
    State(simulator): State<Simulator>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let config = &simulator.inner.config;
    let known = is(&parameters, "username", &config.username)
        && is(&parameters, "password", config.password.expose_secret());
    logged_in(&simulator, known).await
}

async fn log_in_by_secret(
    State(simulator): State<Simulator>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let secret = simulator.inner.config.secret.expose_secret();
    let known = is(&parameters, "secret", secret);
    logged_in(&simulator, known).await
}

async fn logged_in(simulator: &Simulator, known: bool) -> Response {
    tokio::time::sleep(simulator.inner.config.login_latency).await;
    answered(simulator, Asked::Login, || token(simulator, known)).await
}

fn is(parameters: &Parameters, name: &str, value: &str) -> bool {
    parameters.get(name).is_some_and(|given| given == value)
}

fn token(simulator: &Simulator, known: bool) -> Answer {
    let now = simulator.now();
    if known {
        let revokes = simulator.inner.config.login_revokes;
        let token = simulator.with(|state| state.give_token(now, revokes));
        Answer::data(&json!({ "token": token }))
    } else {
        simulator.with(|state| state.counts.refused_logins += 1);
        Answer::failure(401, "用户名或密码错误")
    }
}

async fn stat(State(simulator): State<Simulator>, headers: HeaderMap, body: Bytes) -> Response {
    simulator.with(|state| state.counts.statistics += 1);
    answered(&simulator, Asked::Statistics, || {
        if !is_authorised(&simulator, &headers) {
            return Answer::failure(401, "token失效，请重新登录");
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let day = |name: &str| body.get(name)?.as_str()?.parse::<NaiveDate>().ok();
        let query_type = body.get("query_type").and_then(Value::as_i64);
        match (day("start_time"), day("end_time"), query_type) {
            (Some(from), Some(to), Some(query_type)) => {
                Answer::data(&statistics::data(&simulator, from, to, query_type))
            }
            _ => Answer::failure(400, "参数错误"),
        }
    })
    .await
}

/// The token comes bare, without `Bearer`.
pub(super) fn is_authorised(simulator: &Simulator, headers: &HeaderMap) -> bool {
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let now = simulator.now();
    simulator.with(|state| state.accepts(token, &simulator.inner.config, now))
}

/// Draws the fault that strikes what is asked.
pub(super) fn struck(simulator: &Simulator, asked: Asked) -> Option<FaultKind> {
    simulator.with(|state| {
        let fault = state.faults.strike(asked);
        state.counts.faults += u64::from(fault.is_some());
        if fault == Some(FaultKind::TokensRevoked) {
            state.revoke_tokens();
        }
        fault
    })
}

async fn answered(
    simulator: &Simulator,
    asked: Asked,
    answer: impl FnOnce() -> Answer,
) -> Response {
    let fault = struck(simulator, asked);
    sent(fault.as_ref(), answer).await
}

/// The answer, or what a fault makes of it.
pub(super) async fn sent(fault: Option<&FaultKind>, answer: impl FnOnce() -> Answer) -> Response {
    match fault {
        None | Some(FaultKind::Distorted(_) | FaultKind::TokensRevoked) => as_json(answer().0),
        Some(FaultKind::HttpStatus(status)) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, as_html()).into_response()
        }
        Some(FaultKind::Code(code)) => as_json(Answer::failure(*code, "系统繁忙").0),
        Some(FaultKind::Html) => as_html(),
        Some(FaultKind::Truncated) => as_json(first_half(answer().0)),
        Some(FaultKind::Hang(pause)) => {
            tokio::time::sleep(*pause).await;
            as_json(answer().0)
        }
        Some(FaultKind::TooManyRequests { retry_after }) => {
            let headers = [(RETRY_AFTER, HeaderValue::from(*retry_after))];
            (StatusCode::TOO_MANY_REQUESTS, headers, as_html()).into_response()
        }
    }
}

fn first_half(mut body: String) -> String {
    let half = (0..=body.len() / 2).rfind(|&at| body.is_char_boundary(at));
    body.truncate(half.unwrap_or_default());
    body
}

fn as_json(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json;charset=UTF-8")], body).into_response()
}

fn as_html() -> Response {
    ([(CONTENT_TYPE, "text/html")], HTML).into_response()
}
