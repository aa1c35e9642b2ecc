//! Over real connections: both versions of HTTP, what is sent by halves, and an orderly end.

use std::time::Duration;

use axum::{Router, body::Body, http::StatusCode, routing::get};
use dialgraph::{
    domain::viewer::Role,
    http::{HttpOptions, Server, StreamOptions, Streams},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::harness::{Backend, TestApp};

/// A server on a port of its own, stopped with the test.
struct Running {
    address: String,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn start(router: Router, idle_timeout: Duration) -> Running {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let stop = CancellationToken::new();
    let server = Server {
        listener,
        router,
        streams: Streams::new(&StreamOptions::default()),
        idle_timeout,
    };
    let ended = tokio::spawn(server.serve(stop.clone()));
    Running {
        address,
        stop,
        ended,
    }
}

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_mins(1);
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

impl Running {
    /// Sends bytes, and returns what comes until the server closes the connection.
    async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A reset is a way to close as well.
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer))
            .await
            .expect("the connection is closed");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// Nothing, half of a head or of a preface, and a kept connection are all closed after a while.
#[tokio::test]
async fn what_is_sent_by_halves_is_closed() {
    let router = Router::new().route("/", get(|| async { "hello" }));
    let server = start(router, SHORT).await;
    for half in [
        &b""[..],
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"PRI * HTTP/2.0\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        // An HTTP/2 connection whose client never says anything more.
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    ] {
        let answer = server.exchange(half).await;
        assert!(!answer.contains("200 OK"), "{answer}");
    }
    let kept = server.exchange(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(
        kept.starts_with("HTTP/1.1 200 OK") && kept.ends_with("hello"),
        "{kept}"
    );
}

/// A request that takes longer than a connection may be idle is answered all the same.
#[tokio::test]
async fn work_is_not_idleness() {
    let slow = || async {
        tokio::time::sleep(SHORT * 6).await;
        "done"
    };
    let server = start(Router::new().route("/", get(slow)), SHORT).await;
    let answer = server.exchange(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.ends_with("done"), "{answer}");
}

/// Somebody who reads a long answer slowly is not idle either.
#[tokio::test]
async fn slow_readers_get_the_whole_answer() {
    const LENGTH: usize = 32 * 1024 * 1024;
    let long = || async { vec![b'x'; LENGTH] };
    let idle_timeout = Duration::from_millis(400);
    let server = start(Router::new().route("/", get(long)), idle_timeout).await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")
        .await
        .unwrap();
    let mut part = vec![0; LENGTH / 10];
    for _ in 0..10 {
        stream.read_exact(&mut part).await.unwrap();
        tokio::time::sleep(idle_timeout / 4).await;
    }
}

/// A body that does not come is answered with 408, and its connection closed.
#[tokio::test]
async fn half_a_body_is_refused() {
    let options = HttpOptions {
        body_timeout: SHORT,
        ..HttpOptions::default()
    };
    let app = TestApp::with_options(&Backend::Sqlite, options).await;
    let server = start(app.router(), LONG).await;
    let token = app.token(Role::Admin);
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    );
    for body in [
        "Content-Length: 40\r\n\r\n{\"query\"",
        "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"query\"\r\n",
    ] {
        let answer = server.exchange(format!("{head}{body}").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains(r#""code":"TIMEOUT""#), "{answer}");
    }
    // Without a token nobody waits for a body for long.
    let answer = server
        .exchange(b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    // A body that is announced as too long is not waited for either.
    let answer = server
        .exchange(format!("{head}Content-Length: 99999999\r\n\r\n").as_bytes())
        .await;
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains("16777216 bytes"),
        "{answer}"
    );
}

/// Nothing of a short body that nobody reads is left on a connection, which can be used again; where more is left,
/// the client hears that the connection is closed.
#[tokio::test]
async fn a_connection_outlives_a_refusal() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let server = start(app.router(), LONG).await;
    let token = app.token(Role::Admin);
    let body = "x".repeat(20_000);
    let closes = |answer: &str| {
        answer
            .to_ascii_lowercase()
            .contains("\r\nconnection: close\r\n")
    };
    for (status, path, headers) in [
        (401, "/graphql", String::new()),
        (401, "/graphql/stream", String::new()),
        (404, "/nothing", String::new()),
        (405, "/healthz", String::new()),
        (
            406,
            "/graphql",
            format!("Authorization: Bearer {token}\r\nAccept: text/html\r\n"),
        ),
        (
            415,
            "/graphql",
            format!("Authorization: Bearer {token}\r\nContent-Type: text/plain\r\n"),
        ),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{headers}");
        let begins = format!("HTTP/1.1 {status} ");
        let next = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        for short in [
            format!("Content-Length: 20000\r\n\r\n{body}"),
            format!("Transfer-Encoding: chunked\r\n\r\n4e20\r\n{body}\r\n0\r\n\r\n"),
        ] {
            let sent = format!("{head}{short}{next}");
            let answer = server.exchange(sent.as_bytes()).await;
            let (refusal, _) = answer
                .split_once("HTTP/1.1 200 OK")
                .unwrap_or_else(|| panic!("{path}: {answer}"));
            assert!(refusal.starts_with(&begins), "{path}: {refusal}");
            assert!(!closes(refusal), "{path}: {answer}");
        }
        for long in [
            "Content-Length: 70000\r\n\r\n",
            // Whoever waits for 100 has sent nothing yet.
            "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        ] {
            let answer = server.exchange(format!("{head}{long}").as_bytes()).await;
            assert!(
                answer.starts_with(&begins) && closes(&answer),
                "{path}: {answer}"
            );
        }
    }
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    for length in [20_000, 200_000] {
        let request = client.post(format!("http://{}/graphql", server.address));
        let refused = request.body("x".repeat(length)).send().await.unwrap();
        assert_eq!(refused.status(), 401);
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }
}

/// A request that takes too long is answered in JSON.
#[tokio::test]
async fn time_that_is_over_is_said_in_json() {
    let options = HttpOptions {
        request_timeout: Duration::from_nanos(1),
        body_timeout: LONG,
        ..HttpOptions::default()
    };
    let app = TestApp::with_options(&Backend::Sqlite, options).await;
    let query = app.query("{ calls { totalCount } }").await;
    assert_eq!(
        (query.status, query.code()),
        (StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT")
    );
    assert!(query.body["errors"][0]["extensions"]["requestId"].is_string());
}

/// HTTP/1.1 and HTTP/2 without TLS are served on the same port.
#[tokio::test]
async fn both_versions_of_http_are_served() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let server = start(app.router(), LONG).await;
    let url = format!("http://{}/graphql", server.address);
    let clients = [
        (
            reqwest::Client::builder().http1_only().build().unwrap(),
            reqwest::Version::HTTP_11,
        ),
        (
            reqwest::Client::builder()
                .http2_prior_knowledge()
                .build()
                .unwrap(),
            reqwest::Version::HTTP_2,
        ),
    ];
    for (client, version) in clients {
        let request = client
            .post(&url)
            .bearer_auth(app.token(Role::Admin))
            .json(&json!({ "query": "{ __typename }" }));
        let response = request.send().await.unwrap();
        assert_eq!(
            (response.version(), response.status()),
            (version, StatusCode::OK)
        );
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["data"], json!({ "__typename": "Query" }));
    }
}

/// When it is told to stop, the server takes no new connection, finishes what it is at, and closes
/// the connections that are open for nothing.
#[tokio::test]
async fn it_ends_in_order() {
    let (started, at_work) = tokio::sync::oneshot::channel();
    let (finish, finished) = tokio::sync::oneshot::channel::<()>();
    let channels = std::sync::Arc::new(std::sync::Mutex::new(Some((started, finished))));
    let router = Router::new().route(
        "/",
        get(move || {
            let channels = channels.lock().unwrap().take();
            async move {
                let (started, finished) = channels.expect("one request");
                started.send(()).unwrap();
                finished.await.unwrap();
                Body::from("done")
            }
        }),
    );
    let mut server = start(router, LONG).await;
    let mut idle = TcpStream::connect(&server.address).await.unwrap();
    let mut busy = TcpStream::connect(&server.address).await.unwrap();
    busy.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    at_work.await.unwrap();
    server.stop.cancel();
    assert_eq!(
        tokio::time::timeout(PATIENCE, idle.read(&mut [0; 1]))
            .await
            .unwrap()
            .unwrap_or(0),
        0
    );
    assert!(
        TcpStream::connect(&server.address).await.is_err(),
        "no new connection"
    );
    assert!(!server.ended.is_finished());
    finish.send(()).unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("done"), "{answer}");
    tokio::time::timeout(PATIENCE, &mut server.ended)
        .await
        .unwrap()
        .unwrap();
}
