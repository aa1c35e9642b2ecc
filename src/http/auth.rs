//! From the `Authorization` header to a viewer.

use axum::{
    extract::{FromRequestParts, Query},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{AppState, error::refusal};
use crate::domain::viewer::Viewer;

/// The viewer of a request that has a valid bearer token.
pub(super) struct Authenticated(pub Viewer);

/// No valid token, and how to come by one: 401, or 400 for one in the URL (RFC 6750, 3.1).
pub(super) struct Unauthenticated(StatusCode, String);

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = Unauthenticated;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Unauthenticated> {
        if has_token_in_url(parts) {
            return Err(Unauthenticated(
                StatusCode::BAD_REQUEST,
                "a URL ends up in logs, so no token is taken from it: send the header `Authorization: Bearer <token>`, and make a new token"
                    .to_owned(),
            ));
        }
        let token = bearer(parts).ok_or_else(|| {
            Unauthenticated(
                StatusCode::UNAUTHORIZED,
                "a token is needed: send the header `Authorization: Bearer <token>`".to_owned(),
            )
        })?;
        state.keys.verify(token).map(Self).map_err(|error| {
            tracing::info!(reason = %error, "a token was refused");
            Unauthenticated(StatusCode::UNAUTHORIZED, error.to_string())
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

/// Whether the query string has a parameter `access_token` (RFC 6750, 2.3).
fn has_token_in_url(parts: &Parts) -> bool {
    parts.uri.query().is_some()
        && Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).is_ok_and(
            |Query(parameters)| parameters.iter().any(|(name, _)| name == "access_token"),
        )
}

impl IntoResponse for Unauthenticated {
    fn into_response(self) -> Response {
        let challenge = [(header::WWW_AUTHENTICATE, r#"Bearer realm="dialgraph""#)];
        (challenge, refusal(self.0, &self.1)).into_response()
    }
}
