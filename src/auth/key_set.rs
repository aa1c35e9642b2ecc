//! The public keys of another service, as it publishes them (JWKS, RFC 7517): which of them are
//! taken, and the one algorithm that each is good for.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// Keys to check signatures with.
#[derive(Debug, Clone)]
pub(super) struct KeySet(Vec<PublicKey>);

/// A key with the algorithm that it is good for.
#[derive(Debug, Clone)]
pub(super) struct PublicKey {
    id: Option<String>,
    /// The only one: what a token says of itself chooses no other.
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

/// What a set has for a token.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// The key that it has to be signed with.
    Key(&'a PublicKey),
    /// Nothing by this name: the set may be out of date.
    Unknown,
    /// Nothing, and a newer set would change nothing: the token is for another algorithm than its
    /// key, or names no key where several could be meant.
    Nothing,
}

/// No keys could be made of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnreadableKeys {
    /// It is something else.
    #[error("this is no JSON of the form {{\"keys\": […]}}")]
    NoKeySet,
    /// Nothing in it can check a signature.
    #[error("there is no key for signatures in it (RSA, EC P-256 or P-384, or Ed25519)")]
    NoKey,
}

impl KeySet {
    /// The keys that are good for signatures. Others are left out, as are those that nobody knows
    /// here: a set may have keys for other purposes.
    pub fn read(json: &[u8]) -> Result<Self, UnreadableKeys> {
        #[derive(Deserialize)]
        struct Published {
            keys: Vec<Value>,
        }
        let published: Published =
            serde_json::from_slice(json).map_err(|_| UnreadableKeys::NoKeySet)?;
        let keys: Vec<PublicKey> = published
            .keys
            .into_iter()
            .filter_map(|key| PublicKey::read(&serde_json::from_value(key).ok()?))
            .collect();
        if keys.is_empty() {
            return Err(UnreadableKeys::NoKey);
        }
        Ok(Self(keys))
    }

    /// The key of a token with this `kid` and `alg`. One without `kid` has a key if only one is for
    /// its algorithm.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Found<'_> {
        let named = |key: &&PublicKey| id.is_none() || key.id.as_deref() == id;
        if !self.0.iter().any(|key| named(&key)) {
            return Found::Unknown;
        }
        let mut fitting = self
            .0
            .iter()
            .filter(named)
            .filter(|key| key.algorithm == algorithm);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Found::Key(key),
            _ => Found::Nothing,
        }
    }
}

impl PublicKey {
    fn read(jwk: &Jwk) -> Option<Self> {
        let is_for_signatures = match &jwk.common.public_key_use {
            Some(used) => *used == PublicKeyUse::Signature,
            None => true,
        };
        let verifies = match &jwk.common.key_operations {
            Some(operations) => operations.contains(&KeyOperations::Verify),
            None => true,
        };
        if !(is_for_signatures && verifies) {
            return None;
        }
        Some(Self {
            id: jwk.common.key_id.clone(),
            algorithm: algorithm_of(jwk)?,
            key: DecodingKey::from_jwk(jwk).ok()?,
        })
    }
}

