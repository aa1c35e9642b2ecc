//! HS256 tokens, shared with the organisation's other services.

use std::sync::Arc;

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};

use super::claims::{ClaimRules, Claims, Verified};
use crate::{clock::Clock, domain::viewer::Viewer};

/// Fewest bytes of a secret: as many as HS256 makes of it (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

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
    /// It was issued by somebody else, or for somebody else.
    #[error("the token is not from the issuer that is trusted here, or not for this service")]
    OtherParty,
    /// It was taken back: its holder signed out, or may not come in any more.
    #[error("the token was revoked")]
    Revoked,
    /// Wrong signature, wrong algorithm, missing claims, or no token at all.
    #[error("the token is not valid")]
    Invalid,
}

/// Makes and reads tokens.
#[derive(Clone)]
pub struct JwtKeys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    rules: Arc<ClaimRules>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for JwtKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("JwtKeys")
    }
}

impl JwtKeys {
    /// Keys of `secret`, with the usual claims.
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
            rules: Arc::default(),
            clock,
        })
    }

    /// The same keys, for tokens whose claims follow `rules`.
    #[must_use]
    pub fn with_rules(self, rules: ClaimRules) -> Self {
        Self {
            rules: Arc::new(rules),
            ..self
        }
    }

    /// A token for `viewer`, good for `lifetime` from now.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if it cannot be signed.
    pub fn issue(&self, viewer: &Viewer, lifetime: TimeDelta) -> Result<String, TokenError> {
        self.sign(viewer, None, lifetime)
    }

    /// A token for `viewer`, a user of ours, good for `lifetime` from now or until `session` ends.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if it cannot be signed.
    pub fn issue_for(
        &self,
        viewer: &Viewer,
        session: i64,
        lifetime: TimeDelta,
    ) -> Result<String, TokenError> {
        self.sign(viewer, Some(session), lifetime)
    }

    fn sign(
        &self,
        viewer: &Viewer,
        session: Option<i64>,
        lifetime: TimeDelta,
    ) -> Result<String, TokenError> {
        let now = self.clock.now();
        let claims = self.rules.write(viewer, session, now, now + lifetime);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|_| TokenError::Invalid)
    }

    /// Who holds `token`.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(&self, token: &str) -> Result<Verified, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        // Claims are checked by our rules and the injected clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let token = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|_| TokenError::Invalid)?;
        // Something that has to be understood (RFC 7515, 4.1.11): we know of no such thing.
        if token.header.crit.is_some() {
            return Err(TokenError::Invalid);
        }
        self.rules.read(&token.claims, self.clock.now())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{clock::ManualClock, domain::viewer::Role};

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn keys(now: &str) -> (Arc<ManualClock>, JwtKeys) {
        let clock = Arc::new(ManualClock::new(now.parse().unwrap()));
        let keys = JwtKeys::new(&SECRET.into(), clock.clone()).unwrap();
        (clock, keys)
    }

    fn admin() -> Viewer {
        Viewer::named("li", Role::Admin)
    }

    fn holder(keys: &JwtKeys, token: &str) -> Result<Viewer, TokenError> {
        keys.verify(token).map(|verified| verified.viewer)
    }

    #[test]
    fn a_token_is_good_until_it_expires_and_a_minute_longer() {
        let (clock, keys) = keys("2026-11-20T00:00:00Z");
        let token = keys.issue(&admin(), TimeDelta::hours(24)).unwrap();
        assert_eq!(holder(&keys, &token), Ok(admin()));
        clock.set("2026-11-21T00:00:59Z".parse().unwrap());
        assert_eq!(holder(&keys, &token), Ok(admin()));
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
        assert_eq!(holder(&keys, &token), Ok(admin()));
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
            (
                sign(
                    Header {
                        crit: Some(vec!["x".to_owned()]),
                        ..hs256()
                    },
                    SECRET.as_bytes(),
                    serde_json::json!({"sub": "li", "role": "admin", "exp": exp}),
                ),
                TokenError::Invalid,
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
