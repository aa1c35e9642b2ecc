//! `graphql-transport-ws`, message by message.

use dialgraph::{domain::viewer::Role, http::StreamOptions};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{Client, SHORT, complete, serve, with_streams};
use crate::harness::{Backend, TestApp, call, ingest};

const DAYS: &str = "subscription { statsUpdated { date } }";

/// A client who says nothing sensible is told so by the code.
#[tokio::test]
async fn what_is_no_message_closes_the_socket() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    for text in [
        "",
        "hello",
        "[]",
        "{}",
        r#"{"type": 1}"#,
        r#"{"type": "start"}"#,
        r#"{"type": "subscribe", "payload": {"query": "{ __typename }"}}"#,
        r#"{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}"#,
        r#"{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}"#,
        r#"{"type": "subscribe", "id": "1"}"#,
        r#"{"type": "subscribe", "id": "1", "payload": {}}"#,
        r#"{"type": "subscribe", "id": "1", "payload": {"query": 1}}"#,
        r#"{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": []}}"#,
        r#"{"type": "complete"}"#,
        r#"{"type": "ping", "payload": 1}"#,
    ] {
        let mut client = Client::reader(&running, &app).await;
        client.frame(Message::text(text)).await;
        assert_eq!(client.closed().await, 4400, "{text}");
    }
    let mut client = Client::reader(&running, &app).await;
    client.frame(Message::binary(r#"{"type":"ping"}"#)).await;
    assert_eq!(client.closed().await, 4400);
    let mut client = Client::connect(&running).await;
    client
        .frame(Message::text(
            r#"{"type": "connection_init", "payload": "x"}"#,
        ))
        .await;
    assert_eq!(client.closed().await, 4400);
}

/// Nothing but pings is answered before the client has said who it is.
#[tokio::test]
async fn operations_come_after_the_acknowledgement() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    let mut client = Client::connect(&running).await;
    client
        .say(json!({ "type": "ping", "payload": { "a": 1 } }))
        .await;
    assert_eq!(
        client.next().await,
        json!({ "type": "pong", "payload": { "a": 1 } })
    );
    client.say(json!({ "type": "pong" })).await;
    client.subscribe("1", DAYS).await;
    assert_eq!(client.next().await, json!([4401, "Unauthorized"]));
}

/// Who does not say who they are, or says it twice, or without a valid token, is sent away.
#[tokio::test]
async fn a_client_says_who_it_is_once() {
    let options = StreamOptions {
        init_timeout: SHORT,
        ..StreamOptions::default()
    };
    let mut app = TestApp::with_options(&Backend::Sqlite, with_streams(options)).await;
    let running = serve(&app).await;
    let mut silent = Client::connect(&running).await;
    assert_eq!(
        silent.next().await,
        json!([4408, "Connection initialisation timeout"])
    );
    app.configure(with_streams(StreamOptions::default()));
    let running = serve(&app).await;
    let mut twice = Client::reader(&running, &app).await;
    twice.init("x").await;
    assert_eq!(
        twice.next().await,
        json!([4429, "Too many initialisation requests"])
    );
    for (payload, reason) in [
        (
            Value::Null,
            r#"Forbidden: send {"Authorization": "Bearer <token>"} with connection_init"#,
        ),
        (
            json!({ "Authorization": "Bearer x" }),
            "Forbidden: the token is not valid",
        ),
        (
            json!({ "authorization": "x" }),
            r#"Forbidden: Authorization has to be "Bearer <token>""#,
        ),
    ] {
        let mut client = Client::connect(&running).await;
        client
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(client.next().await, json!([4403, reason]));
    }
}

/// The token may come with the request that opens the socket, and its name in any case.
#[tokio::test]
async fn a_token_may_come_by_two_ways() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    let bearer = format!("bearer {}", app.token(Role::Agent));
    let header = ("authorization", bearer.as_str());
    let mut client = Client::open(&running, &[super::SUBPROTOCOL, header])
        .await
        .unwrap();
    client.say(json!({ "type": "connection_init" })).await;
    assert_eq!(client.next().await, json!({ "type": "connection_ack" }));
    client.subscribe("1", "{ viewer { role } }").await;
    assert_eq!(
        client.data("1").await,
        json!({ "viewer": { "role": "AGENT" } })
    );
    let mut client = Client::connect(&running).await;
    let payload = json!({ "AUTHORIZATION": bearer });
    client
        .say(json!({ "type": "connection_init", "payload": payload }))
        .await;
    assert_eq!(client.next().await, json!({ "type": "connection_ack" }));
}

/// Another subprotocol, or none, is not spoken.
#[tokio::test]
async fn other_protocols_are_not_spoken() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    let mut none = Client::open(&running, &[]).await.unwrap();
    assert_eq!(none.closed().await, 4406);
    let both = ("sec-websocket-protocol", "graphql-ws, graphql-transport-ws");
    let mut client = Client::open(&running, &[both]).await.unwrap();
    client.settle().await;
}