/// The algorithm that a key names, if it is one of its kind; where it names none, the usual one.
/// Symmetric keys have none: what everybody can read keeps nobody out.
fn algorithm_of(jwk: &Jwk) -> Option<Algorithm> {
    let usual = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => Algorithm::ES256,
            EllipticCurve::P384 => Algorithm::ES384,
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        _ => return None,
    };
    let Some(named) = jwk.common.key_algorithm else {
        return Some(usual);
    };
    let named = Algorithm::try_from(named).ok()?;
    // An RSA key can be meant for any of six; a curve belongs to one.
    let both_rsa = [usual, named].map(Algorithm::family) == [AlgorithmFamily::Rsa; 2];
    (both_rsa || named == usual).then_some(named)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The public key of RFC 7517, appendix A.1, and keys like it.
    fn ec(id: &str) -> Value {
        json!({ "kty": "EC", "crv": "P-256", "kid": id,
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" })
    }

    fn rsa(id: &str) -> Value {
        json!({ "kty": "RSA", "kid": id, "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4", "e": "AQAB" })
    }

    fn with(mut key: Value, more: &Value) -> Value {
        let more = more.as_object().unwrap().clone();
        key.as_object_mut().unwrap().extend(more);
        key
    }

    fn set(keys: &[Value]) -> Result<KeySet, UnreadableKeys> {
        KeySet::read(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn algorithm(key: Value) -> Option<Algorithm> {
        Some(set(&[key]).ok()?.0[0].algorithm)
    }

    #[test]
    fn each_key_is_good_for_one_algorithm() {
        let ed25519 = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        for (key, expected) in [
            (ec("a"), Some(Algorithm::ES256)),
            (rsa("a"), Some(Algorithm::RS256)),
            (ed25519.clone(), Some(Algorithm::EdDSA)),
            (
                with(ec("a"), &json!({ "crv": "P-384" })),
                Some(Algorithm::ES384),
            ),
            (
                with(rsa("a"), &json!({ "alg": "PS512" })),
                Some(Algorithm::PS512),
            ),
            // Algorithms that do not belong to the key.
            (with(rsa("a"), &json!({ "alg": "HS256" })), None),
            (with(rsa("a"), &json!({ "alg": "none" })), None),
            (with(rsa("a"), &json!({ "alg": "ES256" })), None),
            (with(rsa("a"), &json!({ "alg": "RSA-OAEP" })), None),
            (with(ec("a"), &json!({ "alg": "ES384" })), None),
            (with(ec("a"), &json!({ "crv": "P-521" })), None),
            (with(ec("a"), &json!({ "crv": "secp256k1" })), None),
            (with(ed25519, &json!({ "crv": "X25519" })), None),
            // Keys for something else.
            (with(rsa("a"), &json!({ "use": "enc" })), None),
            (
                with(rsa("a"), &json!({ "use": "sig" })),
                Some(Algorithm::RS256),
            ),
            (with(rsa("a"), &json!({ "key_ops": ["encrypt"] })), None),
            (
                json!({ "kty": "oct", "k": "c2VjcmV0", "alg": "HS256" }),
                None,
            ),
            (json!({ "kty": "new" }), None),
            (json!({}), None),
            (json!("key"), None),
        ] {
            assert_eq!(algorithm(key.clone()), expected, "{key}");
        }
    }

    #[test]
    fn keys_that_nobody_knows_do_not_spoil_the_others() {
        let keys = set(&[json!({ "kty": "new" }), json!(7), ec("a")]).unwrap();
        assert_eq!(keys.0.len(), 1);
        for (text, expected) in [
            ("", UnreadableKeys::NoKeySet),
            ("[]", UnreadableKeys::NoKeySet),
            (r#"{"keys": {}}"#, UnreadableKeys::NoKeySet),
            (r#"{"keys": []}"#, UnreadableKeys::NoKey),
        ] {
            assert_eq!(KeySet::read(text.as_bytes()).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_token_has_the_key_that_it_names_or_the_only_one_that_it_can_mean() {
        let es384 = with(ec("c"), &json!({ "crv": "P-384" }));
        let keys = set(&[ec("a"), rsa("b"), ec("d"), es384.clone(), es384]).unwrap();
        let found = |id: Option<&str>, algorithm| match keys.find(id, algorithm) {
            Found::Key(key) => key.id.clone().unwrap(),
            Found::Unknown => "unknown".to_owned(),
            Found::Nothing => "nothing".to_owned(),
        };
        for (id, algorithm, expected) in [
            (Some("a"), Algorithm::ES256, "a"),
            (Some("b"), Algorithm::RS256, "b"),
            (Some("b"), Algorithm::RS512, "nothing"),
            (Some("b"), Algorithm::ES256, "nothing"),
            (Some("x"), Algorithm::RS256, "unknown"),
            (Some(""), Algorithm::RS256, "unknown"),
            // Two keys of one name.
            (Some("c"), Algorithm::ES384, "nothing"),
            // Without a name.
            (None, Algorithm::RS256, "b"),
            (None, Algorithm::ES256, "nothing"),
            (None, Algorithm::EdDSA, "nothing"),
        ] {
            assert_eq!(found(id, algorithm), expected, "{id:?} {algorithm:?}");
        }
    }
}
