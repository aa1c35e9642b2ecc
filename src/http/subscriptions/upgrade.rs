//! `GET /graphql/ws`: from a request to a WebSocket.

use axum::{
    extract::{
        State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;

use super::{message::PROTOCOL, origin::may_connect, socket::Socket, streams::Crowded};
use crate::http::{
    AppState,
    auth::{NotAuthenticated, bearer, has_token_in_url},
    client::RequestOrigin,
    error::{refusal, unavailable},
};

/// Bytes that are read of a socket at once: ten thousand of them are open at a time, and most messages
/// are short.
const BUFFER: usize = 1024;
/// A message that is a little too long is read to its end, so that the client hears why it is
/// refused; one that is much too long is not.
const READ_ANYWAY: usize = 4;

/// Opens a WebSocket.
pub(in crate::http) async fn upgrade(
    State(state): State<AppState>,
    RequestOrigin(origin): RequestOrigin,
    parts: Parts,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if has_token_in_url(&parts) {
        return NotAuthenticated::TokenInUrl.into_response();
    }
    if !may_connect(&parts.headers, &state.options.allowed_origins) {
        let message =
            "pages of this origin may not connect: CORS_ALLOW_ORIGINS names those that may";
        return refusal(StatusCode::FORBIDDEN, message);
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(error) => return not_a_socket(&error),
    };
    let limits = &state.options.streams;
    let place = match state.streams.open_unknown(origin.address()) {
        Ok(place) => place,
        Err(crowded) => return no_room(crowded, limits.most_unknown_an_address),
    };
    let limit = limits.message_limit;
    let token = bearer(&parts).map(SecretString::from);
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(limit.saturating_mul(READ_ANYWAY))
        .max_frame_size(limit.saturating_mul(READ_ANYWAY))
        .on_upgrade(|socket| Socket::new(socket, state, origin, place).serve(token))
}

fn not_a_socket(error: &WebSocketUpgradeRejection) -> Response {
    let message = format!("a WebSocket is opened here, and this request opens none: {error}");
    let upgrade = [
        (header::UPGRADE, "websocket"),
        (header::CONNECTION, "upgrade"),
    ];
    (upgrade, refusal(StatusCode::UPGRADE_REQUIRED, &message)).into_response()
}

/// There is no room for one more.
pub(super) fn crowded() -> Response {
    no_room(Crowded::Everywhere, 0)
}

/// There is no room for one more, of which a network has `share` before its clients say who they are.
fn no_room(crowded: Crowded, share: usize) -> Response {
    let message = match crowded {
        Crowded::Everywhere => "too many streams are open: try again later".to_owned(),
        Crowded::Network => format!(
            "your network has {share} WebSockets open whose clients have not sent a connection_init that was accepted, \
             and may have no more of them: try again later"
        ),
    };
    ([(header::RETRY_AFTER, "30")], unavailable(&message)).into_response()
}
