//! Answers that say what is wrong: JSON in the form of GraphQL errors, whoever answers.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;
use serde_json::{Value, json};
use tower_http::{request_id::RequestId, timeout::TimeoutError};

use super::HttpOptions;
use crate::graphql::{
    OUR_FAULT,
    code::{
        BAD_USER_INPUT, FORBIDDEN, INTERNAL, RATE_LIMITED, TIMEOUT, UNAUTHENTICATED, UNAVAILABLE,
    },
};

/// Stable values of `extensions.code` that only HTTP has.
pub(super) mod code {
    /// There is nothing at this address.
    pub const NOT_FOUND: &str = "NOT_FOUND";
    /// The address does not know this method; the header `Allow` names those it knows.
    pub const METHOD_NOT_ALLOWED: &str = "METHOD_NOT_ALLOWED";
    /// The client takes no form of answer that there is.
    pub const NOT_ACCEPTABLE: &str = "NOT_ACCEPTABLE";
    /// The body is of a kind that is not read.
    pub const UNSUPPORTED_MEDIA_TYPE: &str = "UNSUPPORTED_MEDIA_TYPE";
    /// The body is too large.
    pub const PAYLOAD_TOO_LARGE: &str = "PAYLOAD_TOO_LARGE";
}

/// The code that belongs to a status. 503 without a body of its own is that of a time that is over.
fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => UNAUTHENTICATED,
        StatusCode::FORBIDDEN => FORBIDDEN,
        StatusCode::NOT_FOUND => code::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED => code::METHOD_NOT_ALLOWED,
        StatusCode::NOT_ACCEPTABLE => code::NOT_ACCEPTABLE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => code::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::PAYLOAD_TOO_LARGE => code::PAYLOAD_TOO_LARGE,
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS => RATE_LIMITED,
        status if status.is_server_error() => INTERNAL,
        _ => BAD_USER_INPUT,
    }
}

/// An answer of the form that GraphQL clients read, for what never became a GraphQL request.
pub(super) fn refusal(status: StatusCode, message: &str) -> Response {
    coded(status, code_of(status), message)
}

/// The answer while something that is needed cannot be reached: 503, as for a request that took too
/// long, but another code.
pub(super) fn unavailable(message: &str) -> Response {
    coded(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE, message)
}

fn coded(status: StatusCode, code: &str, message: &str) -> Response {
    let extensions = json!({ "code": code });
    (status, axum::Json(errors(message, &extensions))).into_response()
}

fn errors(message: &str, extensions: &Value) -> Value {
    json!({ "errors": [{ "message": message, "extensions": extensions }] })
}

/// Why a body could not be read: it is longer than the limit, paused for too long, or broke off.
pub(super) fn unreadable_body(error: &axum::Error, options: &HttpOptions) -> Response {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return bare(StatusCode::PAYLOAD_TOO_LARGE, options);
        }
        if error.is::<TimeoutError>() {
            return bare(StatusCode::REQUEST_TIMEOUT, options);
        }
        cause = error.source();
    }
    refusal(StatusCode::BAD_REQUEST, "the body broke off before its end")
}

fn bare(status: StatusCode, options: &HttpOptions) -> Response {
    refusal(status, &message_of(status, options))
}

/// What is said where a layer or the router has nothing to say but a status.
fn message_of(status: StatusCode, options: &HttpOptions) -> String {
    match status {
        StatusCode::NOT_FOUND => "there is nothing here; GraphQL is at /graphql".to_owned(),
        StatusCode::METHOD_NOT_ALLOWED => {
            "this address does not take this method; the header Allow names those it takes"
                .to_owned()
        }
        StatusCode::PAYLOAD_TOO_LARGE => format!(
            "the body is too large: at most {} bytes are taken",
            options.body_limit
        ),
        StatusCode::REQUEST_TIMEOUT => format!(
            "the rest of the body did not come: a pause may last {} at most",
            humantime::format_duration(options.body_timeout)
        ),
        StatusCode::SERVICE_UNAVAILABLE => format!(
            "the request took longer than {}: ask for less, or try again",
            humantime::format_duration(options.request_timeout)
        ),
        status if status.is_server_error() => OUR_FAULT.to_owned(),
        status => status
            .canonical_reason()
            .unwrap_or("the request cannot be answered")
            .to_lowercase(),
    }
}

/// Gives every error that is no JSON yet (an unknown address, a wrong method, a panic, a time that
/// is over) a body that is.
pub(super) async fn as_json(
    State(options): State<HttpOptions>,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || is_json(&response) {
        return response;
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        tracing::warn!(limit = ?options.request_timeout, "a request took too long");
    }
    let mut extensions = json!({ "code": code_of(status) });
    if let Some(Ok(id)) = id.as_ref().map(|id| id.header_value().to_str())
        && status.is_server_error()
    {
        extensions["requestId"] = id.into();
    }
    let body = errors(&message_of(status, &options), &extensions).to_string();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let json = HeaderValue::from_static("application/json");
    parts.headers.insert(header::CONTENT_TYPE, json);
    Response::from_parts(parts, Body::from(body))
}

fn is_json(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("json"))
}
