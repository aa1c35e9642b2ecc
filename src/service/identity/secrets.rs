//! Secrets that are shown once and kept as hashes.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac::{self, HMAC_SHA256},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{domain::hidden::Hidden, random::Entropy};

/// A new secret of 256 random bits behind `prefix`.
pub(in crate::service) fn new_secret(prefix: &str, entropy: &dyn Entropy) -> SecretString {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(entropy.bytes())).into()
}

/// What is kept of a secret. It is as good as random itself, so that one round of SHA-256 is enough:
/// there is nothing to guess.
pub(in crate::service) fn hash_of(secret: &SecretString) -> Hidden {
    let hash = digest(&SHA256, secret.expose_secret().as_bytes());
    Hidden::new(URL_SAFE_NO_PAD.encode(hash))
}

/// Makes of every secret that was used up the one that follows it, the same each time: whoever has the
/// one and this key has the other, and nobody else. Nothing of it is stored.
pub(in crate::service) struct Successors(hmac::Key);

impl std::fmt::Debug for Successors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Successors")
    }
}

impl Successors {
    /// Under a key that is derived from the service's own secret.
    pub fn new(secret: &SecretString) -> Self {
        // What the secret signs otherwise are tokens, and none of them begins so.
        let key = hmac::Key::new(HMAC_SHA256, secret.expose_secret().as_bytes());
        let key = hmac::sign(&key, b"dialgraph refresh tokens v1");
        Self(hmac::Key::new(HMAC_SHA256, key.as_ref()))
    }

    /// The secret that follows `used`, behind `prefix`.
    pub fn of(&self, used: &SecretString, prefix: &str) -> SecretString {
        let tag = hmac::sign(&self.0, used.expose_secret().as_bytes());
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(tag)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_is_that_of_its_secret_and_key() {
        let of = |key: &str, used: &str| {
            let successor = Successors::new(&key.into()).of(&used.into(), "dgr_");
            successor.expose_secret().to_owned()
        };
        let successor = of("a secret", "dgr_a");
        assert_eq!(of("a secret", "dgr_a"), successor);
        // 256 bits behind the prefix.
        assert_eq!(successor.len(), 47);
        assert_ne!(of("a secret", "dgr_b"), successor);
        assert_ne!(of("another secret", "dgr_a"), successor);
    }
}
