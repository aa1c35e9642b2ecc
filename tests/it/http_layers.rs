//! What is around every request: errors in JSON, bounds, compression, request ids, and origins.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use dialgraph::http::HttpOptions;
use serde_json::json;

use crate::{
    harness::{Backend, TestApp},
    http_spec::{JSON, get, post, request, send},
};

/// Every error is JSON with a code, and every answer says how it is to be treated.
#[tokio::test]
async fn errors_are_json_everywhere() {
    let app = TestApp::new(&Backend::Sqlite).await;
    for (method, uri, status, code) in [
        (Method::GET, "/nothing", StatusCode::NOT_FOUND, "NOT_FOUND"),
        (
            Method::POST,
            "/healthz",
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
        ),
        (
            Method::GET,
            "/graphql?query=x",
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
        ),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .body(Body::empty())
            .unwrap();
        let (headers, answer) = send(&app, request).await;
        assert_eq!((answer.status, answer.code()), (status, code));
        assert!(headers["content-type"].to_str().unwrap().starts_with(JSON));
        assert!(headers.contains_key("x-request-id"));
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(
            headers["content-security-policy"],
            "default-src 'none'; frame-ancestors 'none'"
        );
        assert_eq!(
            headers.contains_key("www-authenticate"),
            status == StatusCode::UNAUTHORIZED
        );
    }
}

/// A body beyond the limit is refused by its announcement, or as soon as it is too long.
#[tokio::test]
async fn long_bodies_are_refused() {
    let options = HttpOptions {
        body_limit: 100,
        ..HttpOptions::default()
    };
    let app = TestApp::with_options(&Backend::Sqlite, options).await;
    let announced = [("content-type", JSON), ("content-length", "101")];
    let unannounced = [("content-type", JSON)];
    for headers in [&announced[..], &unannounced] {
        let (_, answer) = send(&app, request(&app, Method::POST, headers, "x".repeat(101))).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE")
        );
        assert_eq!(
            answer.message(),
            "the body is too large: at most 100 bytes are taken"
        );
    }
    let (_, fits) = post(&app, JSON, json!({ "query": "{ __typename }" })).await;
    assert_eq!(fits.data(), json!({ "__typename": "Query" }));
}

/// Answers that gain by it are compressed for those who take it, others are not.
#[tokio::test]
async fn long_answers_are_compressed() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let long = json!({ "query": "{ __schema { types { name description } } }" }).to_string();
    let short = json!({ "query": "{ __typename }" }).to_string();
    for (body, accepted, encoding) in [
        (&long, "gzip", Some("gzip")),
        (&long, "br, gzip;q=0.5", Some("br")),
        (&long, "identity", None),
        (&short, "gzip, br", None),
    ] {
        let headers = [("content-type", JSON), ("accept-encoding", accepted)];
        let response = app
            .send(request(&app, Method::POST, &headers, body.clone()))
            .await;
        let given = response
            .headers()
            .get("content-encoding")
            .map(|value| value.to_str().unwrap());
        assert_eq!(given, encoding, "{accepted}");
    }
}

/// A request's id comes back, unless it could do harm in a log; then there is a new one.
#[tokio::test]
async fn odd_request_ids_are_replaced() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let fits = "a".repeat(128);
    for (ids, kept) in [
        (&["order-7_A.b:c"][..], true),
        (&[&fits], true),
        (&[&"a".repeat(129)], false),
        (&["two words"], false),
        (&["x\u{1b}[2J"], false),
        (&["<script>"], false),
        (&["号"], false),
        (&[""], false),
        (&["a", "b"], false),
        (&[], false),
    ] {
        let mut request = get("/healthz");
        for id in ids {
            // A header cannot hold the escape character, but bytes beyond ASCII.
            if let Ok(id) = id.as_bytes().try_into() {
                request.headers_mut().append("x-request-id", id);
            }
        }
        let (headers, _) = send(&app, request).await;
        let id = headers["x-request-id"].to_str().unwrap();
        if kept {
            assert_eq!(id, ids[0]);
        } else {
            assert_eq!(
                (id.len(), headers.get_all("x-request-id").iter().count()),
                (36, 1),
                "{ids:?}: {id}"
            );
        }
    }
}

/// Pages of allowed origins can ask; others, and all where none is allowed, cannot.
#[tokio::test]
async fn only_allowed_origins_can_ask() {
    let options = HttpOptions {
        allowed_origins: vec!["https://app.example.com".parse().unwrap()],
        ..HttpOptions::default()
    };
    let open = TestApp::with_options(&Backend::Sqlite, options).await;
    let closed = TestApp::new(&Backend::Sqlite).await;
    let preflight = |origin: &str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri("/graphql")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            )
            .body(Body::empty())
            .unwrap()
    };
    let (headers, _) = send(&open, preflight("https://app.example.com")).await;
    assert_eq!(
        headers["access-control-allow-origin"],
        "https://app.example.com"
    );
    assert_eq!(headers["access-control-allow-methods"], "GET,POST");
    assert_eq!(
        headers["access-control-allow-headers"],
        "authorization,content-type,x-request-id"
    );
    assert!(!headers.contains_key("access-control-allow-credentials"));
    for (app, origin) in [
        (&open, "https://evil.example.com"),
        (&open, "null"),
        (&closed, "https://app.example.com"),
    ] {
        let (headers, _) = send(app, preflight(origin)).await;
        assert!(
            !headers.contains_key("access-control-allow-origin"),
            "{origin}"
        );
    }
    // A page can read errors too.
    let mut unknown = get("/nothing");
    unknown
        .headers_mut()
        .insert("origin", "https://app.example.com".parse().unwrap());
    let (headers, answer) = send(&open, unknown).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(
        headers["access-control-allow-origin"],
        "https://app.example.com"
    );
}
