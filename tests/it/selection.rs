//! What a query selects is what is fetched: a field shows the same whatever is selected beside it,
//! and whichever way its row was reached.

use std::fmt::Write as _;

use dialgraph::domain::{dialing::CallSource, sync::SyncTrack};
use serde_json::Value;

use crate::{
    harness::{Backend, TestApp, package},
    on_both,
};

const LISTS: [(&str, &str); 6] = [
    ("packages", "LeadPackage"),
    ("tasks", "DialTask"),
    ("calls", "Call"),
    ("callTags", "CallTag"),
    ("agents", "Agent"),
    ("syncRuns", "SyncRun"),
];

/// Two days from the platform, and a package that all tasks belong to.
async fn fill(app: &TestApp) {
    app.synced(SyncTrack::CallRecords, "2026-11-18", "2026-11-19")
        .await;
    let db = &app.database.db;
    let package = package(db, "江苏包", "2026-11-01T00:00:00Z").await;
    let tx = db.begin().await.unwrap();
    let tasks = dialgraph::store::tasks::unlinked_of(&tx, CallSource::Guanke)
        .await
        .unwrap();
    let ids: Vec<i64> = tasks.into_iter().map(|(id, _)| id).collect();
    crate::harness::give(&tx, &ids, package).await;
    tx.commit().await.unwrap();
}

