//! `POST /webhooks/guanke/{cdr|form}`: what the platform pushes. It tells its answers apart by the
//! status and by `code`, as its own answers do, and sends again what was not answered with 200.

use std::sync::Arc;

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::AppState;
use crate::{
    domain::pushed_call::PushKind,
    service::push::{PushError, Pushes},
    store::StoreError,
    telemetry::with_sources,
};

/// Most bytes of a push.
pub(super) const BODY_LIMIT: usize = 1024 * 1024;

const SECRET_HEADER: &str = "x-webhook-secret";
const SECRET_PARAMETER: &str = "secret";

/// Where pushes go, for those who know the secret.
#[derive(Clone)]
pub struct Webhooks {
    secret: Arc<SecretString>,
    pushes: Pushes,
}

impl Webhooks {
    /// Takes pushes in for whoever knows `secret`.
    #[must_use]
    pub fn new(secret: SecretString, pushes: Pushes) -> Self {
        Self {
            secret: Arc::new(secret),
            pushes,
        }
    }

    /// The one place that decides who may push: whoever gives the secret, in the header or, where
    /// there is no such header, in the query string.
    fn lets_in(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let header = headers
            .get(SECRET_HEADER)
            .map(axum::http::HeaderValue::as_bytes);
        let parameter = || {
            let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
            let mut secrets = parameters.into_iter();
            let (_, secret) = secrets.find(|(name, _)| name == SECRET_PARAMETER)?;
            Some(SecretString::from(secret))
        };
        match header {
            Some(given) => self.is_secret(given),
            None => {
                parameter().is_some_and(|given| self.is_secret(given.expose_secret().as_bytes()))
            }
        }
    }

    /// Takes as long for a wrong secret as for the right one: digests have one length.
    fn is_secret(&self, given: &[u8]) -> bool {
        let own = digest(&SHA256, self.secret.expose_secret().as_bytes());
        verify_slices_are_equal(own.as_ref(), digest(&SHA256, given).as_ref()).is_ok()
    }
}

/// Takes a push in: 200 once all of it is committed.
pub(super) async fn push(
    State(state): State<AppState>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let kind = kind.parse().ok().filter(|kind: &PushKind| kind.is_pushed());
    let (Some(webhooks), Some(kind)) = (&state.webhooks, kind) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let length = body.as_ref().map_or(0, Bytes::len);
    let taken = Box::pin(take(webhooks, kind, &headers, &uri, body));
    let answer = state.large.read(length, taken).await;
    let is_misdated = answer.extensions().get::<Misdated>().is_some();
    let result = if is_misdated {
        "in_future"
    } else {
        result(answer.status())
    };
    state.metrics.push_received(word(kind), result);
    answer
}

/// An answer to a push that was taken in with calls that are dated in the future.
#[derive(Clone, Copy)]
struct Misdated;

const fn word(kind: PushKind) -> &'static str {
    match kind {
        PushKind::Cdr => "cdr",
        PushKind::Form => "form",
        PushKind::Import => "import",
    }
}

/// What became of a push, in one word, to be counted by.
const fn result(status: StatusCode) -> &'static str {
    match status {
        StatusCode::OK => "accepted",
        StatusCode::UNAUTHORIZED => "unauthorised",
        StatusCode::SERVICE_UNAVAILABLE => "failed",
        _ => "unusable",
    }
}

async fn take(
    webhooks: &Webhooks,
    kind: PushKind,
    headers: &HeaderMap,
    uri: &Uri,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if !webhooks.lets_in(headers, uri) {
        tracing::warn!("a push without the secret was refused");
        let message = "the secret is wrong or missing: send the header X-Webhook-Secret";
        return answer(StatusCode::UNAUTHORIZED, message);
    }
    let body = match body {
        Ok(body) => body,
        Err(error) => return unreadable(&error),
    };
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    match webhooks.pushes.take(kind, content_type, &body).await {
        Ok(taken) => {
            tracing::debug!(%kind, taken.calls, "a push was taken in");
            let mut taken_in = answer(StatusCode::OK, "OK");
            if taken.in_future > 0 {
                taken_in.extensions_mut().insert(Misdated);
            }
            taken_in
        }
        Err(PushError::Unusable(error)) => {
            tracing::warn!(%kind, %error, "a push cannot be used");
            answer(StatusCode::BAD_REQUEST, &error.to_string())
        }
        Err(PushError::Store(error @ StoreError::Busy { retry_after })) => {
            tracing::warn!(%kind, %error, "a push was refused");
            let message = "too many writes are waiting; send it again";
            let wait = retry_after.as_secs().max(1).to_string();
            let refused = answer(StatusCode::SERVICE_UNAVAILABLE, message);
            ([(header::RETRY_AFTER, wait)], refused).into_response()
        }
        Err(PushError::Store(error)) => {
            tracing::error!(%kind, error = with_sources(&error), "a push could not be stored");
            let message = "the push could not be stored at the moment; send it again";
            answer(StatusCode::SERVICE_UNAVAILABLE, message)
        }
    }
}

fn unreadable(error: &BytesRejection) -> Response {
    let status = error.status();
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("the body is too large: at most {BODY_LIMIT} bytes are taken");
            answer(status, &message)
        }
        _ => answer(StatusCode::BAD_REQUEST, "the body broke off before its end"),
    }
}

/// An answer as the platform gives its own.
fn answer(status: StatusCode, message: &str) -> Response {
    let body = json!({ "code": status.as_u16(), "message": message });
    (status, Json(body)).into_response()
}
