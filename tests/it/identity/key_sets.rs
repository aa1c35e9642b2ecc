//! Tokens of other services that sign with keys of their own (JWKS).

use std::time::Duration;

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use dialgraph::auth::KeySource;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{
    issuer::{Answer, Issuer, SigningKey, claims},
    token_of, user, viewer,
};
use crate::harness::{Backend, TestApp};

/// The service, and an issuer whose keys it takes.
async fn trusting(keys: &[&SigningKey]) -> (TestApp, Issuer) {
    let issuer = Issuer::new(keys).await;
    let mut app = TestApp::new(&Backend::Sqlite).await;
    app.trust(issuer.source());
    (app, issuer)
}

async fn is_taken(app: &TestApp, token: &str) -> bool {
    viewer(app, token).await.is_some()
}

/// Every kind of key works, next to our own secret, and is asked for once.
#[tokio::test]
async fn tokens_are_taken_that_are_signed_with_a_published_key() {
    let keys = [
        SigningKey::new("rsa", Algorithm::RS256),
        SigningKey::new("pss", Algorithm::PS256),
        SigningKey::new("p256", Algorithm::ES256),
        SigningKey::new("p384", Algorithm::ES384),
        SigningKey::new("ed25519", Algorithm::EdDSA),
    ];
    let (app, issuer) = trusting(&keys.each_ref()).await;
    for key in &keys {
        let seen = viewer(&app, &key.token("li")).await;
        assert_eq!(seen.as_deref(), Some("li AGENT"), "{}", key.id);
    }
    user(&app, "li", "AGENT").await;
    let own = token_of(&app, "li").await;
    assert_eq!(viewer(&app, &own).await.as_deref(), Some("user:1 AGENT"));
    assert_eq!(issuer.asked(), 1);
}

/// What a token says of itself chooses neither its key nor its algorithm.
#[tokio::test]
async fn forged_tokens_are_refused() {
    let rsa = SigningKey::new("rsa", Algorithm::RS256);
    let ec = SigningKey::new("ec", Algorithm::ES256);
    let (app, _) = trusting(&[&rsa, &ec]).await;
    assert!(is_taken(&app, &rsa.token("li")).await);

    // Another key by the same name, and the right key by another.
    let stranger = SigningKey::new("rsa", Algorithm::RS256);
    assert!(!is_taken(&app, &stranger.token("li")).await);
    let mut header = rsa.header();
    header.kid = Some("ec".to_owned());
    assert!(!is_taken(&app, &rsa.sign(&header, &claims("li"))).await);
    // The right key, but another algorithm than the one that it is for.
    for algorithm in [Algorithm::RS512, Algorithm::PS256] {
        let mut header = rsa.header();
        header.alg = algorithm;
        assert!(!is_taken(&app, &rsa.sign(&header, &claims("li"))).await);
    }
    // The classic: the public key, which everybody has, as the secret of an HMAC.
    let public = rsa.public();
    let modulus = URL_SAFE_NO_PAD
        .decode(public["n"].as_str().unwrap())
        .unwrap();
    for secret in [
        modulus,
        public["n"].as_str().unwrap().into(),
        public.to_string().into(),
    ] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let mut header = Header::new(algorithm);
            header.kid = Some("rsa".to_owned());
            let secret = EncodingKey::from_secret(&secret);
            let token = jsonwebtoken::encode(&header, &claims("li"), &secret).unwrap();
            assert!(!is_taken(&app, &token).await);
        }
    }
    // No signature at all, and keys that the token brings along.
    let signed = rsa.token("li");
    let body = signed.split('.').nth(1).unwrap();
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "None", "kid": "rsa" }),
        json!({ "alg": "RS256", "kid": "rsa" }),
        json!({ "kid": "rsa" }),
    ] {
        let head = URL_SAFE_NO_PAD.encode(header.to_string());
        for signature in ["", "AAAA"] {
            assert!(!is_taken(&app, &format!("{head}.{body}.{signature}")).await);
        }
    }
    let mut header = stranger.header();
    header.kid = None;
    header.jwk = serde_json::from_value(stranger.public()).unwrap();
    assert!(!is_taken(&app, &stranger.sign(&header, &claims("li"))).await);
    // Something that has to be understood, and tokens for something else.
    let crit = Header {
        crit: Some(vec!["b64".to_owned()]),
        ..rsa.header()
    };
    assert!(!is_taken(&app, &rsa.sign(&crit, &claims("li"))).await);
    for (typ, taken) in [("logout+jwt", false), ("application/at+JWT", true)] {
        let header = Header {
            typ: Some(typ.to_owned()),
            ..rsa.header()
        };
        assert_eq!(
            is_taken(&app, &rsa.sign(&header, &claims("li"))).await,
            taken,
            "{typ}"
        );
    }
}

