//! `POST /api/v1/auth/token` and `/api/v1/auth/revoke`: signing in, going on and signing out, in the
//! form of OAuth 2 (RFC 6749, 6750 and 7009) for programs that speak it.

use std::borrow::Cow;

use axum::{
    Form, Json,
    body::{Body, Bytes},
    extract::{FromRequest, Request, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use percent_encoding::percent_decode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{AppState, client::RequestOrigin};
use crate::{
    clock::whole_seconds,
    domain::{access_token, fields::given, text},
    service::{
        access_tokens,
        sign_in::{SignInError, SignedIn},
    },
    store::{StoreError, Trouble},
    telemetry::with_sources,
};

/// Most bytes of a form: a name and a password, with room to spare.
pub(super) const BODY_LIMIT: usize = 16 * 1024;

/// What asks for a token. Fields that are not known are left alone, and those without a value count
/// as left out (RFC 6749, 3.2).
#[derive(Deserialize)]
pub(super) struct TokenForm {
    grant_type: Option<String>,
    username: Option<String>,
    password: Option<String>,
    refresh_token: Option<String>,
}

/// What gives a token back.
#[derive(Deserialize)]
pub(super) struct RevokeForm {
    token: Option<String>,
}

/// A form whose fields are texts. Bytes that are none would be read as one and the same character, and
/// two passwords as one.
pub(super) struct TextForm<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for TextForm<T> {
    type Rejection = OAuthError;

    async fn from_request(request: Request, state: &S) -> Result<Self, OAuthError> {
        let (parts, body) = request.into_parts();
        let limited = Request::from_parts(parts.clone(), body);
        let body = Bytes::from_request(limited, state).await;
        let body = body.map_err(|_| OAuthError::NO_FORM)?;
        // What separates fields is a character of its own in UTF-8: the whole is a text if they are.
        let decoded = percent_decode(&body).decode_utf8();
        if !decoded.is_ok_and(|decoded| text::is_storable(&decoded)) {
            return Err(OAuthError::NO_TEXT);
        }
        let form = Request::from_parts(parts, Body::from(body));
        let Form(form) = Form::from_request(form, state)
            .await
            .map_err(|_| OAuthError::NO_FORM)?;
        Ok(Self(form))
    }
}

/// Why there is no token.
#[derive(Debug)]
pub(super) enum OAuthError {
    /// A field is missing, or twice there, or this is no form at all.
    InvalidRequest(&'static str),
    /// The name, the password or the token is not good.
    InvalidGrant,
    /// Something else is asked for than we give.
    UnsupportedGrantType,
    /// A token that only its own service can take back.
    UnsupportedTokenType(&'static str),
    /// Too many attempts.
    TooOften(TimeDelta),
    /// Our fault.
    Internal,
    /// The database cannot be reached.
    Unavailable,
    /// It takes no writes.
    Unwritable(Trouble),
}

/// Gives out tokens: for a name and a password, or for a refresh token.
pub(super) async fn token(
    State(state): State<AppState>,
    RequestOrigin(origin): RequestOrigin,
    TextForm(form): TextForm<TokenForm>,
) -> Result<Response, OAuthError> {
    let signed_in = match form.grant_type.and_then(given).as_deref() {
        Some("password") => {
            let (Some(name), Some(password)) =
                (form.username.and_then(given), form.password.and_then(given))
            else {
                let message = "username and password have to be given";
                return Err(OAuthError::InvalidRequest(message));
            };
            let password = password.into();
            state.accounts.sign_in(&name, &password, &origin).await?
        }
        Some("refresh_token") => {
            let Some(token) = form.refresh_token.and_then(given) else {
                let message = "refresh_token has to be given";
                return Err(OAuthError::InvalidRequest(message));
            };
            state.accounts.refresh(&token.into(), &origin).await?
        }
        Some(_) => return Err(OAuthError::UnsupportedGrantType),
        None => return Err(OAuthError::InvalidRequest("grant_type has to be given")),
    };
    answer(&state, &signed_in)
}

fn answer(state: &AppState, signed_in: &SignedIn) -> Result<Response, OAuthError> {
    let lifetime = state.accounts.access_lifetime();
    let token = state
        .keys
        .issue_for(&signed_in.viewer, signed_in.session, lifetime)
        .map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            OAuthError::Internal
        })?;
    let body = json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": lifetime.num_seconds(),
        "refresh_token": signed_in.refresh_token.expose_secret(),
    });
    Ok((NEVER_STORED, Json(body)).into_response())
}

