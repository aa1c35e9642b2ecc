//! Documents that are named instead of sent: automatic persisted queries, and trusted documents.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{Method, StatusCode};
use dialgraph::{
    domain::viewer::Role,
    graphql::{BadDocument, FoundDocument, Limits, SchemaOptions, TrustedDocuments},
    http::HttpOptions,
};
use serde_json::{Value, json};

use crate::{
    harness::{Answer, Backend, TestApp},
    http_spec::{post, request, send},
};

const GRAPHQL: &str = "application/graphql-response+json";
const QUERY: &str = "query A($first: Int) { packages(first: $first) { totalCount } }";
const CHANGE: &str = r#"mutation { createPackage(input: {name: "甲", totalLeads: 1, validLeads: 1, costPerLead: "0.1"}) { userErrors { code } } }"#;

fn hash(text: &str) -> String {
    hex::encode(digest(&SHA256, text.as_bytes()))
}

fn apollo(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

async fn sent(app: &TestApp, body: Value) -> Answer {
    post(app, GRAPHQL, body).await.1
}

/// A GET with parameters, the values as they are meant.
async fn got(app: &TestApp, parameters: &[(&str, &str)]) -> Answer {
    let mut url = reqwest::Url::parse("http://localhost/graphql").unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    let mut request = request(app, Method::GET, &[("accept", GRAPHQL)], "");
    *request.uri_mut() = format!("/graphql?{}", url.query().unwrap())
        .parse()
        .unwrap();
    send(app, request).await.1
}

async fn packages(app: &TestApp) -> Value {
    app.data("{ packages { totalCount } }").await["packages"]["totalCount"].clone()
}

/// Apollo's protocol: a hash that is not known, the text with its hash, and from then on the hash.
#[tokio::test]
async fn a_query_is_sent_once_and_named_from_then_on() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let named = json!({ "extensions": apollo(&hash(QUERY)), "variables": { "first": 1 } });
    let unknown = sent(&app, named.clone()).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert_eq!(unknown.message(), "PersistedQueryNotFound");
    assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND");
    // Clients that take plain JSON only expect 200.
    let (_, plain) = post(&app, "application/json", named.clone()).await;
    assert_eq!(
        (plain.status, plain.code()),
        (StatusCode::OK, "PERSISTED_QUERY_NOT_FOUND")
    );

    let expected = json!({ "packages": { "totalCount": 0 } });
    let both = json!({ "query": QUERY, "extensions": apollo(&hash(QUERY)) });
    assert_eq!(sent(&app, both).await.data(), expected);
    assert_eq!(sent(&app, named).await.data(), expected);
    let extensions = apollo(&hash(QUERY)).to_string();
    assert_eq!(
        got(&app, &[("extensions", &extensions)]).await.data(),
        expected
    );
    // The same in the words of the GraphQL-over-HTTP specification.
    let id = format!("sha256:{}", hash(QUERY));
    assert_eq!(
        sent(&app, json!({ "documentId": id })).await.data(),
        expected
    );
    assert_eq!(
        got(&app, &[("documentId", &id), ("operationName", "A")])
            .await
            .data(),
        expected
    );
}

