//! Signed tokens (JWTs, RFC 7519): with our secret, which the organisation's other services share
//! (HS256), or with a key of which we have the public half (JWKS).

use std::sync::Arc;

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};

use super::{
    claims::{ClaimRules, Claims, Verified},
    public_keys::PublicKeys,
};
use crate::{
    clock::Clock,
    domain::{principal::Signer, viewer::Viewer},
};

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
    /// Whether it is good cannot be told, because no keys are there yet.
    #[error("the keys that tokens are checked with cannot be reached at the moment; try again")]
    Unavailable,
    /// Wrong signature, wrong algorithm, missing claims, or no token at all.
    #[error("the token is not valid")]
    Invalid,
}

/// Makes and reads tokens.
#[derive(Clone)]
pub struct JwtKeys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    public_keys: Option<PublicKeys>,
    rules: Arc<ClaimRules>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for JwtKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("JwtKeys")
    }
}

impl JwtKeys {
    /// Keys of `secret`, with the usual claims. Whether it is fit for that says
    /// [`check_secret`](super::check_secret).
    #[must_use]
    pub fn new(secret: &SecretString, clock: Arc<dyn Clock>) -> Self {
        let bytes = secret.expose_secret().as_bytes();
        Self {
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
            public_keys: None,
            rules: Arc::default(),
            clock,
        }
    }

    /// The same keys, for tokens whose claims follow `rules`.
    #[must_use]
    pub fn with_rules(self, rules: ClaimRules) -> Self {
        Self {
            rules: Arc::new(rules),
            ..self
        }
    }

    /// The same keys, and those of others.
    #[must_use]
    pub fn with_public_keys(self, public_keys: Option<PublicKeys>) -> Self {
        Self {
            public_keys,
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

    /// Who holds `token`. Which algorithm it must have is the key's matter: the secret is for HS256
    /// alone, and a public key never a secret.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn verify(&self, token: &str) -> Result<Verified, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        // What has to be understood (RFC 7515, 4.1.11), of which we know nothing, and tokens for
        // something else (RFC 8725, 3.11).
        if header.crit.is_some() || !is_for_access(header.typ.as_deref()) {
            return Err(TokenError::Invalid);
        }
        let (claims, signer) = if header.alg == Algorithm::HS256 {
            let claims = claims(token, &self.decoding, Algorithm::HS256)?;
            (claims, Signer::Secret)
        } else {
            let keys = self.public_keys.as_ref().ok_or(TokenError::Invalid)?;
            let key = keys.find(header.kid.as_deref(), header.alg).await?;
            let claims = claims(token, &key.key, key.algorithm)?;
            (claims, Signer::PublicKey)
        };
        self.rules.read(&claims, signer, self.clock.now())
    }
}

/// The claims of a token that is signed with `key` by `algorithm`.
fn claims(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Claims, TokenError> {
    let mut validation = Validation::new(algorithm);
    // Claims are checked by our rules and the injected clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Claims>(token, key, &validation)
        .map(|token| token.claims)
        .map_err(|_| TokenError::Invalid)
}

/// Whether a token of the type `typ` is one to come in with: it says nothing of it, is a JWT of any
/// kind, or an access token (RFC 9068). Tokens for signing out, for events and the like are not.
fn is_for_access(typ: Option<&str>) -> bool {
    typ.is_none_or(|typ| {
        let typ = typ.to_ascii_lowercase();
        let typ = typ.strip_prefix("application/").unwrap_or(&typ);
        matches!(typ, "jwt" | "at+jwt")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::ManualClock, domain::viewer::Role};

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn keys(now: &str) -> (Arc<ManualClock>, JwtKeys) {
        let clock = Arc::new(ManualClock::new(now.parse().unwrap()));
        let keys = JwtKeys::new(&SECRET.into(), clock.clone());
        (clock, keys)
    }

    fn admin() -> Viewer {
        Viewer::named("li", Role::Admin)
    }

    async fn holder(keys: &JwtKeys, token: &str) -> Result<Viewer, TokenError> {
        keys.verify(token).await.map(|verified| verified.viewer)
    }

    #[tokio::test]
    async fn a_token_is_good_until_it_expires_and_a_minute_longer() {
        let (clock, keys) = keys("2026-11-20T00:00:00Z");
        let token = keys.issue(&admin(), TimeDelta::hours(24)).unwrap();
        assert_eq!(holder(&keys, &token).await, Ok(admin()));
        clock.set("2026-11-21T00:00:59Z".parse().unwrap());
        assert_eq!(holder(&keys, &token).await, Ok(admin()));
        clock.set("2026-11-21T00:01:00Z".parse().unwrap());
        assert_eq!(keys.verify(&token).await, Err(TokenError::Expired));
    }

    #[tokio::test]
    async fn a_token_of_another_secret_or_algorithm_or_without_a_role_is_refused() {
        let (_, keys) = keys("2026-11-20T00:00:00Z");
        let sign = |header: Header, secret: &[u8], claims: serde_json::Value| {
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap()
        };
        let exp = 1_900_000_000;
        let hs256 = || Header::new(Algorithm::HS256);
        let with_role = serde_json::json!({"sub": "li", "role": "admin", "exp": exp});
        let token = sign(hs256(), SECRET.as_bytes(), with_role.clone());
        assert_eq!(holder(&keys, &token).await, Ok(admin()));
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
            assert_eq!(keys.verify(&token).await, Err(error));
        }
    }
}
