//! `/graphql/stream`: one operation a request, as server-sent events.

use std::time::Duration;

use chrono::TimeDelta;
use dialgraph::{
    domain::viewer::Role,
    graphql::Limits,
    http::{HttpOptions, StreamOptions},
};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::{PATIENCE, Running, SHORT, serve, serve_with_idle_timeout, with_streams};
use crate::harness::{Backend, TestApp, call, ingest};

const DAYS: &str = "subscription { statsUpdated { date } }";

fn post(running: &Running, app: &TestApp, query: &str) -> RequestBuilder {
    reqwest::Client::new()
        .post(format!("http://{}/graphql/stream", running.address))
        .header("accept", "text/event-stream")
        .bearer_auth(app.token(Role::Manager))
        .json(&json!({ "query": query }))
}

fn get(running: &Running, app: &TestApp, query: &str) -> RequestBuilder {
    reqwest::Client::new()
        .get(format!("http://{}/graphql/stream", running.address))
        .query(&[("query", query)])
        .header("accept", "text/event-stream")
        .bearer_auth(app.token(Role::Manager))
}

/// The next event's kind and data; comments are left out. None at the end.
async fn next(answer: &mut Response) -> Option<(String, Value)> {
    loop {
        let chunk = tokio::time::timeout(PATIENCE, answer.chunk()).await;
        let chunk = chunk.expect("something comes").ok()??;
        let text = String::from_utf8(chunk.to_vec()).unwrap();
        let field = |name: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
        };
        if let Some(kind) = field("event:") {
            let data = field("data:").unwrap_or_default();
            return Some((kind, serde_json::from_str(&data).unwrap_or_default()));
        }
    }
}

/// Events come as they happen, through all layers, and the stream stays open in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_come_as_they_happen() {
    let options = HttpOptions {
        request_timeout: SHORT,
        idle_timeout: Duration::from_millis(200),
        ..HttpOptions::default()
    };
    let app = TestApp::with_options(&Backend::Sqlite, options.clone()).await;
    let running = serve_with_idle_timeout(&app, options.idle_timeout).await;
    let mut answer = post(&running, &app, DAYS).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    // Comments come while nothing happens: longer than a request may take, and a connection be idle.
    for _ in 0..4 {
        let comment = tokio::time::timeout(PATIENCE, answer.chunk())
            .await
            .unwrap();
        assert_eq!(&comment.unwrap().unwrap()[..], b":\n\n");
    }
    for (id, day) in [("a", "2026-11-20"), ("b", "2026-11-19")] {
        ingest(
            &app.database.db,
            vec![call(id, &format!("{day}T01:00:00Z"))],
        )
        .await;
        let (kind, told) = next(&mut answer).await.unwrap();
        assert_eq!(
            (kind.as_str(), &told["data"]),
            ("next", &json!({ "statsUpdated": { "date": day } }))
        );
    }
}

/// Other operations are answered once; what is refused is told as an event as well.
#[tokio::test]
async fn every_operation_ends_with_complete() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    for request in [
        post(&running, &app, "{ __typename }"),
        get(&running, &app, "{ __typename }"),
    ] {
        let mut answer = request.send().await.unwrap();
        let (kind, told) = next(&mut answer).await.unwrap();
        assert_eq!(
            (kind.as_str(), &told["data"]),
            ("next", &json!({ "__typename": "Query" }))
        );
        assert_eq!(next(&mut answer).await.unwrap().0, "complete");
        assert_eq!(next(&mut answer).await, None);
    }
    let mut answer = post(&running, &app, "{ nothing }").send().await.unwrap();
    let (kind, told) = next(&mut answer).await.unwrap();
    assert_eq!(kind, "next");
    assert_eq!(told["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(told.get("data"), None);
    assert_eq!(next(&mut answer).await.unwrap().0, "complete");
}

/// What is no request for events is refused with a status.
#[tokio::test]
async fn other_requests_are_refused() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    let create = r#"mutation { createPackage(input: { name: "A" }) { package { name } } }"#;
    let refused = get(&running, &app, create).send().await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["allow"]),
        (405, &"POST".parse().unwrap())
    );
    let status = async |request: RequestBuilder| request.send().await.unwrap().status().as_u16();
    let json_only = reqwest::Client::new()
        .get(format!("http://{}/graphql/stream", running.address))
        .query(&[("query", DAYS)])
        .bearer_auth(app.token(Role::Manager))
        .header("accept", "application/json");
    assert_eq!(status(json_only).await, 406);
    let form = post(&running, &app, DAYS).header("content-type", "text/plain");
    assert_eq!(status(form).await, 415);
    let nobody = reqwest::Client::new()
        .get(format!("http://{}/graphql/stream", running.address))
        .query(&[("query", DAYS)])
        .header("accept", "text/event-stream");
    assert_eq!(status(nobody).await, 401);
}

