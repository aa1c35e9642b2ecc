//! A field that fails is null, and what must not be null around it as well (specification, 6.4.4).

use dialgraph::domain::viewer::Role;
use serde_json::json;

use crate::{
    harness::{Backend, TestApp, call, ingest, task},
    on_both,
};

on_both! {
    /// The failure of a field that must not be null takes everything with it up to the next thing
    /// that may be null; its siblings are as they are elsewhere.
    a_failure_goes_up_to_what_may_be_null = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let mut dialled = call("1", "2026-11-19T01:00:00Z");
        dialled.task = Some(task("77"));
        ingest(&app.database.db, vec![dialled]).await;
        let page = app.data("{ calls { nodes { id task { id } } } }").await;
        let call = page["calls"]["nodes"][0].clone();
        let (id, task) = (call["id"].as_str().unwrap(), call["task"]["id"].as_str().unwrap());
        for (query, data, path) in [
            // Lists must not be null: nothing is left.
            ("{ viewer { role } calls(first: -1) { totalCount } }".to_owned(), json!(null), json!(["calls"])),
            ("{ viewer { role } ...F } fragment F on Query { a: calls(first: -1) { totalCount } }".to_owned(), json!(null), json!(["a"])),
            // One task may be null.
            (
                format!(r#"{{ viewer {{ role }} task(id: "{task}") {{ id calls(first: -1) {{ totalCount }} }} }}"#),
                json!({ "viewer": { "role": "ADMIN" }, "task": null }),
                json!(["task", "calls"]),
            ),
            // So may each node of several, whatever type it has.
            (
                format!(r#"{{ nodes(ids: ["{id}", "{task}"]) {{ id ... on DialTask {{ b: calls(first: -1) {{ totalCount }} }} }} }}"#),
                json!({ "nodes": [{ "id": id }, null] }),
                json!(["nodes", 1, "b"]),
            ),
            // And the task of a call.
            (
                "{ calls { edges { node { ...F } } } } fragment F on Call { task { calls(first: -1) { totalCount } } result }".to_owned(),
                json!({ "calls": { "edges": [{ "node": { "task": null, "result": "NO_ANSWER" } }] } }),
                json!(["calls", "edges", 0, "node", "task", "calls"]),
            ),
            // Nothing else was asked for: the answer is an object all the same.
            (r#"{ package(id: "bad") { id } }"#.to_owned(), json!({ "package": null }), json!(["package"])),
            (r#"{ a: task(id: "x") { id } }"#.to_owned(), json!({ "a": null }), json!(["a"])),
            (r#"{ ...F } fragment F on Query { call(id: "MQ") { id } }"#.to_owned(), json!({ "call": null }), json!(["call"])),
            (
                format!(r#"{{ task(id: "{task}") {{ calls(first: -1) {{ totalCount }} }} }}"#),
                json!({ "task": null }),
                json!(["task", "calls"]),
            ),
            (
                format!(r#"{{ nodes(ids: ["{task}", "{id}"]) {{ ... on DialTask {{ calls(last: 0, first: 1) {{ totalCount }} }} }} }}"#),
                json!({ "nodes": [null, {}] }),
                json!(["nodes", 0, "calls"]),
            ),
            // What may be null itself takes nothing with it, and stands in its place.
            (
                r#"{ package(id: "x") { id } viewer { role } }"#.to_owned(),
                json!({ "package": null, "viewer": { "role": "ADMIN" } }),
                json!(["package"]),
            ),
        ] {
            let answer = app.query(&query).await.body;
            assert_eq!((&answer["data"], &answer["errors"][0]["path"]), (&data, &path), "{query}\n{answer}");
            let keys = |value: &serde_json::Value| value.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
            assert_eq!(keys(&answer["data"]), keys(&data));
        }
        let answer = app.query_as(Role::Analyst, "{ viewer { role } auditLog { totalCount } }").await;
        assert_eq!((answer.code(), &answer.body["data"]), ("FORBIDDEN", &json!(null)));
    };
}