/// Ends the session that a token belongs to, or an access token. A token that means nothing is as good
/// as ended (RFC 7009, 2.2).
pub(super) async fn revoke(
    State(state): State<AppState>,
    RequestOrigin(origin): RequestOrigin,
    TextForm(form): TextForm<RevokeForm>,
) -> Result<Response, OAuthError> {
    let Some(token) = form.token.and_then(given) else {
        return Err(OAuthError::InvalidRequest("token has to be given"));
    };
    let is_access_token = token.starts_with(access_token::PREFIX);
    let secret = SecretString::from(token);
    if is_access_token {
        access_tokens::give_back(&state.accounts, &secret, &origin).await?;
    } else if !state
        .accounts
        .revoke_refresh_token(&secret, &origin)
        .await?
        && let Ok(verified) = state.keys.verify(secret.expose_secret()).await
    {
        let Some(session) = verified.session else {
            let message = "this token was issued elsewhere, and ends when it expires";
            return Err(OAuthError::UnsupportedTokenType(message));
        };
        state.accounts.end_session(session, &origin).await?;
    }
    Ok((NEVER_STORED, StatusCode::OK).into_response())
}

/// Neither tokens nor why there is none may be kept on the way (RFC 6749, 5.1).
const NEVER_STORED: [(HeaderName, &str); 2] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::PRAGMA, "no-cache"),
];

impl OAuthError {
    const NO_FORM: Self = Self::InvalidRequest(
        "a form is wanted: Content-Type: application/x-www-form-urlencoded, at most 16 KiB, each field once",
    );

    const NO_TEXT: Self =
        Self::InvalidRequest("the fields have to be UTF-8, without the character U+0000");

    fn parts(&self) -> (StatusCode, &'static str, Cow<'static, str>) {
        if let Self::Unwritable(trouble) = self {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return (
                status,
                "temporarily_unavailable",
                trouble.to_string().into(),
            );
        }
        let (status, error, message) = self.fixed_parts();
        (status, error, message.into())
    }

    const fn fixed_parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest(message) => (StatusCode::BAD_REQUEST, "invalid_request", message),
            Self::InvalidGrant => (
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "the name or the password is wrong, or the token is not good any more",
            ),
            Self::UnsupportedGrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "grant_type is password or refresh_token",
            ),
            Self::UnsupportedTokenType(message) => {
                (StatusCode::BAD_REQUEST, "unsupported_token_type", message)
            }
            Self::TooOften(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                "too many attempts: wait as long as Retry-After says",
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "something went wrong on our side",
            ),
            Self::Unavailable | Self::Unwritable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "the database cannot be reached at the moment; try again",
            ),
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let (status, error, message) = self.parts();
        let body = Json(json!({ "error": error, "error_description": message }));
        let retry_after = match self {
            Self::TooOften(wait) => Some(whole_seconds(wait)),
            _ => None,
        };
        let retry_after = retry_after.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        (status, NEVER_STORED, retry_after, body).into_response()
    }
}

impl From<SignInError> for OAuthError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => Self::InvalidGrant,
            SignInError::TooOften(wait) => Self::TooOften(wait),
            SignInError::Hash(error) => {
                tracing::error!(%error, "nobody can sign in");
                Self::Internal
            }
            SignInError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        // Too many wait for a write at once: anybody can bring that about.
        if matches!(error, StoreError::Busy { .. }) {
            tracing::warn!(%error, "a sign-in was refused");
        } else {
            tracing::error!(error = with_sources(&error), "a sign-in failed");
        }
        match error {
            StoreError::Unavailable(_) => Self::Unavailable,
            StoreError::Unwritable { trouble, .. } => Self::Unwritable(trouble),
            StoreError::Busy { retry_after } => {
                Self::TooOften(TimeDelta::from_std(retry_after).unwrap_or_default())
            }
            _ => Self::Internal,
        }
    }
}
