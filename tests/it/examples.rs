//! The examples of the documents: they find their objects by name, and can be followed.

use std::{collections::BTreeSet, path::Path};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dialgraph::{domain::sync::SyncTrack, domain::viewer::Role, service::demo};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp},
    on_both,
    writes::{done, id},
};

fn text(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The GraphQL of a document, in its order.
fn examples(file: &str) -> Vec<String> {
    let text = text(file);
    let blocks = text.split("```graphql\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

/// The first example of `file` with `part` in it.
fn example(file: &str, part: &str) -> String {
    let mut examples = examples(file).into_iter();
    examples
        .find(|example| example.contains(part))
        .unwrap_or_else(|| panic!("{file} has no {part}"))
}

/// The files of a folder and of those in it.
fn files_in(folder: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}/{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_in(&name));
        } else {
            files.push(name);
        }
    }
    files
}

#[test]
fn no_example_holds_an_id_of_somebody_s_database() {
    let mut files: Vec<String> = ["README.md", "README.zh-CN.md"].map(str::to_owned).into();
    for folder in ["docs", "web/src/examples"] {
        files.extend(files_in(folder));
    }
    for file in files {
        let text = text(&file);
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        for word in text
            .split(|c: char| !is_part(c))
            .filter(|word| word.len() >= 8)
        {
            let Some(decoded) = URL_SAFE_NO_PAD
                .decode(word)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
            else {
                continue;
            };
            let is_id = decoded.split_once(':').is_some_and(|(kind, number)| {
                kind.chars().all(|c| c.is_ascii_alphabetic()) && number.parse::<i64>().is_ok()
            });
            assert!(
                !is_id,
                "{file}: {word} is {decoded} of one database, and another object in the reader's"
            );
        }
    }
}

on_both! {
    /// Every example of the first steps works on a new database, in both languages.
    the_first_steps_can_be_followed = async |backend: Backend| {
        for file in ["docs/first-steps.md", "docs/first-steps.zh-CN.md"] {
            let app = TestApp::new(&backend).await;
            for example in examples(file) {
                let data = app.query_as(Role::Manager, &example).await.data();
                let errors = data.as_object().unwrap().values().find_map(|field| field.get("userErrors"));
                assert!(errors.is_none_or(|errors| errors == &json!([])), "{file}: {data}");
            }
            let data = app.data("{ packages { nodes { name rules { match text } } } }").await;
            assert_eq!(data["packages"]["nodes"], json!([{ "name": "浙江企业-11月A包", "rules": [{ "match": "PREFIX", "text": "浙江企业-11月A包-" }] }]));
        }
    };

    /// The README's package is found by its name, whatever else there is, and changed once.
    the_readme_changes_its_own_package = async |backend: Backend| {
        for file in ["README.md", "README.zh-CN.md"] {
            let app = TestApp::new(&backend).await;
            for name in ["somebody's", "somebody else's"] {
                done(&app, "createPackage", "package { id }", json!({ "name": name })).await;
            }
            let created = app.data(&example(file, "createPackage(")).await;
            assert_eq!(created["createPackage"]["package"]["totalCost"], "20.00");
            let found = app.data(&example(file, r#"packages(filter: { name: { eq: "#)).await;
            let found = &found["packages"]["nodes"][0];
            let variables = json!({ "id": id(found), "version": found["version"] });
            let update = example(file, "updatePackage(");
            let changed = app.query_with(Role::Admin, &update, variables.clone()).await.data();
            assert_eq!(changed["updatePackage"]["package"], json!({ "region": "江苏", "version": 2 }));
            let again = app.query_with(Role::Admin, &update, variables).await.data();
            assert_eq!(again["updatePackage"]["userErrors"][0]["code"], "CONFLICT");
            let data = app.data(r#"{ packages(filter: { region: { eq: "江苏" } }) { nodes { name } } }"#).await;
            assert_eq!(data["packages"]["nodes"], json!([{ "name": "江苏企业-11月E包" }]));
            // A run is found by what it does.
            app.data(&example(file, "syncRuns(first: 1, filter: { track:")).await;
            app.data(&example(file, "syncRuns(first: 1, filter: { status:")).await;
            app.data(&example(file, "neverReadDays")).await;
        }
    };

    /// The demonstration makes packages whose rules claim the tasks, each once however often it starts
    /// and whatever somebody made meanwhile.
    the_demonstration_makes_no_package_twice = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(SyncTrack::CallRecords, "2026-11-18", "2026-11-19").await;
        let base = app.base();
        let make = async || demo::make_packages(&base.db, base.clock.as_ref(), base.zone).await.unwrap();
        let names = async || -> Vec<String> {
            let data = app.data("{ packages(first: 200) { nodes { name } } }").await;
            let nodes = data["packages"]["nodes"].as_array().unwrap().iter();
            nodes.map(|package| package["name"].as_str().unwrap().to_owned()).collect()
        };
        // Somebody has made one of a name that the demonstration would give.
        let tasks = app.data("{ tasks(first: 1) { nodes { taskName } } }").await;
        let task = tasks["tasks"]["nodes"][0]["taskName"].as_str().unwrap();
        let (family, _) = task.rsplit_once('-').unwrap();
        done(&app, "createPackage", "package { id }", json!({ "name": family.to_lowercase() })).await;
        assert!(make().await > 0);
        let first = names().await;
        let distinct: BTreeSet<String> = first.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(distinct.len(), first.len());
        assert_eq!(make().await, 0);
        assert_eq!(names().await, first);
        let data = app.data("{ linked: tasks(filter: { packageAssignedBy: { eq: RULE } }) { totalCount }
            none: tasks(filter: { package: { isNull: true } }, first: 200) { nodes { taskName } } }").await;
        assert!(data["linked"]["totalCount"].as_i64().unwrap() > 0);
        let none = data["none"]["nodes"].as_array().unwrap();
        let is_of_family = |task: &Value| task["taskName"].as_str().unwrap().starts_with(family);
        assert!(none.iter().all(is_of_family), "{none:?}");
    };
}
