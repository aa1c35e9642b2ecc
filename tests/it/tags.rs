//! Tags once each with how many calls have them, of all calls and of a package.

use dialgraph::domain::dialing::{CallSource, Tag};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, call, ingest, package, task},
    on_both,
};

/// Five calls of two tasks, one of which belongs to a package, and one of none.
async fn fill(app: &TestApp) {
    let db = &app.database.db;
    let with = |id: &str, of: Option<&str>, tags: &[(&str, &str)]| {
        let mut call = call(id, "2026-11-19T01:00:00Z");
        call.task = of.map(task);
        call.tags = tags
            .iter()
            .map(|(name, value)| Tag {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
            })
            .collect();
        call
    };
    ingest(
        db,
        vec![
            with("1", Some("1"), &[("level", "high"), ("age", "30")]),
            with("2", Some("1"), &[("level", "low")]),
            with("3", Some("1"), &[("level", "low")]),
            with("4", Some("1"), &[("level", "low")]),
            with("5", Some("2"), &[("level", "high")]),
            with("6", None, &[("level", "none")]),
        ],
    )
    .await;
    let of = package(db, "江苏包", "2026-11-01T00:00:00Z").await;
    let tx = db.begin().await.unwrap();
    let (first, _) = dialgraph::store::tasks::unlinked_of(&tx, CallSource::Guanke)
        .await
        .unwrap()[0]
        .clone();
    crate::harness::give(&tx, &[first], of).await;
    tx.commit().await.unwrap();
}

fn rows(list: &Value) -> Vec<(String, String, i64)> {
    let row = |node: &Value| {
        let text = |field: &str| node[field].as_str().unwrap().to_owned();
        let count = node["tagCount"].as_i64().unwrap();
        (text("tagName"), text("tagValue"), count)
    };
    list["nodes"].as_array().unwrap().iter().map(row).collect()
}

fn row(name: &str, value: &str, count: i64) -> (String, String, i64) {
    (name.to_owned(), value.to_owned(), count)
}

on_both! {
    /// Each name and value once, in one statement that reads no calls, paged and ordered like any
    /// list.
    tags_are_listed_once_with_how_many_calls_have_them = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        app.statements();
        let data = app.data("{ tags { nodes { tagName tagValue tagCount } } }").await;
        let statements = app.statements();
        assert_eq!(statements.len(), 1);
        assert!(!statements[0].contains("\"calls\" AS") && !statements[0].contains("call_tags"), "{statements:?}");
        let all = [row("age", "30", 1), row("level", "high", 2), row("level", "low", 3), row("level", "none", 1)];
        assert_eq!(rows(&data["tags"]), all);

        let by_count = "orderBy: [{field: TAG_COUNT, direction: DESC}, {field: TAG_VALUE}]";
        let query = |arguments: &str| format!("{{ tags({arguments}) {{ nodes {{ tagName tagValue tagCount }} pageInfo {{ endCursor hasNextPage hasPreviousPage }} totalCount }} }}");
        let first = app.data(&query(&format!("first: 3, {by_count}"))).await;
        assert_eq!(rows(&first["tags"]), [row("level", "low", 3), row("level", "high", 2), row("age", "30", 1)]);
        assert_eq!(first["tags"]["totalCount"], 4);
        let cursor = first["tags"]["pageInfo"]["endCursor"].as_str().unwrap();
        let rest = app.data(&query(&format!(r#"after: "{cursor}", {by_count}"#))).await;
        assert_eq!(rows(&rest["tags"]), [row("level", "none", 1)]);
        assert_eq!(rest["tags"]["pageInfo"]["hasPreviousPage"], true);
        let some = app.data(&query(r#"filter: {tagName: {eq: "level"}, tagCount: {gte: 2}}"#)).await;
        assert_eq!(rows(&some["tags"]), [row("level", "high", 2), row("level", "low", 3)]);
    };

    /// Of 4 answers to level in the package, 1 is high: a share of 25.
    a_package_has_its_own_tags_and_their_shares = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        package(&app.database.db, "空包", "2026-10-01T00:00:00Z").await;
        app.statements();
        let data = app.data("{ packages { nodes { name
            tagSummaries { nodes { tagName tagValue tagCount percentage } totalCount }
            top: tagSummaries(first: 1, orderBy: {field: PERCENTAGE, direction: DESC}, filter: {tagName: {eq: \"level\"}}) { nodes { tagValue percentage } pageInfo { hasNextPage } } } } }").await;
        // The packages, both lists of their tags, and one count.
        assert_eq!(app.statements().len(), 4);
        let package = &data["packages"]["nodes"][0];
        assert_eq!(package["tagSummaries"]["nodes"], json!([
            { "tagName": "age", "tagValue": "30", "tagCount": 1, "percentage": 100.0 },
            { "tagName": "level", "tagValue": "high", "tagCount": 1, "percentage": 25.0 },
            { "tagName": "level", "tagValue": "low", "tagCount": 3, "percentage": 75.0 },
        ]));
        assert_eq!(package["tagSummaries"]["totalCount"], 3);
        assert_eq!(package["top"], json!({ "nodes": [{ "tagValue": "low", "percentage": 75.0 }], "pageInfo": { "hasNextPage": true } }));
        let empty = &data["packages"]["nodes"][1];
        assert_eq!(empty["tagSummaries"], json!({ "nodes": [], "totalCount": 0 }));
    };

    /// Counts follow whatever happens to the calls.
    counts_follow_the_calls = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        let tagged = async || rows(&app.data("{ tags(filter: {tagName: {eq: \"level\"}}) { nodes { tagName tagValue tagCount } } }").await["tags"]);
        let mut again = call("2", "2026-11-19T01:00:00Z");
        again.tags = vec![Tag { name: "level".to_owned(), value: "high".to_owned() }];
        ingest(&app.database.db, vec![again]).await;
        assert_eq!(tagged().await, [row("level", "high", 3), row("level", "low", 2), row("level", "none", 1)]);
        // Call 2 has no task any more, so that the package lost it.
        let data = app.data("{ packages { nodes { tagSummaries(filter: {tagName: {eq: \"level\"}}) { nodes { tagName tagValue tagCount } } } } }").await;
        assert_eq!(rows(&data["packages"]["nodes"][0]["tagSummaries"]), [row("level", "high", 1), row("level", "low", 2)]);
        let task = app.data("{ tasks(filter: {externalId: {eq: \"1\"}}) { nodes { id } } }").await["tasks"]["nodes"][0]["id"].clone();
        app.data(&format!("mutation {{ deleteTask(input: {{id: {task}}}) {{ deletedTags }} }}")).await;
        assert_eq!(tagged().await, [row("level", "high", 2), row("level", "none", 1)]);
        assert_eq!(dialgraph::store::tag_counts::differences(&app.database.db).await.unwrap(), 0);
    };
}
