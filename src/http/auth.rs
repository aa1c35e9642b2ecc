//! From the `Authorization` header to a viewer.

use axum::{
    extract::{FromRequestParts, Query},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{
    AppState,
    error::{refusal, unavailable},
};
use crate::{
    auth::TokenError,
    domain::{access::Access, access_token, viewer::Viewer},
    store::StoreError,
    telemetry::with_sources,
};

/// The viewer of a request that has a valid bearer token.
pub(super) struct Authenticated(pub Viewer);

/// Nobody is let in.
pub(super) enum NotAuthenticated {
    /// No valid token: 401, and how to come by one.
    Unauthenticated(String),
    /// A token in the URL: 400 (RFC 6750, 3.1).
    TokenInUrl,
    /// Whether the token is good cannot be told, for this reason: 503.
    Unavailable(String),
}

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = NotAuthenticated;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, NotAuthenticated> {
        let holder = holder(state, token(parts)?).await?;
        Ok(Self(holder.viewer))
    }
}

/// The token of a request, which must be where it belongs.
pub(super) fn token(parts: &Parts) -> Result<&str, NotAuthenticated> {
    if has_token_in_url(parts) {
        return Err(NotAuthenticated::TokenInUrl);
    }
    bearer(parts).ok_or_else(|| {
        NotAuthenticated::Unauthenticated(
            "a token is needed: send the header `Authorization: Bearer <token>`".to_owned(),
        )
    })
}

/// Who holds a token, and until when.
pub(super) struct Holder {
    /// Who.
    pub viewer: Viewer,
    /// When the token ends by itself, if it does.
    pub ends_at: Option<DateTime<Utc>>,
    /// What ends it before, or changes what it lets do, when it is changed.
    pub depends_on: Vec<Access>,
}

/// Who holds `token`: one of ours that can end at any time, or one that is good by itself.
pub(super) async fn holder(state: &AppState, token: &str) -> Result<Holder, NotAuthenticated> {
    if token.starts_with(access_token::PREFIX) {
        let holder = state
            .accounts
            .holder_of_token(&SecretString::from(token))
            .await?;
        let holder = holder.ok_or(TokenError::Invalid)?;
        return Ok(Holder {
            depends_on: holder.depends_on(),
            viewer: holder.viewer,
            ends_at: holder.expires_at,
        });
    }
    let verified = state.keys.verify(token).await?;
    let ends_at = Some(verified.ends_at);
    let Some(session) = verified.session else {
        return Ok(Holder {
            viewer: verified.viewer,
            ends_at,
            depends_on: Vec::new(),
        });
    };
    let holder = state
        .accounts
        .holder_of_session(session, &verified.viewer)
        .await?;
    let viewer = holder.ok_or(TokenError::Revoked)?;
    let user = viewer.user_id().map(Access::User);
    Ok(Holder {
        depends_on: [Access::Session(session)].into_iter().chain(user).collect(),
        viewer,
        ends_at,
    })
}

/// The token of `Authorization: Bearer …`; the scheme in any case (RFC 9110, 11.1).
pub(super) fn bearer(parts: &Parts) -> Option<&str> {
    credentials(parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?)
}

/// The token of `Bearer …`.
pub(super) fn credentials(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the query string has a parameter `access_token` (RFC 6750, 2.3).
pub(super) fn has_token_in_url(parts: &Parts) -> bool {
    parts.uri.query().is_some()
        && Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).is_ok_and(
            |Query(parameters)| parameters.iter().any(|(name, _)| name == "access_token"),
        )
}

impl From<TokenError> for NotAuthenticated {
    fn from(error: TokenError) -> Self {
        if error == TokenError::Unavailable {
            return Self::Unavailable(error.to_string());
        }
        tracing::info!(reason = %error, "a token was refused");
        Self::Unauthenticated(error.to_string())
    }
}

impl From<StoreError> for NotAuthenticated {
    fn from(error: StoreError) -> Self {
        tracing::error!(
            error = with_sources(&error),
            "a token could not be looked up"
        );
        Self::Unavailable("the database cannot be reached at the moment; try again".to_owned())
    }
}

impl IntoResponse for NotAuthenticated {
    fn into_response(self) -> Response {
        let (status, message) = match &self {
            Self::Unauthenticated(message) => (StatusCode::UNAUTHORIZED, message.as_str()),
            Self::TokenInUrl => (
                StatusCode::BAD_REQUEST,
                "a URL ends up in logs, so no token is taken from it: send the header `Authorization: Bearer <token>`, and make a new token",
            ),
            Self::Unavailable(message) => return unavailable(message),
        };
        let challenge = [(header::WWW_AUTHENTICATE, r#"Bearer realm="dialgraph""#)];
        (challenge, refusal(status, message)).into_response()
    }
}
