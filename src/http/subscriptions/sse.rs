//! `/graphql/stream`: one operation a request, its answers as server-sent events, after the
//! "distinct connections mode" of
//! <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>.

use std::convert::Infallible;

use async_graphql::{Request, Response as Answer};
use axum::{
    body::Body,
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, Uri, header, request::Parts},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{FutureExt as _, Stream, StreamExt as _, future};
use secrecy::SecretString;
use tokio_util::task::AbortOnDropHandle;

use super::{
    credential::Credential,
    operation::{Outcome, outcomes},
    upgrade::crowded,
};
use crate::{
    domain::audit::Origin,
    http::{
        AppState,
        auth::{NotAuthenticated, token},
        client::RequestOrigin,
        error::refusal,
        graphql::{NotExecuted, linked, posted},
        media_type, request,
    },
};

/// A request for events, of whoever holds a valid token.
pub(in crate::http) struct Listener(Credential);

impl FromRequestParts<AppState> for Listener {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let token = token(parts).map_err(NotAuthenticated::into_response)?;
        let credential = Credential::check(state, SecretString::from(token)).await;
        if !media_type::takes_events(&parts.headers) {
            let message = "answers are text/event-stream here, and the header Accept does not take it; single answers are at /graphql";
            return Err(refusal(StatusCode::NOT_ACCEPTABLE, message));
        }
        Ok(Self(credential.map_err(NotAuthenticated::into_response)?))
    }
}

/// An operation in the URL. Only reads: a link must not change anything.
pub(in crate::http) async fn get(
    State(state): State<AppState>,
    listener: Listener,
    RequestOrigin(origin): RequestOrigin,
    uri: Uri,
) -> Response {
    match linked(&state, &uri).await {
        Ok(request) => listen(state, listener, request, origin),
        Err(refused) => *refused,
    }
}

/// An operation as JSON.
pub(in crate::http) async fn post(
    State(state): State<AppState>,
    listener: Listener,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let body = match posted(&state, &headers, body).await {
        Ok(body) => body,
        Err(refused) => return *refused,
    };
    let length = body.len();
    let request = state.large.read(length, request::from_body(body)).await;
    match request {
        Ok(request) => listen(state, listener, request, origin),
        Err(malformed) => malformed.into_response(),
    }
}

/// Answers as long as the operation goes on, the token is good, and the service is there.
fn listen(state: AppState, listener: Listener, request: Request, origin: Origin) -> Response {
    let Listener(credential) = listener;
    let viewer = credential.viewer().clone();
    let Some(place) = state.streams.open() else {
        return crowded();
    };
    let Some(counted) = state.streams.count(&viewer.account()) else {
        let message = "you have too many streams open: close one of them";
        return refusal(StatusCode::TOO_MANY_REQUESTS, message);
    };
    let events =
        outcomes(&state, request, viewer, origin).filter_map(async |outcome| event(&outcome));
    let stop = state.streams.stop().clone().cancelled_owned();
    let keep_alive = KeepAlive::new().interval(
        // Often enough for the connection not to be taken for an idle one.
        (state.options.streams.keep_alive).min(state.options.idle_timeout / 2),
    );
    // In a task of its own: this answer is polled only while the client takes it, and asking the
    // database is nothing to be left half-done.
    let ended = AbortOnDropHandle::new(tokio::spawn(credential.ended(state)));
    let over = future::select(ended, stop.boxed());
    let events = open_with(events.take_until(over), (place, counted));
    let headers = [
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // nginx passes events on at once then.
        ("x-accel-buffering", "no"),
    ];
    (headers, Sse::new(events).keep_alive(keep_alive)).into_response()
}

/// The stream, with what is to be held as long as it exists.
fn open_with<T>(
    events: impl Stream<Item = Event> + Send + 'static,
    held: T,
) -> impl Stream<Item = Result<Event, Infallible>> + Send
where
    T: Send + 'static,
{
    events.map(move |event| {
        let _held = &held;
        Ok(event)
    })
}

fn event(outcome: &Outcome) -> Option<Event> {
    let next = |data: serde_json::Result<String>| match data {
        Ok(data) => Some(Event::default().event("next").data(data)),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            None
        }
    };
    match outcome {
        Outcome::Next(answer) => next(serde_json::to_string(answer)),
        Outcome::Refused(Answer {
            errors, extensions, ..
        }) => next(serde_json::to_string(&NotExecuted { errors, extensions })),
        Outcome::Complete => Some(Event::default().event("complete").data("")),
    }
}
