//! Nested lists: limited for each parent in SQL, in a fixed number of statements.

use dialgraph::domain::dialing::{CallSource, Tag};
use serde_json::Value;

use crate::{
    harness::{Backend, TestApp, call, ingest, package, task},
    on_both,
};

const NESTED: &str = "{ packages(first: 20) { nodes { name tasks(first: 5) { nodes { taskName
    calls(first: 10) { nodes { externalId tags { tagName tagValue } } pageInfo { hasNextPage } } } } } } }";

/// `packages` packages of `tasks` tasks of `calls` calls with two tags each.
async fn fill(app: &TestApp, packages: usize, tasks: usize, calls: usize) {
    let db = &app.database.db;
    let tag = |name: &str, value: &str| Tag {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let mut ids = Vec::new();
    for p in 0..packages {
        ids.push(
            package(
                db,
                &format!("包 {p}"),
                &format!("2026-11-{:02}T00:00:00Z", p % 20 + 1),
            )
            .await,
        );
    }
    for p in 0..packages {
        for t in 0..tasks {
            let batch = (0..calls)
                .map(|c| {
                    let mut call = call(
                        &format!("{p}-{t}-{c:03}"),
                        &format!("2026-11-19T{:02}:{:02}:00Z", c / 60, c % 60),
                    );
                    call.task = Some(task(&format!("{p}-{t}")));
                    call.tags = vec![tag("interest_level", "high"), tag("callback", "yes")];
                    call
                })
                .collect();
            ingest(db, batch).await;
        }
    }
    let tx = db.begin().await.unwrap();
    for (id, name) in dialgraph::store::tasks::unlinked_of(db.read(), CallSource::Guanke)
        .await
        .unwrap()
    {
        let package: usize = name
            .trim_start_matches("任务 ")
            .split('-')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        crate::harness::give(&tx, &[id], ids[package]).await;
    }
    tx.commit().await.unwrap();
}

fn nodes(list: &Value) -> &Vec<Value> {
    list["nodes"].as_array().unwrap()
}

on_both! {
    /// 20 packages of 6 tasks of 12 calls: five tasks of each, ten calls of each, the newest, with
    /// their tags; in four statements, as for one package with one call.
    nested_lists_are_limited_for_each_parent_in_four_statements = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app, 1, 1, 1).await;
        app.statements();
        app.data(NESTED).await;
        assert_eq!(app.statements().len(), 4);

        let app = TestApp::new(&backend).await;
        fill(&app, 20, 6, 12).await;
        app.statements();
        let data = app.data(NESTED).await;
        let statements = app.statements();
        assert_eq!(statements.len(), 4, "{statements:#?}");

        assert_eq!(nodes(&data["packages"]).len(), 20);
        for package in nodes(&data["packages"]) {
            let number = package["name"].as_str().unwrap().trim_start_matches("包 ");
            let tasks: Vec<_> = nodes(&package["tasks"]).iter().map(|task| task["taskName"].as_str().unwrap()).collect();
            // The newest five of six: in the order they were made, the last ones first.
            let expected: Vec<_> = (1..=5).rev().map(|task| format!("任务 {number}-{task}")).collect();
            assert_eq!(tasks, expected);
            for task in nodes(&package["tasks"]) {
                let prefix = task["taskName"].as_str().unwrap().trim_start_matches("任务 ");
                let calls: Vec<_> = nodes(&task["calls"]).iter().map(|call| call["externalId"].as_str().unwrap()).collect();
                let expected: Vec<_> = (2..=11).rev().map(|call| format!("{prefix}-{call:03}")).collect();
                assert_eq!(calls, expected);
                assert_eq!(task["calls"]["pageInfo"]["hasNextPage"], true);
                for call in nodes(&task["calls"]) {
                    assert_eq!(call["tags"].as_array().unwrap().len(), 2);
                }
            }
        }
    };

    /// From calls up to tasks and packages, and to agents: joined into the statement of the calls, and figures two more.
    to_one_fields_and_figures_are_loaded_in_batches = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app, 3, 3, 5).await;
        app.statements();
        let data = app
            .data("{ calls(first: 45) { nodes { task { taskName totalCalls interestedCalls package { name contactRate } } agent { name } tags { tagName } } } }")
            .await;
        assert_eq!(nodes(&data["calls"]).len(), 45);
        assert_eq!(data["calls"]["nodes"][0]["task"]["totalCalls"], 5);
        // Calls with their task, its package and agent; tags; figures of tasks and of packages: a
        // sum and the catalogue each.
        assert_eq!(app.statements().len(), 6);
    };

    /// The last ones of a nested list, and the page before a cursor, for each parent by itself.
    nested_lists_page_both_ways = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app, 1, 2, 4).await;
        let page = |arguments: &str| format!(
            "{{ tasks {{ nodes {{ calls({arguments}) {{ nodes {{ externalId }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }} }}"
        );
        let ids = |data: &Value, task: usize| -> Vec<String> {
            nodes(&data["tasks"]["nodes"][task]["calls"]).iter().map(|call| call["externalId"].as_str().unwrap().to_owned()).collect()
        };
        let data = app.data(&page("last: 3")).await;
        assert_eq!(ids(&data, 0), ["0-1-002", "0-1-001", "0-1-000"]);
        assert_eq!(ids(&data, 1), ["0-0-002", "0-0-001", "0-0-000"]);
        let info = &data["tasks"]["nodes"][0]["calls"]["pageInfo"];
        assert_eq!((&info["hasPreviousPage"], &info["hasNextPage"]), (&Value::Bool(true), &Value::Bool(false)));

        // The cursor of a place in time means the same place in every task.
        let cursor = info["startCursor"].as_str().unwrap();
        let data = app.data(&page(&format!(r#"last: 3, before: "{cursor}""#))).await;
        assert_eq!(ids(&data, 0), ["0-1-003"]);
        let info = &data["tasks"]["nodes"][0]["calls"]["pageInfo"];
        assert_eq!((&info["hasPreviousPage"], &info["hasNextPage"]), (&Value::Bool(false), &Value::Bool(true)));
    };
}
