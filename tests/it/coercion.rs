//! Variables become what their types say before anything of the operation runs (specification,
//! 6.1.2): what cannot is refused with all its problems, and nothing was done.

use axum::http::{Method, StatusCode};
use dialgraph::domain::viewer::Role;
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, call, ingest},
    http_spec::{JSON, post, request, send},
    on_both,
};

const GRAPHQL: &str = "application/graphql-response+json";
const FIRST: &str = r#"a: createPackage(input: {name: "甲", totalLeads: 1, validLeads: 1}) { userErrors { code } }"#;

/// Operations that would change something before they meet a variable that cannot be used: their
/// variables, what is declared, where it is used, and what is said of it.
#[expect(clippy::too_many_lines, reason = "one entry a document")]
fn refused() -> Vec<(Value, &'static str, &'static str, &'static str)> {
    const NAMED: &str =
        "b: createPackage(input: {name: $n, totalLeads: 1, validLeads: 1}) { userErrors { code } }";
    const COUNTED: &str = r#"b: createPackage(input: {name: "乙", totalLeads: $n, validLeads: 1}) { userErrors { code } }"#;
    const WHOLE: &str = "b: createPackage(input: $n) { userErrors { code } }";
    const DAY: &str = "b: computeDailyMetrics(input: {date: $n}) { userErrors { code } }";
    const SKIPPED: &str = r#"b: createPackage(input: {name: "乙", totalLeads: 1, validLeads: 1}) @skip(if: $n) { userErrors { code } }"#;
    const ASSIGNED: &str = "b: assignTasks(input: {taskIds: $n}) { userErrors { code } }";
    vec![
        (json!({}), "$n: String!", NAMED, "`$n` was not sent"),
        (
            json!({ "n": null }),
            "$n: String!",
            NAMED,
            "`$n` must not be null",
        ),
        (
            json!({ "n": 5 }),
            "$n: String!",
            NAMED,
            "`$n` must be a text (String), and is 5",
        ),
        (
            json!({ "n": ["x"] }),
            "$n: String!",
            NAMED,
            "`$n` must be a text (String), and is a list",
        ),
        (
            json!({ "n": 3_000_000_000_i64 }),
            "$n: Int!",
            COUNTED,
            "and is 3000000000",
        ),
        (
            json!({ "n": -2_147_483_649_i64 }),
            "$n: Int!",
            COUNTED,
            "and is -2147483649",
        ),
        (json!({ "n": 60.5 }), "$n: Int!", COUNTED, "and is 60.5"),
        // Neither is the number that was sent, as far as that can be known.
        (
            json!({ "n": 9_007_199_254_740_994.0 }),
            "$n: Int!",
            COUNTED,
            "and is a number of 9007199254740992 or more, which is not read exactly",
        ),
        (
            json!({ "n": -1e17 }),
            "$n: Int!",
            COUNTED,
            "and is a number of -9007199254740992 or less, which is not read exactly",
        ),
        (
            json!({ "n": "60" }),
            "$n: Int!",
            COUNTED,
            "`$n` must be a whole number (Int)",
        ),
        (
            json!({ "n": true }),
            "$n: Int!",
            COUNTED,
            "`$n` must be a whole number (Int)",
        ),
        (
            json!({ "n": [] }),
            "$n: CreatePackageInput!",
            WHOLE,
            "`$n` must be an object",
        ),
        (
            json!({ "n": 7 }),
            "$n: CreatePackageInput!",
            WHOLE,
            "`$n` must be an object",
        ),
        (
            json!({ "n": {} }),
            "$n: CreatePackageInput!",
            WHOLE,
            "`$n.name` is missing",
        ),
        (
            json!({ "n": { "name": null } }),
            "$n: CreatePackageInput!",
            WHOLE,
            "`$n.name` must not be null",
        ),
        (
            json!({ "n": { "name": "乙", "naam": 1 } }),
            "$n: CreatePackageInput!",
            WHOLE,
            "`$n.naam` is no field of CreatePackageInput",
        ),
        (
            json!({ "n": "2026-02-30" }),
            "$n: Date!",
            DAY,
            "`$n` cannot be read: a day is written as",
        ),
        (
            json!({ "n": 20_261_119 }),
            "$n: Date!",
            DAY,
            "`$n` cannot be read: a day is written as",
        ),
        (json!({}), "$n: Boolean!", SKIPPED, "`$n` was not sent"),
        (
            json!({ "n": "false" }),
            "$n: Boolean!",
            SKIPPED,
            "`$n` must be true or false",
        ),
        (
            json!({ "n": null }),
            "$n: Boolean = true",
            SKIPPED,
            "`$n` must not be null: `@skip` needs true or false",
        ),
        (
            json!({ "n": [null] }),
            "$n: [ID!]!",
            ASSIGNED,
            "`$n[0]` must not be null",
        ),
        (
            json!({ "n": [1.5] }),
            "$n: [ID!]!",
            ASSIGNED,
            "`$n[0]` must be a text or a whole number (ID)",
        ),
    ]
}

