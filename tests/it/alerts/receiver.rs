//! Somebody who is told, in this process, on a port of their own.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

/// What was received.
#[derive(Debug, Clone)]
pub struct Received {
    pub path: String,
    pub query: HashMap<String, String>,
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Inner {
    received: Vec<Received>,
    answers: VecDeque<(StatusCode, String)>,
}

/// Keeps what it receives, and answers 200 unless it is told to answer something else.
#[derive(Clone)]
pub struct Receiver {
    inner: Arc<Mutex<Inner>>,
    address: SocketAddr,
}

impl Receiver {
    pub async fn start() -> Self {
        let inner: Arc<Mutex<Inner>> = Arc::default();
        let router = Router::new().fallback(receive).with_state(inner.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { inner, address }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next answer that is not given yet.
    pub fn answer(&self, status: u16, body: &str) {
        let status = StatusCode::from_u16(status).unwrap();
        let mut inner = self.inner.lock().unwrap();
        inner.answers.push_back((status, body.to_owned()));
    }

    /// What was received since this was last asked.
    pub fn received(&self) -> Vec<Received> {
        std::mem::take(&mut self.inner.lock().unwrap().received)
    }

    /// The events of what was received since this was last asked.
    pub fn events(&self) -> Vec<String> {
        let received = self.received().into_iter();
        received
            .map(|received| received.json()["event"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn receive(
    State(inner): State<Arc<Mutex<Inner>>>,
    uri: Uri,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut inner = inner.lock().unwrap();
    inner.received.push(Received {
        path: uri.path().to_owned(),
        query,
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let (status, body) = inner
        .answers
        .pop_front()
        .unwrap_or((StatusCode::OK, "{}".to_owned()));
    (status, [(header::LOCATION, "/elsewhere")], body).into_response()
}
