//! Orders: where a text stands tells nothing of the digits that are masked in it.

use dialgraph::domain::{dialing::Tag, incoming::PlatformTask, viewer::Role};
use serde_json::{Value, json};

use super::{lists, types, world};
use crate::{
    harness::{Backend, TestApp, call, ingest},
    on_both,
    writes::done,
};

async fn names(app: &TestApp, role: Role, query: &str) -> Vec<Value> {
    let data = app.query_as(role, query).await.data();
    let list = data.as_object().unwrap().values().next().unwrap();
    let nodes = list["nodes"].as_array().unwrap();
    let name = |node: &Value| node.as_object().unwrap().values().next().unwrap().clone();
    nodes.iter().map(name).collect()
}

on_both! {
    /// Texts with a number stand at the end for those who see it masked, and by themselves for others.
    a_number_stands_at_the_end = async |backend: Backend| {
        let app = world(&backend, ["7777", "2222"]).await;
        for query in [
            "{ agents(orderBy: [{field: NAME}]) { nodes { name } } }",
            "{ tasks(orderBy: [{field: TASK_NAME}]) { nodes { taskName } } }",
            "{ packages(orderBy: [{field: REGION}, {field: ID}]) { nodes { region } } }",
            "{ calls(orderBy: [{field: PROVINCE}, {field: ID}]) { nodes { province } } }",
            "{ tags { nodes { tagValue } } }",
        ] {
            assert_eq!(names(&app, Role::Agent, query).await, ["1371", "13722220002", "1375", "13777770001", "1379", "王"], "{query}");
            // By their ids; where there is none, by what is shown.
            let numbers = ["137****0001", "137****0002"];
            assert_eq!(names(&app, Role::Analyst, query).await, [&["1371", "1375", "1379", "王"][..], &numbers].concat(), "{query}");
        }
        let query = "{ agents(orderBy: [{field: NAME, direction: DESC}, {field: ID}]) { nodes { name } } }";
        assert_eq!(names(&app, Role::Agent, query).await, ["王", "1379", "13777770001", "1375", "13722220002", "1371"]);
        assert_eq!(names(&app, Role::Analyst, query).await, ["王", "1379", "1375", "1371", "137****0001", "137****0002"]);
    };

    /// Nothing is ordered by the number, and by texts about the person dialled.
    some_orders_are_refused = async |backend: Backend| {
        let app = world(&backend, ["7777", "2222"]).await;
        for (field, name) in [("PHONE_NUMBER", "phoneNumber"), ("CUSTOMER_NAME", "customerName"), ("COMPANY", "company")] {
            for query in ["{ calls(orderBy: [ORDER]) { totalCount } }", "{ tasks { nodes { calls(orderBy: [{field: ID}, ORDER]) { totalCount } } } }"] {
                let query = query.replace("ORDER", &format!("{{field: {field}}}"));
                let refused = app.query_as(Role::Analyst, &query).await;
                let message = format!("no list is ordered by `{name}`, because your role sees them masked (SEE_PHONE_NUMBERS is for ADMIN, MANAGER, AGENT)");
                assert_eq!((refused.code(), refused.message()), ("FORBIDDEN", message.as_str()));
                app.query_as(Role::Agent, &query).await.data();
            }
        }
    };

    /// Two databases that differ in the masked digits alone answer every list in every order alike; and a
    /// walk in pages of one brings every row once.
    no_order_of_the_schema_tells_digits = async |backend: Backend| {
        let apps = [world(&backend, ["2222", "7777"]).await, world(&backend, ["7777", "2222"]).await];
        let types = types(&apps[0]).await;
        let (mut alike, mut told) = (0, 0);
        for list in lists(&apps[0], &types).await {
            let fields = list.fields(&types);
            let mut orders = vec![String::new()];
            for field in types[&format!("{}Field", list.order)]["enumValues"].as_array().unwrap() {
                for direction in ["ASC", "DESC"] {
                    orders.push(format!("orderBy: [{{field: {}, direction: {direction}}}]", field["name"].as_str().unwrap()));
                }
            }
            for order in orders {
                let query = list.asked(&format!("first: 200 {order}"), &format!("totalCount nodes {{ {fields} }}"));
                let mut answers = Vec::new();
                for app in &apps {
                    answers.push(app.query_as(Role::Analyst, &query).await.body);
                }
                assert_eq!(answers[0]["data"], answers[1]["data"], "{query}");
                alike += 1;
                let mut seen = Vec::new();
                for app in &apps {
                    seen.push(app.query(&query).await.body["data"].to_string().replace("2222", "7777"));
                }
                told += usize::from(seen[0] != seen[1]);
                if let Some(whole) = root(&answers[0]) {
                    let (first, after) = if order.ends_with("ASC}]") { ("last", "before") } else { ("first", "after") };
                    assert_eq!(walk(&apps[0], &list, &order, &fields, first, after).await, whole["nodes"], "{query} {first}");
                }
            }
        }
        // Whoever sees the numbers finds those databases different in many orders.
        assert!(alike > 200 && told > 20, "{alike} alike, {told} told");
    };

    /// Rows that look alike to those who see numbers masked stand in an order that tells nothing of the
    /// digits, and a walk in pages of one brings each once.
    texts_that_look_alike_tell_nothing_by_their_order = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        // The number with the n-th middle has n + 1 calls, by which it is known here.
        let tag = |n: usize| Tag { name: "num".to_owned(), value: format!("137{:04}0001", 1000 + n) };
        let mut batch = Vec::new();
        for first in 0..ALIKE {
            let mut call = call(&format!("c-{first}"), "2026-11-19T01:00:00Z");
            call.task = Some(PlatformTask { external_id: "t".to_owned(), name: Some("task".to_owned()), package: None });
            call.tags = (first..ALIKE).map(tag).collect();
            batch.push(call);
        }
        ingest(&app.database.db, batch).await;
        let input = json!({ "name": "P", "totalLeads": 10, "rules": [{ "match": "PREFIX", "text": "task" }] });
        done(&app, "createPackage", "package { id }", input).await;
        let told: Vec<usize> = (1..=ALIKE).collect();
        for (open, close) in [("tags", ""), ("packages { nodes { tagSummaries", "} }")] {
            let query = |arguments: &str| format!("{{ {open}({arguments}) {{ nodes {{ tagValue tagCount }} pageInfo {{ hasNextPage endCursor }} }} {close} }}");
            let seen = app.query(&query("first: 200")).await.data();
            assert_eq!(counts(&list_in(&seen)["nodes"]), told, "whoever sees them has them by their digits");
            let whole = app.query_as(Role::Analyst, &query("first: 200")).await.data();
            let shuffled = counts(&list_in(&whole)["nodes"]);
            let mut sorted = shuffled.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, told);
            assert!(!shuffled.is_sorted() && !shuffled.iter().rev().is_sorted(), "{shuffled:?}");
            let mut walked = Vec::new();
            let mut place = String::new();
            loop {
                let data = app.query_as(Role::Analyst, &query(&format!("first: 1 {place}"))).await.data();
                let page = list_in(&data);
                walked.extend(counts(&page["nodes"]));
                if page["pageInfo"]["hasNextPage"] != json!(true) {
                    break;
                }
                assert!(walked.len() < ALIKE, "{walked:?}");
                place = format!("after: {}", page["pageInfo"]["endCursor"]);
            }
            assert_eq!(walked, shuffled);
        }
    };
}

