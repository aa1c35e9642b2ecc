//! How much sockets may ask for, and how they end.

use std::time::Duration;

use dialgraph::{
    domain::viewer::Role,
    graphql::Limits,
    http::{HttpOptions, StreamOptions},
};
use futures_util::SinkExt as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{Client, PATIENCE, SHORT, SUBPROTOCOL, serve, with_streams};
use crate::{
    harness::{Backend, TestApp, call, ingest},
    identity::{token_of, user},
    writes::done,
};

const DAYS: &str = "subscription { statsUpdated { date } }";

async fn app(streams: StreamOptions) -> TestApp {
    TestApp::with_options(&Backend::Sqlite, with_streams(streams)).await
}

/// Browsers send where a page comes from, and only pages of this host and of allowed ones connect.
#[tokio::test]
async fn other_pages_cannot_connect() {
    let options = HttpOptions {
        allowed_origins: vec!["https://app.example.com".parse().unwrap()],
        ..HttpOptions::default()
    };
    let app = TestApp::with_options(&Backend::Sqlite, options).await;
    let running = serve(&app).await;
    let own = format!("http://{}", running.address);
    for origin in [own.as_str(), "https://app.example.com"] {
        assert!(
            Client::open(&running, &[SUBPROTOCOL, ("origin", origin)])
                .await
                .is_ok()
        );
    }
    for origin in ["https://evil.example", "null"] {
        let refused = Client::open(&running, &[SUBPROTOCOL, ("origin", origin)]).await;
        assert_eq!(refused.err(), Some(403), "{origin}");
    }
}

/// A request that opens no socket is told how to.
#[tokio::test]
async fn a_plain_request_is_no_socket() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    let answer = reqwest::get(format!("http://{}/graphql/ws", running.address))
        .await
        .unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["upgrade"]),
        (426, &"websocket".parse().unwrap())
    );
    let url = format!("http://{}/graphql/ws?access_token=x", running.address);
    assert_eq!(reqwest::get(url).await.unwrap().status(), 400);
}

/// So many operations at a time, and no more; the others go on.
#[tokio::test]
async fn operations_of_a_socket_are_counted() {
    let app = app(StreamOptions {
        operations: 2,
        ..StreamOptions::default()
    })
    .await;
    let running = serve(&app).await;
    let mut client = Client::reader(&running, &app).await;
    for id in ["1", "2", "3"] {
        client.subscribe(id, DAYS).await;
    }
    let refused = client.next().await;
    assert_eq!(
        (&refused["type"], &refused["id"]),
        (&json!("error"), &json!("3"))
    );
    let extensions = json!({ "code": "TOO_MANY_OPERATIONS", "limit": 2 });
    assert_eq!(refused["payload"][0]["extensions"], extensions);
    client.say(super::complete("1")).await;
    client.subscribe("3", DAYS).await;
    client.settle().await;
}

/// Sockets are counted, in all and for each caller, and a place is free again when one ends.
#[tokio::test]
async fn sockets_are_counted() {
    let app = app(StreamOptions {
        most: 2,
        most_a_caller: 1,
        ..StreamOptions::default()
    })
    .await;
    let running = serve(&app).await;
    let first = Client::reader(&running, &app).await;
    let mut second = Client::connect(&running).await;
    second.init(&app.token(Role::Analyst)).await;
    assert_eq!(
        second.next().await,
        json!([1013, "you have too many connections open"])
    );
    // Whoever is let in before there is no room left is told so when they say who they are.
    let mut late = Client::connect(&running).await;
    user(&app, "li", "AGENT").await;
    let _other = Client::ready(&running, &token_of(&app, "li").await).await;
    user(&app, "wu", "AGENT").await;
    late.init(&token_of(&app, "wu").await).await;
    assert_eq!(
        late.next().await,
        json!([1013, "too many streams are open: try again later"])
    );
    assert_eq!(
        Client::open(&running, &[SUBPROTOCOL]).await.err(),
        Some(503)
    );
    drop(first);
    connect_again(&running).await;
}

/// A socket, once there is room for it.
async fn connect_again(running: &super::Running) -> Client {
    let connect = async {
        loop {
            match Client::open(running, &[SUBPROTOCOL]).await {
                Ok(client) => return client,
                Err(status) => assert_eq!(status, 503),
            }
        }
    };
    tokio::time::timeout(PATIENCE, connect)
        .await
        .expect("there is room again")
}

/// A message that is too long is refused as such.
#[tokio::test]
async fn long_messages_are_refused() {
    let app = app(StreamOptions {
        message_limit: 2_000,
        ..StreamOptions::default()
    })
    .await;
    let running = serve(&app).await;
    let mut client = Client::reader(&running, &app).await;
    let message = |length: usize| {
        let bare = r#"{"type":"ping","payload":{"a":""}}"#.len();
        json!({ "type": "ping", "payload": { "a": "x".repeat(length - bare) } }).to_string()
    };
    assert_eq!(message(2_000).len(), 2_000);
    client.frame(Message::text(message(2_000))).await;
    assert_eq!(client.next().await["type"], "pong");
    client.frame(Message::text(message(2_001))).await;
    assert_eq!(client.closed().await, 1009);
}

