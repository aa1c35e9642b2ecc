//! From the `Authorization` header to a viewer.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{AppState, graphql::error_response};
use crate::{domain::viewer::Viewer, graphql::code::UNAUTHENTICATED};

/// The viewer of a request that has a valid bearer token.
pub(super) struct Authenticated(pub Viewer);

/// No valid token: 401, and how to come by one.
pub(super) struct Unauthenticated(String);

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = Unauthenticated;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Unauthenticated> {
        let token = bearer(parts).ok_or_else(|| {
            Unauthenticated(
                "a token is needed: send the header `Authorization: Bearer <token>`".to_owned(),
            )
        })?;
        state.keys.verify(token).map(Self).map_err(|error| {
            tracing::info!(reason = %error, "a token was refused");
            Unauthenticated(error.to_string())
        })
    }
}

/// The token of `Authorization: Bearer …`; the scheme in any case (RFC 9110, 11.1).
fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts
        .headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl IntoResponse for Unauthenticated {
    fn into_response(self) -> Response {
        let challenge = [(header::WWW_AUTHENTICATE, r#"Bearer realm="dialgraph""#)];
        let body = error_response(StatusCode::UNAUTHORIZED, UNAUTHENTICATED, &self.0);
        (challenge, body).into_response()
    }
}