/// So many numbers look alike.
const ALIKE: usize = 12;

/// The innermost list of an answer.
fn list_in(answer: &Value) -> &Value {
    let tags = &answer["tags"];
    if tags.is_object() {
        return tags;
    }
    &answer["packages"]["nodes"][0]["tagSummaries"]
}

fn counts(nodes: &Value) -> Vec<usize> {
    let nodes = nodes.as_array().unwrap().iter();
    let count = |node: &Value| usize::try_from(node["tagCount"].as_u64().unwrap()).unwrap();
    nodes.map(count).collect()
}

/// The list, if it is one at the root.
fn root(answer: &Value) -> Option<&Value> {
    let list = answer["data"].as_object()?.values().next()?;
    list.get("totalCount").map(|_| list)
}

/// All items, in pages of one.
async fn walk(
    app: &TestApp,
    list: &super::List,
    order: &str,
    fields: &str,
    first: &str,
    after: &str,
) -> Value {
    let info = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
    let mut place = String::new();
    let mut items = Vec::new();
    loop {
        let arguments = format!("{first}: 1 {order} {place}");
        let query = list.asked(&arguments, &format!("nodes {{ {fields} }} {info}"));
        let data = app.query_as(Role::Analyst, &query).await.data();
        let page = data.as_object().unwrap().values().next().unwrap().clone();
        items.extend(page["nodes"].as_array().unwrap().iter().cloned());
        let (has_more, cursor) = match first {
            "first" => ("hasNextPage", "endCursor"),
            _ => ("hasPreviousPage", "startCursor"),
        };
        if page["pageInfo"][has_more] != json!(true) {
            if first == "last" {
                items.reverse();
            }
            return Value::Array(items);
        }
        assert!(items.len() < 100, "{query} goes on for ever");
        place = format!("{after}: {}", page["pageInfo"][cursor]);
    }
}