/// The fields of a type that lead to no other object and take no arguments.
pub async fn leaves(app: &TestApp, name: &str) -> Vec<String> {
    let query = format!(
        r#"{{ __type(name: "{name}") {{ fields {{ name args {{ name }} type {{ kind ofType {{ kind }} }} }} }} }}"#
    );
    let data = app.data(&query).await;
    let is_leaf = |field: &&Value| {
        let of = &field["type"];
        let kind = if of["kind"] == "NON_NULL" {
            &of["ofType"]["kind"]
        } else {
            &of["kind"]
        };
        (kind == "SCALAR" || kind == "ENUM") && field["args"].as_array().unwrap().is_empty()
    };
    let fields = data["__type"]["fields"].as_array().unwrap().iter();
    fields
        .filter(is_leaf)
        .map(|field| field["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn nodes(app: &TestApp, list: &str, selection: &str) -> Vec<Value> {
    let data = app
        .data(&format!(
            "{{ {list}(first: 50) {{ nodes {{ {selection} }} }} }}"
        ))
        .await;
    data[list]["nodes"].as_array().unwrap().clone()
}

on_both! {
    /// Every field of every type, asked for alone and with all others.
    a_field_shows_the_same_alone = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        for (list, name) in LISTS {
            let leaves = leaves(&app, name).await;
            assert!(leaves.len() >= 6, "{name}: {leaves:?}");
            let all = nodes(&app, list, &leaves.join(" ")).await;
            assert!(!all.is_empty());
            for leaf in leaves {
                let alone = nodes(&app, list, &leaf).await;
                let expected: Vec<&Value> = all.iter().map(|node| &node[&leaf]).collect();
                assert_eq!(alone.iter().map(|node| &node[&leaf]).collect::<Vec<_>>(), expected, "{name}.{leaf}");
                let edges = app.data(&format!("{{ {list}(first: 50) {{ edges {{ node {{ {leaf} }} }} }} }}")).await;
                let edges = edges[list]["edges"].as_array().unwrap().iter();
                assert_eq!(edges.map(|edge| &edge["node"][&leaf]).collect::<Vec<_>>(), expected, "{name}.{leaf}");
            }
        }
    };

    /// The same row as an item of a list, joined to another row, under its parent, and by its id.
    a_row_is_the_same_whichever_way_it_is_reached = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        let mut selections = Vec::new();
        for (_, name) in LISTS {
            selections.push((name, leaves(&app, name).await.join(" ")));
        }
        let of = |name: &str| &selections.iter().find(|(other, _)| *other == name).unwrap().1;
        let (call, task, package, agent, tag) =
            (of("Call"), of("DialTask"), of("LeadPackage"), of("Agent"), of("CallTag"));
        let deep = nodes(&app, "callTags", &format!(
            "{tag} call {{ {call} agent {{ {agent} }} task {{ {task} package {{ {package}
               tasks(first: 1) {{ nodes {{ {task} calls(first: 2) {{ nodes {{ {call} }} }} }} }} }} }} tags {{ {tag} }} }}"
        )).await;
        let mut seen: Vec<Value> = Vec::new();
        for tag in &deep {
            let (call, task) = (&tag["call"], &tag["call"]["task"]);
            seen.extend([tag, call, task, &task["package"], &call["agent"]].map(Value::clone));
            let nested = &task["package"]["tasks"]["nodes"][0];
            seen.push(nested.clone());
            seen.extend(nested["calls"]["nodes"].as_array().unwrap().iter().cloned());
            seen.extend(call["tags"].as_array().unwrap().iter().cloned());
        }
        let mut checked = std::collections::BTreeSet::new();
        for row in seen {
            let id = row["id"].as_str().unwrap();
            if !checked.insert(id.to_owned()) {
                continue;
            }
            let mut fragments = String::new();
            for (name, leaves) in &selections {
                // Types differ in what they make of a name: each under names of its own.
                let aliased: Vec<String> = leaves.split(' ').map(|leaf| format!("{name}_{leaf}: {leaf}")).collect();
                write!(fragments, " ... on {name} {{ {} }}", aliased.join(" ")).unwrap();
            }
            let node = app.data(&format!(r#"{{ node(id: "{id}") {{ __typename {fragments} }} }}"#)).await["node"].clone();
            let name = node["__typename"].as_str().unwrap();
            for (leaf, value) in row.as_object().unwrap() {
                if !value.is_object() && !value.is_array() {
                    assert_eq!(&node[format!("{name}_{leaf}")], value, "{name}.{leaf}");
                }
            }
        }
        assert!(checked.len() > 20);
    };

    /// One statement for a list with all that its rows lead to, and one more for each list under
    /// it, by whichever name, fragment or way its items are selected.
    statements_depend_on_the_shape_alone = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        for (query, statements) in [
            ("{ calls(first: 200) { nodes { duration task { taskName package { name } } agent { name } } } }", 1),
            ("{ calls(first: 1) { nodes { duration task { taskName package { name } } agent { name } } } }", 1),
            ("{ calls(first: 100) { edges { cursor node { tags { tagName call { duration task { taskName } } } } } } }", 2),
            ("query($yes: Boolean = true) { calls(first: 100) { nodes { tags @skip(if: $yes) { tagName } task { id } } } }", 1),
            ("query($yes: Boolean = true) { calls(first: 100) { nodes { tags @include(if: $yes) { tagName } task { id } } } }", 2),
            ("{ packages { ...P } } fragment P on LeadPackageConnection { nodes { tasks(first: 3) { ...T } } } fragment T on DialTaskConnection { edges { node { a: calls(first: 2) { nodes { id } } b: calls(last: 1) { nodes { id tags { id } } } } } }", 5),
            ("{ packages { nodes { tasks { nodes { calls(first: 2) { totalCount nodes { id } } } totalCount } } totalCount } }", 6),
            ("{ calls(first: 3) { nodes { id } edges { node { task { calls(first: 2) { nodes { id agent { name } } } } } } } }", 2),
            ("query($n: Int = 2, $f: CallFilter = {duration: {gt: 5}}) { tasks(first: 9) { nodes { calls(first: $n, filter: $f, orderBy: {field: DURATION}) { nodes { duration } } } } }", 2),
        ] {
            app.statements();
            app.data(query).await;
            let ran = app.statements();
            assert_eq!(ran.len(), statements, "{query} {ran:#?}");
        }
    };

    /// How many calls there are, in all or of a task or agent, is known without counting them.
    all_calls_are_counted_already = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        app.statements();
        let data = app.data("{ calls(first: 0) { totalCount capped: totalCount(atMost: 7) } tasks(first: 200) { nodes { totalCalls calls(first: 0) { totalCount } } } agents(first: 200) { nodes { calls(first: 0) { totalCount capped: totalCount(atMost: 2) } } } }").await;
        let counting = app.statements().into_iter().filter(|sql| sql.contains("COUNT"));
        assert_eq!(counting.collect::<Vec<_>>(), [""; 0]);
        let calls = data["calls"]["totalCount"].as_i64().unwrap();
        assert!(calls > 500);
        assert_eq!(data["calls"]["capped"], 7);
        let sum = |list: &str| -> i64 {
            data[list]["nodes"].as_array().unwrap().iter().map(|node| node["calls"]["totalCount"].as_i64().unwrap()).sum()
        };
        assert_eq!((sum("tasks"), sum("agents")), (calls, calls));
        for task in data["tasks"]["nodes"].as_array().unwrap() {
            assert_eq!(task["totalCalls"], task["calls"]["totalCount"]);
        }
    };

    /// Columns that nobody selects are not fetched.
    only_what_is_selected_is_fetched = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        app.statements();
        app.data("{ calls { nodes { duration task { taskName } } } }").await;
        let statement = app.statements().pop().unwrap();
        assert!(statement.contains("\"task_name\""), "{statement}");
        for column in ["notes", "recording_url", "phone_number", "description", "COUNT"] {
            assert!(!statement.contains(column), "{column}: {statement}");
        }
    };
}
