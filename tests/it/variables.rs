//! Variables that were not sent: what they stand for counts as left out, as the specification says.

use dialgraph::domain::viewer::Role;
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, call, ingest},
    on_both,
};

async fn ask(app: &TestApp, query: &str, variables: Value) -> Value {
    app.query_with(Role::Admin, query, variables).await.data()
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
}