/// Who does not read what they asked for is dropped.
#[tokio::test]
async fn a_slow_client_is_dropped() {
    let app = app(StreamOptions {
        most: 1,
        keep_alive: SHORT,
        ..StreamOptions::default()
    })
    .await;
    let running = serve(&app).await;
    let mut client = Client::reader(&running, &app).await;
    let types = "{ __schema { types { name description fields { name description } } } }";
    // More than the buffers of both sides hold.
    for id in 0..400 {
        let payload = json!({ "query": types });
        let message = json!({ "type": "subscribe", "id": id.to_string(), "payload": payload });
        let sent = tokio::time::timeout(SHORT, client.0.send(Message::text(message.to_string())));
        if !matches!(sent.await, Ok(Ok(()))) {
            break;
        }
    }
    connect_again(&running).await;
}

/// Who does not read waits alone: others write, and the service ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_stops_nobody() {
    let app = app(StreamOptions {
        keep_alive: Duration::from_hours(1),
        ..StreamOptions::default()
    })
    .await;
    let mut running = serve(&app).await;
    let mut client = Client::writer_with_small_buffer(&running, &app).await;
    let long = "x".repeat(60_000);
    // More than the buffers of both sides hold.
    for number in 0..400 {
        let create = format!(
            r#"mutation {{ createPackage(input: {{ name: "P{number}" }}) {{ package {{ id }} }} }}"#
        );
        let both = async {
            client.subscribe(&number.to_string(), &create).await;
            client
                .say(json!({ "type": "ping", "payload": { "a": long } }))
                .await;
        };
        if tokio::time::timeout(4 * SHORT, both).await.is_err() {
            break;
        }
    }
    let write = done(
        &app,
        "createPackage",
        "package { id }",
        json!({ "name": "Q" }),
    );
    tokio::time::timeout(PATIENCE, write)
        .await
        .expect("somebody else can write");
    running.stop.cancel();
    let ended = tokio::time::timeout(PATIENCE, &mut running.ended).await;
    ended.expect("the service ends").unwrap();
}

/// Each event costs as much as the subscription did to begin; when too little is left, it ends.
#[tokio::test]
async fn events_are_charged() {
    // `statsUpdated` and its `date` cost 2: once to begin, and twice for events.
    let options = HttpOptions {
        limits: Limits {
            budget: 7,
            ..Limits::default()
        },
        ..HttpOptions::default()
    };
    let app = TestApp::with_options(&Backend::Sqlite, options).await;
    let running = serve(&app).await;
    let mut client = Client::reader(&running, &app).await;
    client.subscribe("1", DAYS).await;
    client.settle().await;
    let calls = ["18", "19", "20"].map(|day| call(day, &format!("2026-11-{day}T01:00:00Z")));
    ingest(&app.database.db, calls.to_vec()).await;
    for (date, remaining) in [("2026-11-18", 3), ("2026-11-19", 1)] {
        let told = client.next().await["payload"].clone();
        assert_eq!(told["data"]["statsUpdated"]["date"], date);
        let cost = &told["extensions"]["cost"];
        assert_eq!(
            (&cost["requested"], &cost["remaining"]),
            (&json!(2), &json!(remaining))
        );
    }
    let refused = client.next().await;
    assert_eq!(refused["type"], "error");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    // It has ended, and the id is free.
    client.subscribe("1", "{ __typename }").await;
    assert_eq!(client.data("1").await, json!({ "__typename": "Query" }));
}

/// Who does not answer is not there any more.
#[tokio::test]
async fn a_dead_client_is_dropped() {
    let app = app(StreamOptions {
        most: 1,
        keep_alive: SHORT,
        ..StreamOptions::default()
    })
    .await;
    let running = serve(&app).await;
    // Reads nothing, so it answers no ping.
    let _dead = Client::reader(&running, &app).await;
    connect_again(&running).await;
}

/// A service that ends says so, and waits until all have heard it.
#[tokio::test]
async fn sockets_are_closed_when_the_service_ends() {
    let app = app(StreamOptions::default()).await;
    let mut running = serve(&app).await;
    let mut early = Client::connect(&running).await;
    let mut client = Client::reader(&running, &app).await;
    client.subscribe("1", DAYS).await;
    client.settle().await;
    running.stop.cancel();
    assert_eq!(
        client.next().await,
        json!([1001, "the service is going away"])
    );
    assert_eq!(early.closed().await, 1001);
    drop((client, early));
    let ended = tokio::time::timeout(PATIENCE, &mut running.ended).await;
    ended.expect("the service ends").unwrap();
}