/// Users, sessions and access tokens are ours: nobody else names them.
#[tokio::test]
async fn a_published_key_names_nobody_of_ours() {
    let key = SigningKey::new("a", Algorithm::EdDSA);
    let (app, _) = trusting(&[&key]).await;
    user(&app, "li", "ADMIN").await;
    token_of(&app, "li").await;
    let token = |sub: &str, sid: Value| {
        let claims = json!({ "sub": sub, "sid": sid, "role": "admin", "exp": 1_900_000_000 });
        key.sign(&key.header(), &claims)
    };
    for sid in [json!("1"), json!(null)] {
        for sub in ["user:1", "token:1"] {
            assert!(
                !is_taken(&app, &token(sub, sid.clone())).await,
                "{sub} {sid}"
            );
        }
    }
    // Sessions of others (OpenID Connect has them too) are nothing to us.
    assert!(is_taken(&app, &token("li", json!("1"))).await);
}

/// Times, issuer and audience count for these tokens as for all.
#[tokio::test]
async fn claims_are_checked() {
    let key = SigningKey::new("a", Algorithm::ES256);
    let (app, _) = trusting(&[&key]).await;
    let signed = |changed: Value| {
        let mut claims = claims("li");
        claims
            .as_object_mut()
            .unwrap()
            .extend(changed.as_object().unwrap().clone());
        key.sign(&key.header(), &claims)
    };
    assert!(is_taken(&app, &signed(json!({}))).await);
    // 2026-11-20T04:00:00Z, less a minute and a second.
    let now = app.now().timestamp();
    for changed in [
        json!({ "exp": now - 61 }),
        json!({ "exp": null }),
        json!({ "nbf": now + 61 }),
        json!({ "role": "root" }),
        json!({ "sub": "" }),
    ] {
        assert!(!is_taken(&app, &signed(changed.clone())).await, "{changed}");
    }
}

/// A token without a key's name is taken where only one key can be meant.
#[tokio::test]
async fn a_token_need_not_name_the_only_key() {
    let [first, second] = ["a", "b"].map(|id| SigningKey::new(id, Algorithm::ES256));
    let ed25519 = SigningKey::new("c", Algorithm::EdDSA);
    let (app, _) = trusting(&[&first, &second, &ed25519]).await;
    let nameless = |key: &SigningKey| key.sign(&Header::new(key.algorithm), &claims("li"));
    assert!(is_taken(&app, &nameless(&ed25519)).await);
    assert!(!is_taken(&app, &nameless(&first)).await);
    assert!(is_taken(&app, &first.token("li")).await);
}

/// A token that names a new key has the keys asked for again, once a minute at most; a key that is
/// no longer published is good for nothing.
#[tokio::test]
async fn keys_can_be_changed() {
    let [old, new] = ["old", "new"].map(|id| SigningKey::new(id, Algorithm::ES256));
    let (app, issuer) = trusting(&[&old]).await;
    assert!(is_taken(&app, &old.token("li")).await);
    issuer.publish(&[&new]);
    app.clock.advance(TimeDelta::seconds(59));
    for _ in 0..3 {
        assert!(!is_taken(&app, &new.token("li")).await);
    }
    assert_eq!(issuer.asked(), 1);
    app.clock.advance(TimeDelta::seconds(1));
    assert!(is_taken(&app, &new.token("li")).await);
    assert_eq!(issuer.asked(), 2);
    assert!(!is_taken(&app, &old.token("li")).await);
    // However many keys somebody makes up.
    for id in ["x", "y", "z"] {
        app.clock.advance(TimeDelta::seconds(19));
        assert!(!is_taken(&app, &SigningKey::new(id, Algorithm::ES256).token("li")).await);
    }
    assert_eq!(issuer.asked(), 2);
}

/// Ten minutes old, keys are asked for again while they go on; very old ones only afterwards.
#[tokio::test]
async fn keys_grow_old() {
    let [old, new] = ["a", "a"].map(|id| SigningKey::new(id, Algorithm::EdDSA));
    let (app, issuer) = trusting(&[&old]).await;
    assert!(is_taken(&app, &old.token("li")).await);
    app.clock
        .advance(TimeDelta::minutes(10) - TimeDelta::seconds(1));
    assert!(is_taken(&app, &old.token("li")).await);
    assert_eq!(issuer.asked(), 1);
    issuer.question().await;
    issuer.publish(&[&new]);
    let answers = issuer.hold();
    app.clock.advance(TimeDelta::seconds(1));
    assert!(is_taken(&app, &old.token("li")).await);
    issuer.question().await;
    answers.notify_one();
    app.clock.advance(TimeDelta::minutes(20));
    assert!(!is_taken(&app, &old.token("li")).await);
    assert!(is_taken(&app, &new.token("li")).await);
}

