//! The order in which texts stand for those who may not see what they hold: one that tells nothing of it.

use std::{cmp::Ordering, fmt};

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac::{self, HMAC_SHA256},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};

use super::privacy::may_hide;

/// How many characters are shown at the end of a masked number.
pub const SHOWN_END: usize = 4;

/// A key under which texts are ordered by their hashes. Whoever does not know it learns nothing from the
/// order; every instance with the same secret has the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Veil([u8; 32]);

impl fmt::Debug for Veil {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Veil")
    }
}

impl Veil {
    /// Under a key that is derived from the service's own secret.
    #[must_use]
    pub fn new(secret: &SecretString) -> Self {
        // What the secret signs otherwise are tokens, and none of them begins so.
        let secret = hmac::Key::new(HMAC_SHA256, secret.expose_secret().as_bytes());
        let tag = hmac::sign(&secret, b"dialgraph orders v1");
        let mut key = [0; 32];
        for (to, from) in key.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        Self(key)
    }

    /// What is put before a text that is hashed.
    #[must_use]
    pub fn salt(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The order of two texts.
    #[must_use]
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        let salt = self.salt();
        by_hash(&format!("{salt}{a}"), &format!("{salt}{b}"))
    }
}

/// The order of two salted texts: that of their SHA-256.
#[must_use]
pub fn by_hash(a: &str, b: &str) -> Ordering {
    let hash = |text: &str| digest(&SHA256, text.as_bytes());
    hash(a).as_ref().cmp(hash(b).as_ref())
}

/// The end of a text, which is shown also where it is that of a number; nothing where it may hold more
/// than is shown.
#[must_use]
pub fn shown_end(text: &str) -> Option<String> {
    let skipped = text.chars().count().saturating_sub(SHOWN_END);
    let end: String = text.chars().skip(skipped).collect();
    (!may_hide(&end)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_that_of_its_secret() {
        let texts: Vec<String> = (0..20).map(|n| format!("137{n:04}0001")).collect();
        let ordered = |secret: &str| {
            let veil = Veil::new(&secret.into());
            let mut ordered = texts.clone();
            ordered.sort_by(|a, b| veil.compare(a, b));
            ordered
        };
        assert_eq!(ordered("a secret"), ordered("a secret"));
        assert_ne!(ordered("a secret"), ordered("another secret"));
        assert_ne!(ordered("a secret"), texts);
        let veil = Veil::new(&"a secret".into());
        assert_eq!(veil.compare("1", "1"), Ordering::Equal);
        assert_eq!(veil.compare("1", "2"), veil.compare("2", "1").reverse());
    }

    #[test]
    fn an_end_has_no_more_than_is_shown() {
        assert_eq!(shown_end("13812348000").as_deref(), Some("8000"));
        assert_eq!(shown_end("王").as_deref(), Some("王"));
        // Two digits in each character, and the name before an @.
        assert_eq!(shown_end("㉑㉒㉓㉔"), None);
        assert_eq!(shown_end("l@x"), None);
    }
}