/// What is not what it says, or is refused, is not remembered.
#[tokio::test]
async fn only_what_passes_is_remembered() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let wrong = json!({ "query": QUERY, "extensions": apollo(&hash("{ another }")) });
    let refused = sent(&app, wrong).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::BAD_REQUEST, "BAD_USER_INPUT")
    );
    assert_eq!(refused.message(), "provided sha does not match query");

    let long = format!("{{ packages {{ totalCount }} }} #{}", "x".repeat(64 * 1024));
    let deep = format!("{{ a{} }}", "{ a ".repeat(70) + &"}".repeat(70));
    let costly = "{ packages(first: 100) { nodes { tasks(first: 100) { nodes { calls(first: 100) { nodes { id } } } } } } }";
    let personal = r#"{ calls(filter: { phoneNumber: { eq: "13800138000" } }) { totalCount } }"#;
    for (text, is_executed) in [
        (QUERY.replace("totalCount", "nothing").as_str(), false),
        ("{", false),
        (deep.as_str(), false),
        (costly, false),
        (long.as_str(), true),
        (personal, true),
        (CHANGE, true),
    ] {
        let both = sent(
            &app,
            json!({ "query": text, "extensions": apollo(&hash(text)) }),
        )
        .await;
        assert_eq!(
            both.body["errors"].is_null(),
            is_executed,
            "{:#}",
            both.body
        );
        let named = sent(&app, json!({ "extensions": apollo(&hash(text)) })).await;
        assert_eq!(named.code(), "PERSISTED_QUERY_NOT_FOUND", "{text}");
    }
    assert_eq!(packages(&app).await, json!(1));
}

/// A name that is none is said to be so.
#[tokio::test]
async fn odd_names_are_refused() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let hash = hash(QUERY);
    for (body, code, words) in [
        (
            json!({ "extensions": { "persistedQuery": 1 } }),
            "BAD_USER_INPUT",
            "`version`",
        ),
        (
            json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": hash } } }),
            "BAD_USER_INPUT",
            "which is 1",
        ),
        (
            json!({ "extensions": { "persistedQuery": { "version": 1 } } }),
            "BAD_USER_INPUT",
            "`sha256Hash`",
        ),
        (
            json!({ "extensions": apollo("short") }),
            "PERSISTED_QUERY_NOT_FOUND",
            "PersistedQueryNotFound",
        ),
        (
            json!({ "query": "", "extensions": apollo(&hash) }),
            "PERSISTED_QUERY_NOT_FOUND",
            "PersistedQueryNotFound",
        ),
        (
            json!({ "documentId": 1 }),
            "BAD_USER_INPUT",
            "`documentId` must be a string",
        ),
        (
            json!({ "documentId": "a", "extensions": apollo(&hash) }),
            "BAD_USER_INPUT",
            "two documents",
        ),
        (
            json!({ "extensions": { "persistedQuery": null } }),
            "BAD_USER_INPUT",
            "no `query`",
        ),
        (json!({ "extensions": {} }), "BAD_USER_INPUT", "no `query`"),
    ] {
        let answer = sent(&app, body.clone()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::BAD_REQUEST, code),
            "{body}"
        );
        assert!(
            answer.message().contains(words),
            "{body}: {}",
            answer.message()
        );
    }
}

/// Changes are sent in full, and never through a link.
#[tokio::test]
async fn a_change_is_not_named_in_a_link() {
    let app = trusting(&[("change.graphql", Some("change"), CHANGE)]).await;
    let answer = got(&app, &[("documentId", "change")]).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED")
    );
    let done = sent(&app, json!({ "documentId": "change" })).await.data();
    assert_eq!(done["createPackage"]["userErrors"], json!([]));
}

fn found(documents: &[(&str, Option<&str>, &str)]) -> Vec<FoundDocument> {
    let found = documents.iter().map(|(place, id, text)| FoundDocument {
        place: (*place).to_owned(),
        id: id.map(str::to_owned),
        text: (*text).to_owned(),
    });
    found.collect()
}

fn trusted(documents: &[(&str, Option<&str>, &str)]) -> Result<TrustedDocuments, BadDocument> {
    TrustedDocuments::new(&found(documents), Limits::default())
}

/// A service that executes these documents only.
async fn trusting(documents: &[(&str, Option<&str>, &str)]) -> TestApp {
    let schema = SchemaOptions {
        trusted: Some(Arc::new(trusted(documents).unwrap())),
        ..SchemaOptions::default()
    };
    let options = HttpOptions {
        schema,
        ..HttpOptions::default()
    };
    TestApp::with_options(&Backend::Sqlite, options).await
}

