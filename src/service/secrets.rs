//! Secrets that are shown once and kept as hashes.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{domain::hidden::Hidden, random::Entropy};

/// A new secret of 256 random bits behind `prefix`.
pub(super) fn new_secret(prefix: &str, entropy: &dyn Entropy) -> SecretString {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(entropy.bytes())).into()
}

/// What is kept of a secret. It is as good as random itself, so that one round of SHA-256 is enough:
/// there is nothing to guess.
pub(super) fn hash_of(secret: &SecretString) -> Hidden {
    let hash = digest(&SHA256, secret.expose_secret().as_bytes());
    Hidden::new(URL_SAFE_NO_PAD.encode(hash))
}