/// Streams beyond the bounds are refused, and told why.
#[tokio::test]
async fn streams_are_counted() {
    for (streams, status, code) in [
        (
            StreamOptions {
                most: 1,
                ..StreamOptions::default()
            },
            503,
            "UNAVAILABLE",
        ),
        (
            StreamOptions {
                most_a_caller: 1,
                ..StreamOptions::default()
            },
            429,
            "RATE_LIMITED",
        ),
    ] {
        let app = TestApp::with_options(&Backend::Sqlite, with_streams(streams)).await;
        let running = serve(&app).await;
        let _first = post(&running, &app, DAYS).send().await.unwrap();
        let second = post(&running, &app, DAYS).send().await.unwrap();
        assert_eq!(second.status(), status);
        let body: Value = second.json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], code);
    }
}

/// A subscription that may cost no more is told why, and ends.
#[tokio::test]
async fn events_are_charged() {
    let options = HttpOptions {
        limits: Limits {
            budget: 3,
            ..Limits::default()
        },
        ..HttpOptions::default()
    };
    let app = TestApp::with_options(&Backend::Sqlite, options).await;
    let running = serve(&app).await;
    let mut answer = post(&running, &app, DAYS).send().await.unwrap();
    ingest(&app.database.db, vec![call("a", "2026-11-20T01:00:00Z")]).await;
    let (kind, told) = next(&mut answer).await.unwrap();
    assert_eq!(kind, "next");
    assert_eq!(told["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    assert_eq!(next(&mut answer).await.unwrap().0, "complete");
    assert_eq!(next(&mut answer).await, None);
}

/// A stream ends with its token, and with the service; so does its place.
#[tokio::test]
async fn streams_end() {
    let options = StreamOptions {
        clock_step: SHORT,
        most_a_caller: 1,
        ..StreamOptions::default()
    };
    let app = TestApp::with_options(&Backend::Sqlite, with_streams(options)).await;
    let mut running = serve(&app).await;
    let mut answer = post(&running, &app, DAYS).send().await.unwrap();
    let second = post(&running, &app, DAYS).send().await.unwrap();
    assert_eq!(second.status(), 429);
    app.clock.advance(TimeDelta::minutes(61));
    assert_eq!(next(&mut answer).await, None);
    let mut answer = post(&running, &app, DAYS).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    running.stop.cancel();
    assert_eq!(next(&mut answer).await, None);
    let ended = tokio::time::timeout(PATIENCE, &mut running.ended).await;
    ended.expect("the service ends").unwrap();
}

/// Variables that cannot be used are told as an event without data, and nothing is done.
#[tokio::test]
async fn variables_are_read_before_anything_runs() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    for (query, variables, place) in [
        (
            "subscription($day: Date!) { statsUpdated(date: $day) { date } }",
            json!({}),
            "$day",
        ),
        (
            "subscription($day: Date) { statsUpdated(date: $day) { date } }",
            json!({ "day": 5 }),
            "$day",
        ),
        (
            r#"mutation($n: Int!) { a: createPackage(input: {name: "甲", totalLeads: 1, validLeads: 1}) { userErrors { code } } b: createPackage(input: {name: "乙", totalLeads: $n, validLeads: 1}) { userErrors { code } } }"#,
            json!({ "n": 3_000_000_000_i64 }),
            "$n",
        ),
    ] {
        let request =
            post(&running, &app, query).json(&json!({ "query": query, "variables": variables }));
        let mut answer = request.send().await.unwrap();
        let (kind, told) = next(&mut answer).await.unwrap();
        assert_eq!((kind.as_str(), told.get("data")), ("next", None), "{told}");
        assert_eq!(told["errors"][0]["extensions"]["variable"], place, "{told}");
        assert_eq!(next(&mut answer).await.unwrap().0, "complete");
    }
    assert_eq!(
        app.data("{ packages { totalCount } }").await["packages"]["totalCount"],
        0
    );
}