/// A trusted document is executed by its SHA-256, by an id of its own, and as a text.
#[tokio::test]
async fn trusted_documents_are_executed_and_no_others() {
    let file = format!("{QUERY}\n");
    let app = trusting(&[
        ("a.graphql", None, &file),
        (
            "list.json",
            Some("b1946ac92492d2347c6235b4d2611184"),
            "{ viewer { role } }",
        ),
    ])
    .await;
    let expected = json!({ "packages": { "totalCount": 0 } });
    for body in [
        json!({ "documentId": format!("sha256:{}", hash(&file)) }),
        json!({ "documentId": format!("sha256:{}", hash(QUERY)) }),
        json!({ "extensions": apollo(&hash(QUERY)) }),
        json!({ "query": QUERY }),
        json!({ "query": QUERY, "extensions": apollo(&hash(QUERY)) }),
    ] {
        assert_eq!(sent(&app, body.clone()).await.data(), expected, "{body}");
    }
    let by_id = json!({ "documentId": "b1946ac92492d2347c6235b4d2611184" });
    assert_eq!(sent(&app, by_id).await.data()["viewer"]["role"], "ADMIN");

    let other = "{ packages { totalCount } }";
    for (body, status, code) in [
        (
            json!({ "query": other }),
            StatusCode::FORBIDDEN,
            "TRUSTED_DOCUMENTS_ONLY",
        ),
        (
            json!({ "query": other, "extensions": apollo(&hash(other)) }),
            StatusCode::FORBIDDEN,
            "TRUSTED_DOCUMENTS_ONLY",
        ),
        // Whose id it is does not matter.
        (
            json!({ "query": other, "extensions": apollo(&hash(QUERY)) }),
            StatusCode::FORBIDDEN,
            "TRUSTED_DOCUMENTS_ONLY",
        ),
        (
            json!({ "query": "{ __schema { types { name } } }" }),
            StatusCode::FORBIDDEN,
            "TRUSTED_DOCUMENTS_ONLY",
        ),
        (
            json!({ "extensions": apollo(&hash(other)) }),
            StatusCode::BAD_REQUEST,
            "PERSISTED_QUERY_NOT_FOUND",
        ),
        (
            json!({ "documentId": "another" }),
            StatusCode::BAD_REQUEST,
            "PERSISTED_QUERY_NOT_FOUND",
        ),
    ] {
        let answer = sent(&app, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{body}");
    }
    // Trusted is what is asked, not who asks.
    let refused = app.query_by("no token", QUERY, Value::Null).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let analyst = app.query_as(Role::Analyst, QUERY).await;
    assert_eq!(analyst.data(), expected);
}

/// A document that could not be executed stops the start, and is named.
#[test]
fn bad_documents_are_not_trusted() {
    let deep = format!("{{ a{} }}", "{ a ".repeat(70) + &"}".repeat(70));
    for (text, words) in [
        ("{ nothing }", "a.graphql: line 1, column 3: "),
        ("{ packages {", "a.graphql: "),
        (
            "fragment A on Query { packages { totalCount } }",
            "a.graphql: ",
        ),
        ("", "a.graphql: "),
        (
            deep.as_str(),
            "a.graphql: the query nests brackets to a depth of 65",
        ),
        (
            "{ packages { totalCount } } query B { viewer { role } }",
            "a.graphql: ",
        ),
    ] {
        let error = trusted(&[("a.graphql", None, text)])
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(words), "{text}: {error}");
    }
    let one_id = [
        ("a.json", Some("x"), "{ viewer { role } }"),
        ("b.json", Some("x"), QUERY),
    ];
    assert_eq!(
        trusted(&one_id).unwrap_err().to_string(),
        "b.json: another document has the id x"
    );
    let twice = [
        ("a.json", Some("x"), QUERY),
        ("b.json", Some("sha256:x"), QUERY),
    ];
    assert_eq!(trusted(&twice).unwrap().len(), 1);
}
