//! Cursors: they tell nothing, every list gives them to every role, and they are good for the list
//! that gave them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dialgraph::domain::viewer::Role;
use serde_json::Value;

use super::{lists, types, world};
use crate::{
    harness::{Backend, TestApp},
    on_both,
};

const NONE: &str = "`after` and `before` take a cursor that this very list gave, and this is none";

fn cursors(answer: &Value) -> Vec<String> {
    match answer {
        Value::Object(fields) => {
            let of = |(key, value): (&String, &Value)| match value {
                Value::String(text) if key == "cursor" || key.ends_with("Cursor") => {
                    vec![text.clone()]
                }
                value => cursors(value),
            };
            fields.iter().flat_map(of).collect()
        }
        Value::Array(items) => items.iter().flat_map(cursors).collect(),
        _ => Vec::new(),
    }
}

async fn first(app: &TestApp, role: Role, query: &str) -> String {
    cursors(&app.query_as(role, query).await.data())[0].clone()
}

on_both! {
    /// Every list in every order, for every role, though names hold numbers.
    every_list_gives_cursors_to_every_role = async |backend: Backend| {
        let app = world(&backend, ["2222", "7777"]).await;
        for role in [Role::Admin, Role::Manager, Role::Agent, Role::Analyst] {
            for query in [
                "{ tags(first: 200) { edges { cursor } } }",
                "{ callTags(first: 200) { edges { cursor } pageInfo { startCursor endCursor } } }",
                "{ agents(orderBy: [{field: NAME}]) { edges { cursor } } }",
                "{ tasks(orderBy: [{field: TASK_NAME}]) { edges { cursor } } }",
                "{ packages(orderBy: [{field: NAME}, {field: INDUSTRY}]) { edges { cursor } } }",
                "{ calls(orderBy: [{field: DEVICE_NAME}, {field: EXTERNAL_ID}]) { edges { cursor } } }",
                "{ grades(orderBy: [{field: LABEL}]) { edges { cursor } } }",
                "{ packages { nodes { tagSummaries { edges { cursor } } tasks(orderBy: [{field: TASK_NAME}]) { edges { cursor } } } } }",
                "{ calls { nodes { tagConnection { edges { cursor } } } } }",
                r#"{ reconciliation(from: "2026-11-19", to: "2026-11-19") { endCursor } }"#,
            ] {
                let data = app.query_as(role, query).await.data();
                let cursors = cursors(&data);
                assert!(!cursors.is_empty(), "{query}");
                for cursor in cursors {
                    let sealed = cursor.strip_prefix("c3.").unwrap();
                    let bytes = URL_SAFE_NO_PAD.decode(sealed).unwrap();
                    let text = String::from_utf8_lossy(&bytes);
                    for part in ["1371", "2222", "7777", "0001"] {
                        assert!(!text.contains(part), "{cursor} {text}");
                    }
                }
            }
        }
        let types = types(&app).await;
        for list in lists(&app, &types).await {
            let query = list.asked("first: 1", "edges { cursor } pageInfo { startCursor endCursor }");
            app.query_as(Role::Analyst, &query).await.data();
        }
    };

    /// Instances share the secret, and so the cursors.
    another_instance_takes_it = async |backend: Backend| {
        let app = world(&backend, ["2222", "7777"]).await;
        let other = app.another_process().await;
        for (role, query) in [
            (Role::Analyst, "{ tags(first: 5, AFTER) { nodes { tagValue } pageInfo { endCursor hasNextPage } } }"),
            (Role::Agent, "{ tags(first: 5, AFTER) { nodes { tagValue } pageInfo { endCursor hasNextPage } } }"),
            (Role::Analyst, "{ tasks(first: 5, orderBy: [{field: TASK_NAME}], AFTER) { nodes { taskName } pageInfo { endCursor hasNextPage } } }"),
        ] {
            let cursor = first(&app, role, &query.replace("AFTER", "")).await;
            assert_eq!(cursor, first(&other, role, &query.replace("AFTER", "")).await, "one place, one cursor");
            let next = query.replace("AFTER", &format!("after: {cursor:?}"));
            let data = other.query_as(role, &next).await.data();
            let rest = data.as_object().unwrap().values().next().unwrap();
            assert_eq!(rest["nodes"].as_array().unwrap().len(), 1, "{query}");
            assert_eq!(rest["pageInfo"]["hasNextPage"], false);
        }
    };

    /// Of another list, order, filter or reader; forged; of the form before.
    a_cursor_is_good_for_its_own_list = async |backend: Backend| {
        let app = world(&backend, ["2222", "7777"]).await;
        let by_name = first(&app, Role::Analyst, "{ agents(orderBy: [{field: NAME}]) { edges { cursor } } }").await;
        let of_manager = first(&app, Role::Manager, "{ agents(orderBy: [{field: NAME}]) { edges { cursor } } }").await;
        let ask = async |query: &str, cursor: &str| {
            let query = query.replace("CURSOR", &format!("{cursor:?}"));
            let answer = app.query_as(Role::Analyst, &query).await;
            if answer.body["errors"].is_null() {
                return String::new();
            }
            assert_eq!(answer.code(), "BAD_USER_INPUT");
            answer.message().to_owned()
        };
        let own = "{ agents(orderBy: [{field: NAME}], after: CURSOR) { totalCount } }";
        assert_eq!(ask(own, &by_name).await, "");
        let foreign = "this cursor belongs to another list, or to another `orderBy` or `filter` of this one: a cursor is good for the list that gave it";
        for query in [
            "{ agents(orderBy: [{field: NAME, direction: DESC}], after: CURSOR) { totalCount } }",
            "{ agents(after: CURSOR) { totalCount } }",
            "{ agents(orderBy: [{field: NAME}], filter: {isSeat: {eq: true}}, before: CURSOR) { totalCount } }",
            "{ tasks(after: CURSOR) { totalCount } }",
            "{ tags(before: CURSOR) { totalCount } }",
            r#"{ reconciliation(from: "2026-11-19", to: "2026-11-19", after: CURSOR) { totalRows } }"#,
        ] {
            assert_eq!(ask(query, &by_name).await, foreign, "{query}");
        }
        assert_eq!(ask(own, &of_manager).await, foreign);
        let old = URL_SAFE_NO_PAD.encode(r#"{"v":2,"l":"0123456789abcdef","k":[{"s":"1371"},{"i":3}]}"#);
        let turned: String = by_name.chars().rev().collect();
        for none in ["", "1", "c3.", "c2.AAAA", &old, &turned, &by_name[..by_name.len() - 3], &format!("{by_name}A"), &by_name[3..]] {
            assert_eq!(ask(own, none).await, NONE, "{none}");
        }
    };
}
