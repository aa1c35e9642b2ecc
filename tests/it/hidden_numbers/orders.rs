//! Orders: where a text stands tells nothing of the digits that are masked in it.

use dialgraph::domain::viewer::Role;
use serde_json::{Value, json};

use super::{lists, types, world};
use crate::{
    harness::{Backend, TestApp},
    on_both,
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
