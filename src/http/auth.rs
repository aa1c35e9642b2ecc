//! From the `Authorization` header to a viewer.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;

use super::{AppState, graphql::error_response};
use crate::{
    auth::TokenError,
    domain::{access_token, viewer::Viewer},
    graphql::code::{UNAUTHENTICATED, UNAVAILABLE},
    store::StoreError,
};

/// The viewer of a request that has a valid bearer token.
pub(super) struct Authenticated(pub Viewer);

/// Nobody is let in.
pub(super) enum NotAuthenticated {
    /// No valid token: 401, and how to come by one.
    Unauthenticated(String),
    /// Whether the token is good cannot be told: 503.
    Unavailable,
}

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = NotAuthenticated;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, NotAuthenticated> {
        let token = bearer(parts).ok_or_else(|| {
            NotAuthenticated::Unauthenticated(
                "a token is needed: send the header `Authorization: Bearer <token>`".to_owned(),
            )
        })?;
        viewer(state, token).await.map(Self)
    }
}

/// Who holds `token`: one of ours that can end at any time, or one that is good by itself.
async fn viewer(state: &AppState, token: &str) -> Result<Viewer, NotAuthenticated> {
    if token.starts_with(access_token::PREFIX) {
        let holder = state
            .accounts
            .holder_of_token(&SecretString::from(token))
            .await?;
        return holder.ok_or_else(|| TokenError::Invalid.into());
    }
    let verified = state.keys.verify(token)?;
    let Some(session) = verified.session else {
        return Ok(verified.viewer);
    };
    let holder = state
        .accounts
        .holder_of_session(session, &verified.viewer)
        .await?;
    holder.ok_or_else(|| TokenError::Revoked.into())
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

impl From<TokenError> for NotAuthenticated {
    fn from(error: TokenError) -> Self {
        tracing::info!(reason = %error, "a token was refused");
        Self::Unauthenticated(error.to_string())
    }
}

impl From<StoreError> for NotAuthenticated {
    fn from(error: StoreError) -> Self {
        tracing::error!(?error, "a token could not be looked up");
        Self::Unavailable
    }
}

impl IntoResponse for NotAuthenticated {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthenticated(message) => {
                let challenge = [(header::WWW_AUTHENTICATE, r#"Bearer realm="dialgraph""#)];
                let body = error_response(StatusCode::UNAUTHORIZED, UNAUTHENTICATED, &message);
                (challenge, body).into_response()
            }
            Self::Unavailable => error_response(
                StatusCode::SERVICE_UNAVAILABLE,
                UNAVAILABLE,
                "the database cannot be reached at the moment; try again",
            ),
        }
    }
}
