//! GraphQL over HTTP: media types, status codes, methods, and who may send what.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use dialgraph::{domain::viewer::Role, graphql::Limits};
use serde_json::{Value, json};

use crate::harness::{Answer, Backend, TestApp, answer};

const GRAPHQL: &str = "application/graphql-response+json";
pub const JSON: &str = "application/json";
const CHANGE: &str = r#"mutation { createPackage(input: {name: "甲", totalLeads: 1, validLeads: 1, costPerLead: "0.1"}) { package { id } userErrors { code } } }"#;

/// A request to `/graphql` with an administrator's token.
pub fn request(
    app: &TestApp,
    method: Method,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Request<Body> {
    let token = format!("Bearer {}", app.token(Role::Admin));
    let request = Request::builder()
        .method(method)
        .uri("/graphql")
        .header(header::AUTHORIZATION, token);
    headers
        .iter()
        .fold(request, |request, (name, value)| {
            request.header(*name, *value)
        })
        .body(body.into())
        .unwrap()
}

/// What comes back: headers, and the rest.
pub async fn send(app: &TestApp, request: Request<Body>) -> (HeaderMap, Answer) {
    let response = app.send(request).await;
    (response.headers().clone(), answer(response).await)
}

pub async fn post(app: &TestApp, accept: &str, body: Value) -> (HeaderMap, Answer) {
    let headers = [("content-type", JSON), ("accept", accept)];
    send(app, request(app, Method::POST, &headers, body.to_string())).await
}

pub fn get(uri: &str) -> Request<Body> {
    Request::builder().uri(uri).body(Body::empty()).unwrap()
}

async fn packages(app: &TestApp) -> Value {
    app.data("{ packages { totalCount } }").await["packages"]["totalCount"].clone()
}

/// The form of the answer is the one that the client likes best; JSON where it has no say.
#[tokio::test]
async fn the_client_chooses_the_form() {
    let app = TestApp::new(&Backend::Sqlite).await;
    for (accept, form) in [
        (Some(GRAPHQL), GRAPHQL),
        (Some(JSON), JSON),
        (Some("*/*"), JSON),
        (
            Some(
                "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
            ),
            GRAPHQL,
        ),
        (
            Some("application/graphql-response+json;q=0.1, application/json;q=0.2"),
            JSON,
        ),
        (None, JSON),
    ] {
        let mut headers = vec![("content-type", JSON)];
        headers.extend(accept.map(|accept| ("accept", accept)));
        let body = json!({ "query": "{ __typename }" }).to_string();
        let (headers, answer) = send(&app, request(&app, Method::POST, &headers, body)).await;
        assert_eq!(
            headers["content-type"],
            format!("{form}; charset=utf-8"),
            "{accept:?}"
        );
        assert!(headers.get_all("vary").iter().any(|vary| vary == "accept"));
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(answer.data(), json!({ "__typename": "Query" }));
    }
    let (headers, refused) = post(&app, "text/html", json!({ "query": CHANGE })).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE")
    );
    assert_eq!(headers["content-type"], JSON);
    assert_eq!(packages(&app).await, 0);
}