/// All who wait for the same keys wait for one question.
#[tokio::test]
async fn keys_are_asked_for_once_for_all_who_wait() {
    let [old, new] = ["old", "new"].map(|id| SigningKey::new(id, Algorithm::EdDSA));
    let (app, issuer) = trusting(&[&old]).await;
    assert!(is_taken(&app, &old.token("li")).await);
    issuer.question().await;
    issuer.publish(&[&new]);
    app.clock.advance(TimeDelta::minutes(1));
    let answers = issuer.hold();
    let token = new.token("li");
    let asking = futures_util::future::join_all((0..20).map(|_| is_taken(&app, &token)));
    let release = async {
        issuer.question().await;
        // Meanwhile nobody else is kept waiting.
        assert!(is_taken(&app, &old.token("li")).await);
        answers.notify_one();
    };
    let (taken, ()) = futures_util::future::join(asking, release).await;
    assert_eq!((taken, issuer.asked()), (vec![true; 20], 2));
}

/// Whatever the issuer answers instead of keys, those that are known go on.
#[tokio::test]
async fn the_last_good_keys_go_on() {
    let key = SigningKey::new("a", Algorithm::ES256);
    let issuer = Issuer::new(&[&key]).await;
    let mut app = TestApp::new(&Backend::Sqlite).await;
    for answer in [
        Answer::Status(StatusCode::INTERNAL_SERVER_ERROR),
        Answer::Status(StatusCode::NO_CONTENT),
        Answer::Text("<html>"),
        Answer::Text(r#"{"keys": []}"#),
        Answer::Endless,
        Answer::Elsewhere,
    ] {
        issuer.publish(&[&key]);
        app.trust(issuer.source());
        assert!(is_taken(&app, &key.token("li")).await);
        let asked = issuer.asked();
        issuer.answer(answer);
        app.clock.advance(TimeDelta::days(1));
        assert!(is_taken(&app, &key.token("li")).await);
        assert_eq!(issuer.asked(), asked + 1);
        // When it comes to itself again, so does everything.
        let next = SigningKey::new("b", Algorithm::ES256);
        issuer.publish(&[&next]);
        app.clock.advance(TimeDelta::minutes(1));
        assert!(is_taken(&app, &next.token("li")).await);
    }
}

/// As long as there are no keys at all nobody can tell whether a token is good.
#[tokio::test]
async fn without_keys_a_token_is_not_refused() {
    let key = SigningKey::new("a", Algorithm::ES256);
    let issuer = Issuer::new(&[&key]).await;
    let mut app = TestApp::new(&Backend::Sqlite).await;
    issuer.answer(Answer::Silence);
    app.trust(issuer.source_within(Duration::from_millis(50)));
    for _ in 0..2 {
        let asked = app
            .query_by(&key.token("li"), "{ viewer { role } }", Value::Null)
            .await;
        assert_eq!(
            (asked.status, asked.code()),
            (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE")
        );
    }
    assert_eq!(issuer.asked(), 1);
    // Those who need none come in meanwhile.
    assert_eq!(
        app.data("{ __typename }").await,
        json!({ "__typename": "Query" })
    );
    issuer.publish(&[&key]);
    app.trust(issuer.source());
    assert!(is_taken(&app, &key.token("li")).await);
}

/// A file does as well, and is read again when it was changed.
#[tokio::test]
async fn keys_can_come_from_a_file() {
    let [old, new] = ["old", "new"].map(|id| SigningKey::new(id, Algorithm::RS256));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let write = |key: &SigningKey| {
        std::fs::write(&path, json!({ "keys": [key.public()] }).to_string()).unwrap();
    };
    let mut app = TestApp::new(&Backend::Sqlite).await;
    app.trust(KeySource::file(&path));
    write(&old);
    assert!(is_taken(&app, &old.token("li")).await);
    write(&new);
    app.clock.advance(TimeDelta::seconds(5));
    assert!(is_taken(&app, &new.token("li")).await);
    assert!(!is_taken(&app, &old.token("li")).await);
    std::fs::remove_file(&path).unwrap();
    app.clock.advance(TimeDelta::hours(1));
    assert!(is_taken(&app, &new.token("li")).await);
}

/// RSA keys can be meant for any algorithm of theirs, but each for the one that it names.
#[tokio::test]
async fn an_rsa_key_is_for_the_algorithm_that_it_names() {
    let key = SigningKey::new("a", Algorithm::RS256).with(Algorithm::RS512);
    let (app, _) = trusting(&[&key]).await;
    assert!(is_taken(&app, &key.token("li")).await);
    let key = key.with(Algorithm::RS256);
    assert!(!is_taken(&app, &key.token("li")).await);
}
