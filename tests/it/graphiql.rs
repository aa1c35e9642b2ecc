//! GraphiQL as the service has it, and what can be switched off.

use axum::http::StatusCode;
use dialgraph::{
    domain::{sync::SyncTrack, viewer::Role},
    graphql::SchemaOptions,
    http::{GraphiQl, HttpOptions},
};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp},
    http_spec::{get, post, send},
};

/// The page is there, and loads nothing from elsewhere; without the demonstration, nothing is
/// filled in.
#[tokio::test]
async fn the_page_is_the_services_own() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let (headers, root) = send(&app, get("/")).await;
    assert_eq!(root.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(headers["location"], "/graphiql");
    let (headers, page) = send(&app, get("/graphiql")).await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = headers["content-security-policy"].to_str().unwrap();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|given| given == rule), "{policy}");
    }
    assert!(!policy.contains("unsafe-eval"), "{policy}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let page = page.body.as_str().unwrap();
    assert!(!page.contains("://"), "{page}");
    let mut request = get("/graphiql/defaults.json");
    request
        .headers_mut()
        .insert("host", "localhost".parse().unwrap());
    let (_, defaults) = send(&app, request).await;
    assert_eq!(defaults.body, json!({ "headers": null }));
}

/// The examples that the page opens with answer with data.
#[tokio::test]
async fn its_examples_work() {
    let app = TestApp::new(&Backend::Sqlite).await;
    for day in ["2026-11-19", "2026-11-20"] {
        app.synced(SyncTrack::CallRecords, day, day).await;
    }
    for example in [
        include_str!("../../web/src/examples/dashboard.graphql"),
        include_str!("../../web/src/examples/packages.graphql"),
        include_str!("../../web/src/examples/calls.graphql"),
        include_str!("../../web/src/examples/grades.graphql"),
    ] {
        app.query_as(Role::Analyst, example).await.data();
    }
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let options = HttpOptions {
        graphiql: GraphiQl::Off,
        ..HttpOptions::default()
    };
    let app = TestApp::with_options(&Backend::Sqlite, options).await;
    for uri in ["/", "/graphiql", "/graphiql/defaults.json"] {
        let (_, answer) = send(&app, get(uri)).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::NOT_FOUND, "NOT_FOUND"),
            "{uri}"
        );
    }
    app.data("{ __typename }").await;
}

/// Switched off, the schema tells nobody about itself, in whatever way it is asked; what type an
/// object has is still told.
#[tokio::test]
async fn introspection_can_be_switched_off() {
    let schema = SchemaOptions {
        introspection: false,
        ..SchemaOptions::default()
    };
    let options = HttpOptions {
        schema,
        ..HttpOptions::default()
    };
    let app = TestApp::with_options(&Backend::Sqlite, options).await;
    for query in [
        "{ __schema { queryType { name } } }",
        r#"{ other: __type(name: "Call") { name } }"#,
        "{ ...All } fragment All on Query { ...More } fragment More on Query { __schema { types { name } } }",
        "{ ... on Query { __schema { types { name } } } }",
        "query A { viewer { __typename } } query B { __schema { types { name } } }",
    ] {
        let body = json!({ "query": query, "operationName": query.contains('B').then_some("B") });
        let (_, answer) = post(&app, "application/graphql-response+json", body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::FORBIDDEN, "INTROSPECTION_DISABLED"),
            "{query}"
        );
        assert_eq!(answer.body.get("data"), None::<&Value>);
    }
    assert_eq!(
        app.data("{ __typename packages { __typename } }").await,
        json!({ "__typename": "Query", "packages": { "__typename": "LeadPackageConnection" } })
    );
}

/// No error tells names that were not asked for.
#[tokio::test]
async fn nothing_is_suggested() {
    let app = TestApp::new(&Backend::Sqlite).await;
    for query in [
        "{ dashbord { today { calls } } }",
        "{ packages(frist: 1) { totalCount } }",
        "{ calls(filter: { resutl: { eq: BUSY } }) { totalCount } }",
        "{ calls(filter: { result: { eq: BUSI } }) { totalCount } }",
        "{ node(id: 1) { ... on Cal { id } } }",
    ] {
        let answer = app.query(query).await;
        let body = answer.body.to_string().to_lowercase();
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{query}");
        for told in [
            "did you mean",
            "dashboard",
            "first",
            "\"result",
            "busy",
            "on call`",
        ] {
            assert!(!body.contains(told), "{query}: {body}");
        }
    }
}