/// `application/graphql-response+json` tells by its status whether a request was executed;
/// `application/json` is 200 once there is a request. What was not executed has no data.
#[tokio::test]
async fn the_status_says_whether_it_was_executed() {
    let app = TestApp::new(&Backend::Sqlite).await;
    for request in [
        json!({ "query": "{" }),
        json!({ "query": "{ nothing }" }),
        json!({ "query": "query A { __typename }", "operationName": "B" }),
        json!({ "query": "query A { __typename } query B { __typename }" }),
        json!({ "query": "query A($id: ID!) { call(id: $id) { id } }", "variables": { "id": null } }),
        json!({ "query": "{".repeat(100_000) }),
    ] {
        for (accept, status) in [(GRAPHQL, StatusCode::BAD_REQUEST), (JSON, StatusCode::OK)] {
            let (_, answer) = post(&app, accept, request.clone()).await;
            assert_eq!(answer.status, status, "{request}");
            assert!(
                answer.body["errors"][0]["extensions"]["code"].is_string(),
                "{request}"
            );
            assert!(answer.body.get("data").is_none(), "{request}");
        }
    }
    // A field of an executed request that has no answer.
    let failed = json!({ "query": r#"{ gradeStats(date: "2026-10-01") { label: __typename } }"# });
    for accept in [GRAPHQL, JSON] {
        let (_, answer) = post(&app, accept, failed.clone()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::OK, "NOT_SYNCED")
        );
        assert_eq!(answer.body.get("data"), Some(&Value::Null));
    }
}

/// A request that is right but too much for the moment is told apart from a wrong one.
#[tokio::test]
async fn a_spent_budget_has_a_status_of_its_own() {
    let mut app = TestApp::new(&Backend::Sqlite).await;
    app.limit(Limits {
        budget: 100,
        budget_per_second: 10,
        ..Limits::default()
    });
    let request = json!({ "query": "{ packages(first: 58) { nodes { name } } }" });
    // It costs 60, the clock stands still, and 40 is left.
    let _ = post(&app, JSON, request.clone()).await.1.data();
    for (accept, status) in [
        (GRAPHQL, StatusCode::TOO_MANY_REQUESTS),
        (JSON, StatusCode::OK),
    ] {
        let (_, answer) = post(&app, accept, request.clone()).await;
        assert_eq!((answer.status, answer.code()), (status, "RATE_LIMITED"));
    }
}

/// What is no GraphQL request is told so in words, in both forms.
#[tokio::test]
async fn malformed_requests_are_explained() {
    let app = TestApp::new(&Backend::Sqlite).await;
    for (body, message) in [
        (&b""[..], "there is no body"),
        (b"{ \"query", "it ends too early"),
        (b"{\"query\": \"\xff\"}", "not UTF-8"),
        (
            b"[{\"query\": \"{ __typename }\"}]",
            "one request at a time",
        ),
        (
            b"{\"query\": {}}",
            "`query` must be a string, and is an object",
        ),
        (
            b"{\"query\": \"{ __typename }\", \"variables\": [1]}",
            "`variables` must be an object, and is a list",
        ),
        (
            b"{\"query\": \"{ __typename }\", \"operationName\": 1}",
            "`operationName` must be a string, and is a number",
        ),
        (
            b"{\"query\": \"{ __typename }\", \"extensions\": \"x\"}",
            "`extensions` must be an object, and is a string",
        ),
    ] {
        for accept in [GRAPHQL, JSON] {
            let headers = [("content-type", JSON), ("accept", accept)];
            let (headers, answer) = send(&app, request(&app, Method::POST, &headers, body)).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::BAD_REQUEST, "BAD_USER_INPUT")
            );
            assert!(answer.message().contains(message), "{}", answer.message());
            assert_eq!(headers["content-type"], format!("{accept}; charset=utf-8"));
        }
    }
    for (query, message) in [
        ("", "the request has no `query`"),
        (
            "?query=%7B__typename%7D&variables=7",
            "`variables` must be an object, and is a number",
        ),
        (
            "?query=%7B__typename%7D&query=%7B__typename%7D",
            "each once",
        ),
    ] {
        let mut request = request(&app, Method::GET, &[], Body::empty());
        *request.uri_mut() = format!("/graphql{query}").parse().unwrap();
        let (_, answer) = send(&app, request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.message().contains(message), "{}", answer.message());
    }
}

/// Reading takes GET and POST, changing POST, and nothing anything else.
#[tokio::test]
async fn other_methods_are_refused() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let body = json!({ "query": CHANGE }).to_string();
    for method in [
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
    ] {
        let sent = request(
            &app,
            method.clone(),
            &[("content-type", JSON)],
            body.clone(),
        );
        let (headers, answer) = send(&app, sent).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
            "{method}"
        );
        assert_eq!(headers["allow"], "GET,HEAD,POST");
    }
    let mut link = request(&app, Method::GET, &[("accept", GRAPHQL)], Body::empty());
    *link.uri_mut() = "/graphql?query=mutation%7B__typename%7D".parse().unwrap();
    let (headers, answer) = send(&app, link).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(headers["allow"], "POST");
    assert_eq!(packages(&app).await, 0);
}