/// Queries and mutations are answered once, and what is refused has an error of the same id; the
/// socket goes on.
#[tokio::test]
async fn any_operation_can_be_sent() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    let mut client = Client::ready(&running, &app.token(Role::Manager)).await;
    client.subscribe("q", "{ __typename }").await;
    let answer = client.next().await;
    assert_eq!(answer["payload"]["data"], json!({ "__typename": "Query" }));
    assert_eq!(answer["payload"]["extensions"]["cost"]["requested"], 1);
    assert_eq!(client.next().await, complete("q"));
    let create = r#"mutation { createPackage(input: { name: "A" }) { package { name } } }"#;
    client.subscribe("m", create).await;
    assert_eq!(
        client.data("m").await,
        json!({ "createPackage": { "package": { "name": "A" } } })
    );
    assert_eq!(client.next().await, complete("m"));
    for (query, code) in [
        ("{", "BAD_USER_INPUT"),
        ("{ nothing }", "BAD_USER_INPUT"),
        ("subscription { nothing }", "BAD_USER_INPUT"),
        (
            r#"subscription { syncProgress(runId: "x") { id } }"#,
            "BAD_USER_INPUT",
        ),
        (
            "{ packages(first: 100) { nodes { tasks(first: 100) { nodes { calls(first: 100) { nodes { id } } } } } } }",
            "QUERY_TOO_COMPLEX",
        ),
    ] {
        client.subscribe("e", query).await;
        let error = client.next().await;
        assert_eq!(
            (&error["type"], &error["id"]),
            (&json!("error"), &json!("e")),
            "{query}: {error:#}"
        );
        assert_eq!(error["payload"][0]["extensions"]["code"], code, "{query}");
    }
    // An error of a field is part of an answer, as over HTTP.
    client
        .subscribe("f", r#"{ gradeStats(date: "2020-01-01") { grade9 } }"#)
        .await;
    let answer = client.next().await;
    assert_eq!(answer["type"], "next");
    assert_eq!(
        answer["payload"]["errors"][0]["extensions"]["code"],
        "NOT_SYNCED"
    );
    assert_eq!(client.next().await, complete("f"));
    client.settle().await;
}

/// An id names one operation at a time; it is free again once the operation has ended.
#[tokio::test]
async fn an_id_is_used_once_at_a_time() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    let mut client = Client::reader(&running, &app).await;
    client.say(complete("1")).await;
    client.subscribe("1", DAYS).await;
    client.say(complete("1")).await;
    client.subscribe("1", DAYS).await;
    client.settle().await;
    client.subscribe("1", DAYS).await;
    assert_eq!(
        client.next().await,
        json!([4409, "Subscriber for 1 already exists"])
    );
}

/// Subscriptions are not for single answers.
#[tokio::test]
async fn a_subscription_is_refused_where_there_is_one_answer() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let answer = app.query(DAYS).await;
    assert_eq!(answer.code(), "BAD_USER_INPUT");
    assert_eq!(
        answer.message(),
        "subscriptions go over a WebSocket at /graphql/ws, or as server-sent events at /graphql/stream"
    );
}

/// A client that closes the socket has its close frame answered.
#[tokio::test]
async fn a_client_takes_its_leave() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    let mut client = Client::reader(&running, &app).await;
    client.subscribe("1", DAYS).await;
    client.settle().await;
    let frame = CloseFrame {
        code: CloseCode::Normal,
        reason: "bye".into(),
    };
    client.frame(Message::Close(Some(frame))).await;
    assert_eq!(client.next().await, json!([1000, "bye"]));
}

/// Variables that cannot be used refuse the operation here as well, with all that is wrong, and
/// nothing is done.
#[tokio::test]
async fn variables_are_read_before_anything_runs() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let running = serve(&app).await;
    let mut client = Client::ready(&running, &app.token(Role::Manager)).await;
    let create = |name: &str| {
        format!(
            "createPackage(input: {{name: {name}, totalLeads: 1, validLeads: 1}}) {{ userErrors {{ code }} }}"
        )
    };
    let change = format!(
        "mutation($n: String!, $m: Int) {{ a: {} b: {} {{ userErrors {{ code }} }} }}",
        create(r#""甲""#),
        "createPackage(input: {name: $n, totalLeads: $m, validLeads: 1})"
    );
    for (id, query, variables, places) in [
        (
            "1",
            change.as_str(),
            json!({ "m": 60.5 }),
            &["$n", "$m"][..],
        ),
        (
            "2",
            "subscription($day: Date) { statsUpdated(date: $day) { date } }",
            json!({ "day": "2026-02-30" }),
            &["$day"],
        ),
        (
            "3",
            "subscription($id: ID!) { syncProgress(runId: $id) { id } }",
            json!({}),
            &["$id"],
        ),
        (
            "4",
            "query($n: Boolean!) { viewer { role @skip(if: $n) } }",
            json!({ "n": [] }),
            &["$n"],
        ),
    ] {
        let payload = json!({ "query": query, "variables": variables });
        client
            .say(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
        let message = client.next().await;
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("error"), &json!(id)),
            "{message:#}"
        );
        let told: Vec<_> = message["payload"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["extensions"]["variable"].clone())
            .collect();
        assert_eq!(json!(told), json!(places), "{message:#}");
    }
    assert_eq!(
        app.data("{ packages { totalCount } }").await["packages"]["totalCount"],
        0
    );
    // The field of a subscription may stand in a fragment, and a mark before the message.
    let query = "subscription { ...F } fragment F on Subscription { statsUpdated { ... on StatsUpdate { date } } }";
    let message = json!({ "type": "subscribe", "id": "5", "payload": { "query": query } });
    client
        .frame(Message::text(format!("\u{feff}{message}")))
        .await;
    client.settle().await;
    ingest(&app.database.db, vec![call("1", "2026-11-19T01:00:00Z")]).await;
    assert_eq!(
        client.data("5").await,
        json!({ "statsUpdated": { "date": "2026-11-19" } })
    );
}
