//! Another service that issues tokens: keys of its own, and an address that tells their public
//! halves, however badly.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, RsaKeyPair,
    },
};
use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use dialgraph::auth::KeySource;
use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// A key that signs tokens.
pub struct SigningKey {
    pub id: &'static str,
    pub algorithm: Algorithm,
    key: EncodingKey,
}

/// How the private key of an RSA key of 2,048 bits is wrapped in PKCS #8: so many bytes come first.
const PKCS8_HEAD: usize = 26;

impl SigningKey {
    /// A new key for `algorithm`, published as `id`.
    pub fn new(id: &'static str, algorithm: Algorithm) -> Self {
        let random = SystemRandom::new();
        let ec = |curve| {
            let key = EcdsaKeyPair::generate_pkcs8(curve, &random).unwrap();
            EncodingKey::from_ec_der(key.as_ref())
        };
        let key = match algorithm {
            Algorithm::ES256 => ec(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => ec(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::EdDSA => {
                let key = Ed25519KeyPair::generate_pkcs8v1(&random).unwrap();
                EncodingKey::from_ed_der(key.as_ref())
            }
            _ => {
                let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
                let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
                EncodingKey::from_rsa_der(&der.as_ref()[PKCS8_HEAD..])
            }
        };
        Self { id, algorithm, key }
    }

    /// Its public half, as it is published.
    pub fn public(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["kid"] = self.id.into();
        jwk
    }

    /// What the header of its tokens says.
    pub fn header(&self) -> Header {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.to_owned());
        header
    }

    /// A token for `sub`, an agent.
    pub fn token(&self, sub: &str) -> String {
        self.sign(&self.header(), &claims(sub))
    }

    /// A token that says what it is told to.
    pub fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).unwrap()
    }

    /// The same key, for another algorithm of its family.
    pub fn with(self, algorithm: Algorithm) -> Self {
        assert_eq!(algorithm.family(), AlgorithmFamily::Rsa);
        Self { algorithm, ..self }
    }
}

/// The claims of `sub`, an agent, for longer than any test.
pub fn claims(sub: &str) -> Value {
    json!({ "sub": sub, "role": "agent", "exp": 1_900_000_000 })
}

/// What the address answers.
#[derive(Clone)]
pub enum Answer {
    /// These keys.
    Keys(Vec<Value>),
    /// This text, with status 200.
    Text(&'static str),
    /// A failure.
    Status(StatusCode),
    /// 10 MB of spaces.
    Endless,
    /// Nothing.
    Silence,
    /// It is elsewhere.
    Elsewhere,
}

/// An address that tells keys.
#[derive(Clone)]
pub struct Issuer {
    pub url: String,
    state: Arc<State>,
}

struct State {
    answer: Mutex<Answer>,
    /// How often it was asked.
    asked: AtomicUsize,
    /// Whether it waits with its answers.
    held: Mutex<Option<Arc<Notify>>>,
    /// Told of each question.
    question: Notify,
}

impl Issuer {
    /// One that tells `keys`.
    pub async fn new(keys: &[&SigningKey]) -> Self {
        let state = Arc::new(State {
            answer: Mutex::new(published(keys)),
            asked: AtomicUsize::new(0),
            held: Mutex::default(),
            question: Notify::new(),
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let shared = state.clone();
        let moved = state.clone();
        let routes = Router::new()
            .route("/jwks", get(async move || shared.answer().await))
            .route("/elsewhere", get(async move || moved.answer().await));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, state }
    }

    /// Where the service is to look.
    pub fn source(&self) -> KeySource {
        self.source_within(Duration::from_mins(1))
    }

    /// Where the service is to look, and how long it waits for an answer.
    pub fn source_within(&self, patience: Duration) -> KeySource {
        KeySource::address(&self.url, patience).unwrap()
    }

    /// From now on it tells `keys`.
    pub fn publish(&self, keys: &[&SigningKey]) {
        self.answer(published(keys));
    }

    /// From now on it answers so.
    pub fn answer(&self, answer: Answer) {
        *self.state.answer.lock().unwrap() = answer;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// Keeps answers back until the notice.
    pub fn hold(&self) -> Arc<Notify> {
        let notice = Arc::new(Notify::new());
        *self.state.held.lock().unwrap() = Some(notice.clone());
        notice
    }

    /// Waits until it is asked.
    pub async fn question(&self) {
        self.state.question.notified().await;
    }
}

fn published(keys: &[&SigningKey]) -> Answer {
    Answer::Keys(keys.iter().map(|key| key.public()).collect())
}

impl State {
    async fn answer(&self) -> Response {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.question.notify_one();
        let held = self.held.lock().unwrap().take();
        if let Some(notice) = held {
            notice.notified().await;
        }
        let answer = self.answer.lock().unwrap().clone();
        let json = [(header::CONTENT_TYPE, "application/json")];
        match answer {
            Answer::Keys(keys) => (json, json!({ "keys": keys }).to_string()).into_response(),
            Answer::Text(text) => text.into_response(),
            Answer::Status(status) => status.into_response(),
            Answer::Endless => vec![b' '; 10_000_000].into_response(),
            Answer::Silence => std::future::pending().await,
            Answer::Elsewhere => Redirect::temporary("/elsewhere").into_response(),
        }
    }
}