/// What a page elsewhere can make a browser send without asking first is not read, even with a
/// token: text, forms, uploads, and bodies that name no type.
#[tokio::test]
async fn simple_requests_change_nothing() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let body = json!({ "query": CHANGE }).to_string();
    let form = format!("query={}", CHANGE.replace(' ', "+"));
    let upload = format!(
        "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{body}\r\n--x--\r\n"
    );
    for (content_type, body) in [
        (None, &body),
        (Some("text/plain"), &body),
        (Some("text/plain; application/json"), &body),
        (Some("application/x-www-form-urlencoded"), &form),
        (Some("multipart/form-data; boundary=x"), &upload),
        (Some("application/json; charset=utf-16"), &body),
        (Some("application/graphql"), &CHANGE.to_owned()),
    ] {
        let headers: Vec<_> = content_type
            .map(|content_type| ("content-type", content_type))
            .into_iter()
            .collect();
        let (_, answer) = send(&app, request(&app, Method::POST, &headers, body.clone())).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
            "{content_type:?}"
        );
    }
    let zipped = [("content-type", JSON), ("content-encoding", "gzip")];
    let (_, answer) = send(&app, request(&app, Method::POST, &zipped, body.clone())).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(packages(&app).await, 0);
    let (_, answer) = send(
        &app,
        request(
            &app,
            Method::POST,
            &[("content-type", "application/json;charset=UTF-8")],
            body,
        ),
    )
    .await;
    assert_eq!(answer.data()["createPackage"]["userErrors"], json!([]));
    assert_eq!(packages(&app).await, 1);
}

/// A token in a URL is refused, even beside a good one in the header.
#[tokio::test]
async fn a_token_in_the_url_is_refused() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let token = app.token(Role::Admin);
    for name in ["access_token", "access%5Ftoken"] {
        let uri = format!("/graphql?query=%7B__typename%7D&{name}={token}");
        let (headers, alone) = send(&app, get(&uri)).await;
        assert_eq!(
            (alone.status, alone.code()),
            (StatusCode::BAD_REQUEST, "BAD_USER_INPUT")
        );
        assert!(headers.contains_key("www-authenticate"));
        let mut both = request(&app, Method::GET, &[], Body::empty());
        *both.uri_mut() = uri.parse().unwrap();
        assert_eq!(send(&app, both).await.1.status, StatusCode::BAD_REQUEST);
    }
}

/// A byte order mark before JSON is none of it; UTF-8 has more than one name.
#[tokio::test]
async fn marks_and_names_of_utf_8_are_taken() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let body = json!({ "query": "{ __typename }" }).to_string();
    for (content_type, body) in [
        (JSON, format!("\u{feff}{body}")),
        (JSON, format!("\u{feff} \r\n{body}")),
        ("application/json; charset=utf8", body.clone()),
        ("application/json;charset=\"UTF8\"", body.clone()),
        ("application/json; charset=Utf8", format!("\u{feff}{body}")),
    ] {
        let headers = [("content-type", content_type)];
        let (_, answer) = send(&app, request(&app, Method::POST, &headers, body.clone())).await;
        assert_eq!(
            answer.data(),
            json!({ "__typename": "Query" }),
            "{content_type} {body}"
        );
    }
    for (content_type, body, status) in [
        (JSON, b"\xef\xbb\xbf".to_vec(), StatusCode::BAD_REQUEST),
        (JSON, b"\xff\xfe{\0}\0".to_vec(), StatusCode::BAD_REQUEST),
        (
            "application/json; charset=utf-16",
            body.clone().into_bytes(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            "application/json; charset=gb18030",
            body.clone().into_bytes(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            "application/json; charset=",
            body.clone().into_bytes(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
    ] {
        let headers = [("content-type", content_type)];
        let (_, answer) = send(&app, request(&app, Method::POST, &headers, body)).await;
        assert_eq!(answer.status, status, "{content_type} {}", answer.body);
    }
    let headers = [
        ("content-type", JSON),
        ("accept", "application/graphql-response+json; charset=utf8"),
    ];
    let (headers, _) = send(&app, request(&app, Method::POST, &headers, body)).await;
    assert_eq!(headers["content-type"], format!("{GRAPHQL}; charset=utf-8"));
}

/// A field of an object of the variables that is given twice is no field.
#[tokio::test]
async fn fields_of_variables_are_given_once() {
    let app = TestApp::new(&Backend::Sqlite).await;
    for variables in [
        r#"{"n": 1, "n": 1}"#,
        r#"{"n": {"name": "a", "name": "b"}}"#,
        r#"{"m": 1, "n": [[{"name": "a", "n\u0061me": "a"}]]}"#,
    ] {
        let body = format!(r#"{{"query": "{{ __typename }}", "variables": {variables}}}"#);
        let headers = [("content-type", JSON)];
        let (_, answer) = send(&app, request(&app, Method::POST, &headers, body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{variables}");
        assert!(
            answer.message().contains("is given twice in one object"),
            "{}",
            answer.message()
        );
    }
}
