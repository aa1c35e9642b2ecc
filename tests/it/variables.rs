//! Variables that were not sent: what they stand for counts as left out, as the specification says.

use dialgraph::domain::viewer::Role;
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, call, ingest},
    on_both,
    writes::done,
};

async fn ask(app: &TestApp, query: &str, variables: Value) -> Value {
    app.query_with(Role::Admin, query, variables).await.data()
}

/// Where and why a payload says that nothing was written.
fn problems(payload: &Value) -> Vec<(String, String)> {
    let errors = payload["userErrors"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let path = |error: &Value| {
        let path = error["field"].as_array().unwrap().iter().map(text);
        path.collect::<Vec<_>>().join(".")
    };
    errors
        .map(|error| (path(error), text(&error["code"])))
        .collect()
}

on_both! {
    /// An update does not touch a field whose variable was not sent, and clears one that is null.
    a_field_without_a_variable_is_not_touched = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let create = r#"mutation { createPackage(input: {name: "包", totalLeads: 5, validLeads: 5, region: "江苏", industry: "教育"}) { package { id } } }"#;
        let id = app.data(create).await["createPackage"]["package"]["id"].clone();
        let update = "mutation($id: ID!, $name: String, $region: String, $industry: String) {
            updatePackage(input: {id: $id, name: $name, region: $region, industry: $industry}) { package { name region industry } userErrors { code } } }";
        let answer = ask(&app, update, json!({ "id": id, "region": null })).await;
        let expected = json!({ "package": { "name": "包", "region": null, "industry": "教育" }, "userErrors": [] });
        assert_eq!(answer["updatePackage"], expected);
    };

    /// A condition without its variable asks nothing; neither does an argument.
    a_condition_without_a_variable_asks_nothing = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let in_province = |id: &str, province: &str| {
            let mut call = call(id, "2026-11-19T01:00:00Z");
            call.details.province = Some(province.to_owned());
            call
        };
        ingest(&app.database.db, vec![in_province("1", "江苏"), in_province("2", "浙江")]).await;
        let query = "query($province: String, $task: DialTaskFilter, $first: Int, $more: [CallFilter!]) {
            calls(first: $first, filter: {province: {eq: $province}, task: $task, or: $more}) { ...F } }
            fragment F on CallConnection { nodes { externalId } totalCount(atMost: $first) }";
        let count = async |variables| ask(&app, query, variables).await["calls"]["totalCount"].clone();
        assert_eq!(count(json!({})).await, 2);
        assert_eq!(count(json!({ "province": "江苏" })).await, 1);
        assert_eq!(count(json!({ "first": 1 })).await, 1);
        let refused = app.query_with(Role::Admin, query, json!({ "task": null })).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT");
        // A variable that has to be sent still has to be.
        let needed = app.query("query($id: ID!) { call(id: $id) { id } }").await;
        assert_eq!(needed.code(), "BAD_USER_INPUT");
    };

    /// What is written does not depend on a condition whose variable was not sent, wherever that stands in
    /// the filter and whatever else is asked.
    nothing_is_written_by_half_a_filter = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let package = done(&app, "createPackage", "package { id }", json!({ "name": "P", "totalLeads": 1 })).await["package"]["id"].clone();
        for name in ["a", "b"] {
            done(&app, "createTask", "task { id }", json!({ "taskName": name })).await;
        }
        // Only what the body has may be declared.
        let declared = [
            ("$text", "StringFilter"), ("$word", "String"), ("$words", "[String!]"), ("$no", "Boolean"), ("$task", "DialTaskFilter"),
            ("$tasks", "[DialTaskFilter!]"), ("$calls", "CallsFilter"), ("$call", "CallFilter"),
        ];
        let mutation = |body: &str| {
            let is_used = |name: &str| body.split(|c: char| c != '$' && !c.is_ascii_alphanumeric()).any(|word| word == name);
            let used: Vec<String> = declared.iter().filter(|(name, _)| is_used(name)).map(|(name, of)| format!(", {name}: {of}")).collect();
            format!("mutation($package: ID{}) {{ assignTasks(input: {{ packageId: $package, {body} }}) {{ assigned userErrors {{ field code }} }} }}", used.concat())
        };
        let pending = "status: { eq: PENDING }";
        for (body, place) in [
            // Nothing is left of it: no task is left out.
            ("filter: { taskName: $text }".to_owned(), "input.filter"),
            ("filter: { and: $tasks }".to_owned(), "input.filter"),
            ("filter: { not: $task }".to_owned(), "input.filter"),
            ("filter: $task".to_owned(), "input.taskIds"),
            // Something is.
            (format!("filter: {{ {pending}, taskName: $text }}"), "input.filter.taskName"),
            (format!("filter: {{ {pending}, and: $tasks }}"), "input.filter.and"),
            (format!("filter: {{ {pending}, or: $tasks }}"), "input.filter.or"),
            (format!("filter: {{ {pending}, not: $task }}"), "input.filter.not"),
            (format!("filter: {{ {pending}, calls: $calls }}"), "input.filter.calls"),
            (format!("filter: {{ {pending}, calls: {{ none: {{ callTime: {{ isNull: true }} }}, some: $call }} }}"), "input.filter.calls.some"),
            (format!("filter: {{ {pending}, taskName: {{ ne: \"b\", startsWith: $word }} }}"), "input.filter.taskName.startsWith"),
            (format!("filter: {{ {pending}, taskName: {{ ne: \"b\", in: $words }} }}"), "input.filter.taskName.in"),
            (format!("filter: {{ {pending}, description: {{ eq: \"x\", isNull: $no }} }}"), "input.filter.description.isNull"),
            (format!("filter: {{ or: [{{ {pending} }}, {{ status: {{ eq: CANCELLED }}, taskName: $text }}] }}"), "input.filter.or.1.taskName"),
            (format!("filter: {{ and: [{{ {pending}, not: {{ taskName: {{ eq: \"b\" }}, description: $text }} }}] }}"), "input.filter.and.0.not.description"),
        ] {
            let answer = ask(&app, &mutation(&body), json!({ "package": package })).await["assignTasks"].clone();
            assert_eq!(problems(&answer), [(place.to_owned(), "REQUIRED".to_owned())], "{body}");
        }
        // A field of a fragment, beside another that says all.
        let query = "mutation($package: ID, $text: StringFilter) { ...F }
            fragment F on Mutation {
                none: assignTasks(input: { packageId: $package, filter: { taskName: { eq: \"none\" } } }) { assigned userErrors { field code } }
                half: assignTasks(input: { packageId: $package, filter: { status: { eq: PENDING }, taskName: $text } }) { assigned userErrors { field code } } }";
        let answer = ask(&app, query, json!({ "package": package })).await;
        assert!(problems(&answer["none"]).is_empty(), "{answer}");
        assert_eq!(problems(&answer["half"]), [("input.filter.taskName".to_owned(), "REQUIRED".to_owned())]);
        // An item that is not sent has no meaning at all, and null is as good as nothing sent.
        let item = app.query_with(Role::Admin, &mutation(&format!("filter: {{ {pending}, or: [$task] }}")), json!({ "package": package })).await;
        assert_eq!(item.code(), "BAD_USER_INPUT");
        for (field, body) in [("and", "$tasks"), ("or", "$tasks"), ("not", "$task")] {
            let null = mutation(&format!("filter: {{ {pending}, {field}: {body} }}"));
            let answer = ask(&app, &null, json!({ "package": package, "tasks": null, "task": null })).await["assignTasks"].clone();
            assert_eq!(problems(&answer), [(format!("input.filter.{field}"), "REQUIRED".to_owned())]);
        }
        let assigned = app.data("{ packages { nodes { tasks { totalCount } } } }").await["packages"]["nodes"][0]["tasks"]["totalCount"].clone();
        assert_eq!(assigned, 0);
        // With its variable each is what it says.
        let named = mutation(&format!("filter: {{ {pending}, taskName: $text }}"));
        let answer = ask(&app, &named, json!({ "package": package, "text": { "eq": "a" } })).await["assignTasks"].clone();
        assert_eq!(answer, json!({ "assigned": 1, "userErrors": [] }));
        // Lists that an answer shows leave such a condition out as before.
        let shown = "mutation($package: ID, $text: StringFilter) { assignTasks(input: { packageId: $package, filter: { taskName: { eq: \"b\" } } }) {
            assigned package { tasks(filter: { taskName: $text }) { totalCount } } userErrors { field code } } }";
        let answer = ask(&app, shown, json!({ "package": package })).await["assignTasks"].clone();
        assert_eq!(answer, json!({ "assigned": 1, "package": { "tasks": { "totalCount": 2 } }, "userErrors": [] }));
    };
}
