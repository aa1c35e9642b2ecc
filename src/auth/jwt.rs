//! HS256 tokens, shared with the organisation's other services.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Clock,
    domain::viewer::{Role, Viewer},
};

/// Fewest bytes of a secret: as many as HS256 makes of it (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;
/// How far clocks may differ.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// The secret is too short to keep anybody out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must have at least {SHORTEST_SECRET} bytes; make one with: openssl rand -base64 48")]
pub struct InvalidSecret;

/// Why a token lets nobody in. What exactly was wrong is for the log, not for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// It names no role that is known.
    #[error("the token names no role; one of ADMIN, MANAGER, AGENT, ANALYST is needed")]
    NoRole,
    /// Wrong signature, wrong algorithm, missing claims, or no token at all.
    #[error("the token is not valid")]
    Invalid,
}

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
}

/// Makes and reads tokens.
#[derive(Clone)]
pub struct JwtKeys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for JwtKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("JwtKeys")
    }
}

impl JwtKeys {
    /// Keys of `secret`.
    ///
    /// # Errors
    /// [`InvalidSecret`] for one of fewer than 32 bytes.
    pub fn new(secret: &SecretString, clock: Arc<dyn Clock>) -> Result<Self, InvalidSecret> {
        let bytes = secret.expose_secret().as_bytes();
        if bytes.len() < SHORTEST_SECRET {
            return Err(InvalidSecret);
        }
        Ok(Self {
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
            clock,
        })
    }

    /// A token for `viewer`, good for `lifetime` from now.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if it cannot be signed.
    pub fn issue(&self, viewer: &Viewer, lifetime: TimeDelta) -> Result<String, TokenError> {
        let now = self.clock.now();
        let claims = Claims {
            sub: viewer.subject.clone(),
            role: Some(viewer.role.to_string()),
            exp: (now + lifetime).timestamp(),
            nbf: None,
            iat: Some(now.timestamp()),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|_| TokenError::Invalid)
    }

    /// Who holds `token`.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(&self, token: &str) -> Result<Viewer, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        // Times are checked below, by the injected clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["exp", "sub"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => TokenError::Expired,
                _ => TokenError::Invalid,
            })?
            .claims;
        let now = self.clock.now();
        if instant(claims.exp)? + LEEWAY <= now {
            return Err(TokenError::Expired);
        }
        if let Some(nbf) = claims.nbf
            && now < instant(nbf)? - LEEWAY
        {
            return Err(TokenError::NotYetValid);
        }
        let role = claims
            .role
            .and_then(|role| role.parse::<Role>().ok())
            .ok_or(TokenError::NoRole)?;
        Ok(Viewer {
            subject: claims.sub,
            role,
        })
    }
}

fn instant(seconds: i64) -> Result<DateTime<Utc>, TokenError> {
    DateTime::from_timestamp(seconds, 0)
        .filter(|instant| instant.timestamp().abs() < i64::from(u32::MAX) * 100)
        .ok_or(TokenError::Invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn keys(now: &str) -> (Arc<ManualClock>, JwtKeys) {
        let clock = Arc::new(ManualClock::new(now.parse().unwrap()));
        let keys = JwtKeys::new(&SECRET.into(), clock.clone()).unwrap();
        (clock, keys)
    }

    fn admin() -> Viewer {
        Viewer {
            subject: "li".to_owned(),
            role: Role::Admin,
        }
    }

    #[test]
    fn a_token_is_good_until_it_expires_and_a_minute_longer() {
        let (clock, keys) = keys("2026-11-20T00:00:00Z");
        let token = keys.issue(&admin(), TimeDelta::hours(24)).unwrap();
        assert_eq!(keys.verify(&token), Ok(admin()));
        clock.set("2026-11-21T00:00:59Z".parse().unwrap());
        assert_eq!(keys.verify(&token), Ok(admin()));
        clock.set("2026-11-21T00:01:00Z".parse().unwrap());
        assert_eq!(keys.verify(&token), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_of_another_secret_or_algorithm_or_without_a_role_is_refused() {
        let (_, keys) = keys("2026-11-20T00:00:00Z");
        let sign = |header: Header, secret: &[u8], claims: serde_json::Value| {
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap()
        };
        let exp = 1_900_000_000;
        let hs256 = || Header::new(Algorithm::HS256);
        let with_role = serde_json::json!({"sub": "li", "role": "admin", "exp": exp});
        let token = sign(hs256(), SECRET.as_bytes(), with_role.clone());
        assert_eq!(keys.verify(&token), Ok(admin()));
        for (token, error) in [
            (
                sign(
                    hs256(),
                    b"another secret of thirty-two byt",
                    with_role.clone(),
                ),
                TokenError::Invalid,
            ),
            (
                sign(Header::new(Algorithm::HS384), SECRET.as_bytes(), with_role),
                TokenError::Invalid,
            ),
            (
                sign(
                    hs256(),
                    SECRET.as_bytes(),
                    serde_json::json!({"sub": "li", "exp": exp}),
                ),
                TokenError::NoRole,
            ),
            (
                sign(
                    hs256(),
                    SECRET.as_bytes(),
                    serde_json::json!({"sub": "li", "role": "root", "exp": exp}),
                ),
                TokenError::NoRole,
            ),
            (
                sign(
                    hs256(),
                    SECRET.as_bytes(),
                    serde_json::json!({"sub": "li", "role": "admin"}),
                ),
                TokenError::Invalid,
            ),
            (
                sign(
                    hs256(),
                    SECRET.as_bytes(),
                    serde_json::json!({"sub": "li", "role": "admin", "exp": exp, "nbf": exp}),
                ),
                TokenError::NotYetValid,
            ),
            ("no.token.atall".to_owned(), TokenError::Invalid),
        ] {
            assert_eq!(keys.verify(&token), Err(error));
        }
    }

    #[test]
    fn a_short_secret_is_refused() {
        let clock = Arc::new(ManualClock::new(DateTime::default()));
        assert!(matches!(
            JwtKeys::new(&"secret".into(), clock),
            Err(InvalidSecret)
        ));
    }
}
