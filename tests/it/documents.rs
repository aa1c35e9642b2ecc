//! What documents may say by the specification, whatever async-graphql makes of it: escapes, the
//! one zero, fields that are asked for twice, and objects of which nothing is selected.

use axum::http::{Method, StatusCode};
use dialgraph::domain::viewer::Role;
use serde_json::json;

use crate::{
    harness::{Backend, TestApp, call, ingest, task},
    http_spec::{request, send},
    on_both,
};

on_both! {
    /// Escapes of all characters (2.9.4), and those that are none.
    every_character_can_be_escaped = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (number, (written, text)) in [
            (r#""\u{1F600}""#, "😀"),
            (r#""\uD83D\uDE01""#, "😁"),
            (r#""\u{4F60}\u597D""#, "你好"),
            (r#""\u{10FFFD}a""#, "\u{10FFFD}a"),
            (r#""a \\u{1F600}""#, r"a \u{1F600}"),
            (r#""""a \u{1F600} \""" b""""#, r#"a \u{1F600} """ b"#),
        ].into_iter().enumerate() {
            let mutation = format!(r#"mutation {{ createPackage(input: {{name: "{number}", totalLeads: 1, validLeads: 1, region: {written}}}) {{ package {{ region }} userErrors {{ message }} }} }}"#);
            let answer = app.data(&mutation).await;
            assert_eq!(answer["createPackage"], json!({ "package": { "region": text }, "userErrors": [] }), "{written}");
            // A read is remembered and read again from there.
            for _ in 0..2 {
                let query = format!("{{ packages(filter: {{region: {{eq: {written}}}}}) {{ totalCount }} }}");
                assert_eq!(app.data(&query).await["packages"]["totalCount"], 1, "{written}");
            }
        }
        for written in [r#""\uD83D""#, r#""\uDE00\uD83D""#, r#""\u{D83D}""#, r#""\u{110000}""#, r#""\u{}""#, r#""\x41""#] {
            let answer = app.query(&format!("{{ packages(filter: {{region: {{eq: {written}}}}}) {{ totalCount }} }}")).await;
            assert!(answer.message().contains("syntax error"), "{written} {}", answer.body);
            assert!(answer.body.get("data").is_none());
        }
    };

    /// A zero is an Int with a minus as well; a float is none.
    minus_zero_is_zero = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let mut dialled = call("1", "2026-11-19T01:00:00Z");
        dialled.duration = 0;
        ingest(&app.database.db, vec![dialled]).await;
        for (written, count) in [("{eq: -0}", 1), ("{in: [-0, 5]}", 1), ("{gt: -0}", 0), ("{in: -0}", 1)] {
            let answer = app.data(&format!("{{ calls(filter: {{duration: {written}}}) {{ totalCount }} }}")).await;
            assert_eq!(answer["calls"]["totalCount"], count, "{written}");
        }
        let query = "query($n: Int = -0) { calls(filter: {duration: {eq: $n}}) { totalCount } }";
        assert_eq!(app.data(query).await["calls"]["totalCount"], 1);
        for written in ["-0.0", "0.0", "-0e1", "2.0", "-01"] {
            let answer = app.query(&format!("{{ calls(filter: {{duration: {{eq: {written}}}}}) {{ totalCount }} }}")).await;
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{written} {}", answer.body);
            assert!(answer.body.get("data").is_none(), "{written} {}", answer.body);
        }
    };

    /// Two selections of one field are one field: it is resolved once (6.3.2).
    a_field_that_is_asked_for_twice_runs_once = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let create = |name: &str| format!(r#"createPackage(input: {{name: "{name}", totalLeads: 1, validLeads: 1}})"#);
        for (name, rest) in [
            ("甲", format!("{{ {create} {{ package {{ id }} }} {create} {{ package {{ name }} userErrors {{ code }} }} }}", create = create("甲"))),
            ("乙", format!("{{ ...A ...B }} fragment A on Mutation {{ {create} {{ package {{ id }} }} }} fragment B on Mutation {{ {create} {{ package {{ name }} userErrors {{ code }} }} }}", create = create("乙"))),
            ("丙", format!("{{ {create} {{ package {{ id }} }} ... on Mutation {{ ...A }} ...A }} fragment A on Mutation {{ {create} {{ package {{ name }} userErrors {{ code }} }} }}", create = create("丙"))),
        ] {
            let answer = app.data(&format!("mutation {rest}")).await;
            assert_eq!(answer["createPackage"]["userErrors"], json!([]), "{answer}");
            assert_eq!(answer["createPackage"]["package"]["name"], name, "{answer}");
            assert!(answer["createPackage"]["package"]["id"].is_string(), "{answer}");
        }
        assert_eq!(app.data("{ packages { totalCount } }").await["packages"]["totalCount"], 3);
        // Two of other names are two, in their order.
        let answer = app.data(&format!("mutation {{ a: {} {{ userErrors {{ code }} }} b: {} {{ userErrors {{ code }} }} }}", create("丁"), create("丁"))).await;
        assert_eq!(answer, json!({ "a": { "userErrors": [] }, "b": { "userErrors": [{ "code": "TAKEN" }] } }));
        // A page that two fragments ask for is read once.
        app.statements();
        let answer = app.data("{ ...A ...B } fragment A on Query { packages { nodes { name } } } fragment B on Query { packages { nodes { region } totalCount } }").await;
        assert_eq!(answer["packages"]["nodes"][0], json!({ "name": "丁", "region": null }));
        let statements = app.statements();
        let selects = statements.iter().filter(|statement| statement.contains("lead_packages"));
        assert_eq!(selects.count(), 2, "{statements:#?}");
    };

    /// An object of which nothing is selected is an object all the same.
    an_empty_object_is_no_null = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let mut dialled = call("1", "2026-11-19T01:00:00Z");
        dialled.task = Some(task("77"));
        ingest(&app.database.db, vec![dialled]).await;
        let page = app.data("{ calls { nodes { id task { id } } } }").await;
        let (id, task) = (&page["calls"]["nodes"][0]["id"], &page["calls"]["nodes"][0]["task"]["id"]);
        for (query, data) in [
            ("{ viewer { role @skip(if: true) } }".to_owned(), json!({ "viewer": {} })),
            ("{ calls { pageInfo { hasNextPage @include(if: false) } } }".to_owned(), json!({ "calls": { "pageInfo": {} } })),
            ("{ calls { nodes { ...F @skip(if: true) } } } fragment F on Call { id }".to_owned(), json!({ "calls": { "nodes": [{}] } })),
            ("{ viewer @skip(if: true) { role } }".to_owned(), json!({})),
            (format!("{{ node(id: {id}) {{ ... on Agent {{ name }} }} }}"), json!({ "node": {} })),
            (
                format!("{{ nodes(ids: [{id}, {task}]) {{ ... on Call {{ externalId }} }} }}"),
                json!({ "nodes": [{ "externalId": "1" }, {}] }),
            ),
            ("query($on: Boolean = false) { a: viewer { role @include(if: $on) } b: viewer { __typename @skip(if: $on) } }".to_owned(), json!({ "a": {}, "b": { "__typename": "Viewer" } })),
        ] {
            assert_eq!(app.data(&query).await, data, "{query}");
        }
    };

    /// A variable may stand in any directive, on `__typename` too.
    a_variable_of_a_condition_is_used = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for query in [
            "query($n: Boolean!) { viewer { role } __typename @include(if: $n) }",
            "query($n: Boolean!) { viewer { role } ... @include(if: $n) { __typename } }",
            "query($n: Boolean!) { viewer { role } ...F } fragment F on Query { __typename @include(if: $n) }",
            "query($n: Boolean!) { viewer { role } ...F @include(if: $n) } fragment F on Query { __typename }",
        ] {
            for (on, data) in [
                (true, json!({ "viewer": { "role": "ADMIN" }, "__typename": "Query" })),
                (false, json!({ "viewer": { "role": "ADMIN" } })),
            ] {
                let answer = app.query_with(Role::Admin, query, json!({ "n": on })).await;
                assert_eq!(answer.data(), data, "{query}");
            }
        }
        let unused = app.query_with(Role::Admin, "query($n: Boolean!) { __typename }", json!({ "n": true })).await;
        assert!(unused.message().contains("unused variable"), "{}", unused.body);
    };

    /// A link that changes something is one however it is written.
    no_way_of_writing_makes_a_link_a_change = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        for name in [r#""\u{1F600}""#, r#""\uD83D\uDE00""#, r#""""\""" ""}""""#, r#""x" # } query {"#] {
            let query = format!("mutation {{ createPackage(input: {{name: {name}\n totalLeads: -0 validLeads: -0}}) {{ package {{ id }} }} }}");
            let mut link = request(&app, Method::GET, &[], axum::body::Body::empty());
            *link.uri_mut() = format!("/graphql?query={}", encode(&query)).parse().unwrap();
            let (_, answer) = send(&app, link).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{}", answer.body);
        }
        assert_eq!(app.data("{ packages { totalCount } }").await["packages"]["totalCount"], 0);
    };
}