on_both! {
    /// Whatever is wrong with the variables: 400, no data, and nothing was done.
    nothing_runs_with_variables_that_cannot_be_used = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (variables, declared, second, words) in refused() {
            let query = format!("mutation({declared}) {{ {FIRST} {second} }}");
            let body = json!({ "query": query, "variables": variables });
            for (accept, status) in [(GRAPHQL, StatusCode::BAD_REQUEST), (JSON, StatusCode::OK)] {
                let (_, answer) = post(&app, accept, body.clone()).await;
                assert_eq!((answer.status, answer.code()), (status, "BAD_USER_INPUT"), "{body} {}", answer.body);
                assert!(answer.message().contains(words), "{body} {}", answer.body);
                assert!(answer.body.get("data").is_none(), "{}", answer.body);
                let place = &answer.body["errors"][0]["locations"][0];
                assert!(place["line"].is_u64(), "{}", answer.body);
            }
        }
        assert_eq!(app.data("{ packages { totalCount } }").await["packages"]["totalCount"], 0);
    };

    /// Reads as well, over both methods, and whichever operation of the document is meant.
    reads_are_refused_alike = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let query = "query A($n: Boolean!) { packages @include(if: $n) { totalCount } } query B { __typename }";
        for (name, status) in [("A", StatusCode::BAD_REQUEST), ("B", StatusCode::OK)] {
            let (_, answer) = post(&app, GRAPHQL, json!({ "query": query, "operationName": name })).await;
            assert_eq!(answer.status, status, "{}", answer.body);
        }
        for (variables, status) in [("{}", StatusCode::BAD_REQUEST), (r#"{"n": 1}"#, StatusCode::BAD_REQUEST), (r#"{"n": true}"#, StatusCode::OK)] {
            let mut link = request(&app, Method::GET, &[("accept", GRAPHQL)], axum::body::Body::empty());
            let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
            let (query, variables) = (encode(query), encode(variables));
            *link.uri_mut() = format!("/graphql?query={query}&operationName=A&variables={variables}").parse().unwrap();
            let (_, answer) = send(&app, link).await;
            assert_eq!(answer.status, status, "{variables} {}", answer.body);
            assert_eq!(answer.body.get("data").is_none(), status == StatusCode::BAD_REQUEST);
        }
        let ambiguous = app.query("query A { viewer { role } } query B { __typename }").await;
        assert!(ambiguous.message().contains("say by `operationName`"), "{}", ambiguous.body);
        assert!(ambiguous.body.get("data").is_none());
        // What nobody declared is not looked at.
        let more = app.query_with(Role::Admin, "query($n: Boolean!) { packages @include(if: $n) { totalCount } }", json!({ "n": false, "m": [] }));
        assert_eq!(more.await.data(), json!({}));
    };

    /// All problems of all variables at once, each with its path; nothing is imported.
    every_problem_is_told_at_once = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let row = |id: &str, duration: Value| json!({ "externalId": id, "callTime": "2026-11-19T02:00:00Z", "result": "CONNECTED", "duration": duration });
        let query = "mutation($input: ImportCallsInput!, $first: Int, $filter: CallFilter) {
            importCalls(input: $input) { created calls: results { status } } }";
        let query = format!("{query} query Q($first: Int, $filter: CallFilter) {{ calls(first: $first, filter: $filter) {{ totalCount }} }}");
        let query = query.replace("mutation(", "mutation M(").replace(", $first: Int, $filter: CallFilter) {\n", ") {\n");
        let rows = json!([row("1", json!(60)), row("2", json!("x")), row("3", json!(61.0)), row("4", json!(60.5)), 5, { "tags": [{ "tagName": 1 }] }]);
        let body = json!({ "query": query, "operationName": "M", "variables": { "input": { "rows": rows, "idempotencyKey": 7 } } });
        let (_, answer) = post(&app, GRAPHQL, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        let errors = answer.body["errors"].as_array().unwrap();
        let places: Vec<_> = errors.iter().map(|error| error["extensions"]["variable"].as_str().unwrap()).collect();
        let expected = [
            "$input.idempotencyKey", "$input.rows[1].duration", "$input.rows[3].duration", "$input.rows[4]",
            "$input.rows[5].tags[0].tagName", "$input.rows[5].tags[0].tagValue",
        ];
        let mut sorted = places.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected, "{}", answer.body);
        for error in errors {
            let place = error["extensions"]["variable"].as_str().unwrap();
            assert!(error["message"].as_str().unwrap().starts_with(&format!("`{place}` ")), "{error}");
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
        }
        assert!(errors.iter().any(|error| error["message"].as_str().unwrap().ends_with("and is 60.5")));
        assert_eq!(app.data("{ calls { totalCount } }").await["calls"]["totalCount"], 0);
    };

    /// JSON has one kind of number: a whole one is an Int however it is written, wherever one is
    /// wanted, and a single value is a list of one.
    whole_numbers_are_ints = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let text = r#"{"n": {"name": "甲", "totalLeads": 20.0, "validLeads": 1e1}, "k": 2.0}"#;
        let body = format!(
            r#"{{"query": "mutation($n: CreatePackageInput!, $k: Int) {{ createPackage(input: $n) {{ package {{ totalLeads validLeads tasks(first: $k) {{ totalCount(atMost: $k) }} }} userErrors {{ message }} }} }}", "variables": {text}}}"#
        );
        let (_, answer) = send(&app, request(&app, Method::POST, &[("content-type", JSON)], body)).await;
        let expected = json!({ "package": { "totalLeads": 20, "validLeads": 10, "tasks": { "totalCount": 0 } }, "userErrors": [] });
        assert_eq!(answer.data()["createPackage"], expected);

        let rows = r#"{"externalId": "1", "callTime": "2026-11-19T02:00:00Z", "result": "CONNECTED", "duration": 60.0}"#;
        let body = format!(
            r#"{{"query": "mutation($rows: [ImportCallRow!]!) {{ importCalls(input: {{rows: $rows}}) {{ created invalid }} }}", "variables": {{"rows": {rows}}}}}"#
        );
        let (_, answer) = send(&app, request(&app, Method::POST, &[("content-type", JSON)], body)).await;
        assert_eq!(answer.data()["importCalls"], json!({ "created": 1, "invalid": 0 }));

        let query = "query($f: CallFilter, $first: Int) { calls(filter: $f, first: $first) { totalCount nodes { duration } } }";
        for (filter, count) in [
            (r#"{"duration": {"gte": 60.0}}"#, 1),
            (r#"{"duration": {"in": 60.0}}"#, 1),
            (r#"{"duration": {"in": [6e1, -0.0]}}"#, 1),
            (r#"{"or": {"duration": {"lt": 60.0}}}"#, 0),
        ] {
            let variables = format!(r#"{{"f": {filter}, "first": 200.0}}"#);
            let body = format!(r#"{{"query": "{query}", "variables": {variables}}}"#);
            let (_, answer) = send(&app, request(&app, Method::POST, &[("content-type", JSON)], body)).await;
            // The cost knows the page as well.
            let cost = answer.body["extensions"]["cost"]["requested"].as_u64().unwrap();
            assert!(cost > 200, "{}", answer.body);
            assert_eq!(answer.data()["calls"]["totalCount"], count, "{filter}");
        }
    };

    /// What a service judges it still judges by rows: a time or an amount of the wrong form, and
    /// too many seconds.
    services_judge_rows = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingest(&app.database.db, vec![call("1", "2026-11-19T01:00:00Z")]).await;
        let id = app.data("{ calls { nodes { id } } }").await["calls"]["nodes"][0]["id"].clone();
        for (mutation, input, fields) in [
            ("createCall", json!({ "callTime": "10:00", "result": "BUSY", "duration": 3_000_000_000_i64, "billedAmount": 0.5 }), &["billedAmount", "callTime", "duration"][..]),
            ("updateCall", json!({ "id": id, "callTime": 5, "duration": 3e9, "billedAmount": {} }), &["billedAmount", "callTime", "duration"]),
            ("createPackage", json!({ "name": "甲", "costPerLead": 1, "totalCost": "x" }), &["costPerLead", "totalCost"]),
            ("createTask", json!({ "taskName": "甲", "startTime": "x", "endTime": [] }), &["endTime", "startTime"]),
            ("upsertGrade", json!({ "code": "X", "label": "x", "patterns": [], "unitPrice": 9 }), &["unitPrice"]),
            ("createAccessToken", json!({ "name": "x", "role": "ANALYST", "expiresAt": "tomorrow" }), &["expiresAt"]),
        ] {
            let (first, rest) = mutation.split_at(1);
            let query = format!("mutation($input: {}{rest}Input!) {{ {mutation}(input: $input) {{ userErrors {{ field }} }} }}", first.to_uppercase());
            let answer = app.query_with(Role::Admin, &query, json!({ "input": input })).await.data();
            let errors = answer[mutation]["userErrors"].as_array().unwrap();
            for field in fields {
                assert!(errors.iter().any(|error| error["field"][1] == *field), "{mutation} {field} {answer}");
            }
        }
    };
}
