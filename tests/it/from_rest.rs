//! `docs/from-rest.md`: everything in it can be run, and its table lists all of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use async_graphql::parser::{
    parse_query,
    types::{DocumentOperations, Selection},
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use dialgraph::domain::{sync::SyncTrack, viewer::Role};
use serde_json::{Value, json};

use crate::{
    cli,
    harness::{Backend, TestApp, answer},
    on_both,
};

/// A block of code, and the JSON of its variables.
struct Example {
    /// The heading of the third level that it stands under; empty before the first.
    heading: String,
    language: String,
    code: String,
    variables: Value,
}

fn document() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/from-rest.md");
    std::fs::read_to_string(file).unwrap()
}

/// The examples in their order. JSON belongs to the GraphQL right before it.
fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut heading = String::new();
    let text = document();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("### ") {
            title.clone_into(&mut heading);
        } else if line.starts_with("## ") {
            heading.clear();
        }
        let Some(language) = line.strip_prefix("```") else {
            continue;
        };
        let code: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let code = code.join("\n");
        if language == "json" {
            let example = examples.last_mut().unwrap();
            assert_eq!(
                (example.language.as_str(), &example.variables),
                ("graphql", &json!({})),
                "variables of nothing: {code}"
            );
            example.variables = serde_json::from_str(&code).unwrap();
        } else {
            examples.push(Example {
                heading: heading.clone(),
                language: language.to_owned(),
                code,
                variables: json!({}),
            });
        }
    }
    examples
}

fn graphql() -> impl Iterator<Item = Example> {
    examples()
        .into_iter()
        .filter(|example| example.language == "graphql")
}

fn shell() -> impl Iterator<Item = Example> {
    examples()
        .into_iter()
        .filter(|example| example.language == "sh")
}

impl Example {
    /// What it uses: fields of the API, paths of the service, commands of the program.
    fn uses(&self) -> Vec<String> {
        if self.language == "graphql" {
            return root_fields(&self.code);
        }
        let commands = commands(&self.code);
        let commands = commands
            .iter()
            .map(|command| format!("dialgraph {}", command[0]));
        let paths = requests(&self.code).into_iter().map(|(path, _)| path);
        let mut uses: Vec<String> = commands.chain(paths).collect();
        uses.dedup();
        uses
    }

    /// The values that later examples need: `# $name = path.in.the.answer` at its top.
    fn keeps(&self) -> Vec<(&str, &str)> {
        let kept = |line| str::strip_prefix(line, "# ")?.split_once(" = ");
        self.code.lines().map_while(kept).collect()
    }
}

fn root_fields(query: &str) -> Vec<String> {
    let document = parse_query(query).unwrap();
    let DocumentOperations::Single(operation) = document.operations else {
        panic!("one operation without a name is wanted: {query}");
    };
    let fields = operation.node.selection_set.node.items.into_iter();
    fields
        .map(|selection| match selection.node {
            Selection::Field(field) => field.node.name.node.to_string(),
            other => panic!("{other:?}"),
        })
        .collect()
}

/// The arguments of each call of the program.
fn commands(script: &str) -> Vec<Vec<&str>> {
    let calls = script.split("dialgraph ").skip(1);
    calls
        .map(|rest| {
            let end = rest.find([')', '\n', '|', '#']).unwrap_or(rest.len());
            rest[..end].split_whitespace().collect()
        })
        .collect()
}

/// The paths that are asked for, each with the JSON that is posted to it.
fn requests(script: &str) -> Vec<(String, Option<String>)> {
    let requests = script.split("http://127.0.0.1:8080").skip(1);
    requests
        .map(|rest| {
            let path = rest.split_whitespace().next().unwrap();
            let body = rest.split_once("-d '").and_then(|(_, body)| {
                let (body, _) = body.split_once('\'')?;
                Some(body.to_owned())
            });
            (path.to_owned(), body)
        })
        .collect()
}

/// The rows of the table of endpoints: heading, anchor, and what replaces the endpoint.
fn table() -> Vec<(String, String, Vec<String>)> {
    let text = document();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ["));
    rows.map(|row| {
        let (heading, row) = row.split_once("](#").unwrap();
        let (anchor, row) = row.split_once(") | ").unwrap();
        let uses = row.split('`').skip(1).step_by(2).map(str::to_owned);
        (heading.to_owned(), anchor.to_owned(), uses.collect())
    })
    .collect()
}

/// The anchor that a heading gets on GitHub.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-');
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn the_table_lists_every_endpoint_and_its_examples() {
    let mut sections: Vec<(String, String, Vec<String>)> = Vec::new();
    for example in examples() {
        if example.heading.is_empty() {
            continue;
        }
        match sections.last_mut() {
            Some((heading, _, uses)) if *heading == example.heading => {
                uses.extend(example.uses());
            }
            _ => {
                let anchor = anchor(&example.heading);
                let uses = example.uses();
                sections.push((example.heading, anchor, uses));
            }
        }
    }
    let table = table();
    assert_eq!(sections, table);
    let headings = document()
        .lines()
        .filter(|line| line.starts_with("### "))
        .count();
    assert_eq!(headings, table.len(), "an endpoint has no example");
    let distinct: BTreeSet<_> = table.iter().map(|(heading, ..)| heading).collect();
    assert_eq!(
        distinct.len(),
        table.len(),
        "an endpoint stands there twice"
    );
}

#[test]
fn every_kept_value_is_used_by_a_later_example() {
    let examples: Vec<Example> = graphql().collect();
    for (index, example) in examples.iter().enumerate() {
        for (name, path) in example.keeps() {
            let used = examples[index + 1..]
                .iter()
                .any(|later| later.variables.to_string().contains(&format!("\"{name}\"")));
            assert!(used, "{name} = {path}");
        }
    }
}

#[test]
fn every_command_exists() {
    let examples: Vec<Example> = shell().collect();
    let commands: Vec<Vec<&str>> = examples
        .iter()
        .flat_map(|example| commands(&example.code))
        .collect();
    assert!(commands.contains(&vec!["migrate", "up"]), "{commands:?}");
    for mut command in commands {
        command.push("--help");
        let output = cli::dialgraph(&command, &[]);
        assert!(output.status.success(), "{command:?}: {output:?}");
    }
}

/// The variables with what earlier answers gave for their placeholders.
fn filled(variables: &Value, known: &BTreeMap<String, Value>) -> Value {
    match variables {
        Value::String(text) if text.contains('$') => known
            .get(text)
            .unwrap_or_else(|| panic!("no earlier example keeps {text}"))
            .clone(),
        Value::Array(items) => items.iter().map(|item| filled(item, known)).collect(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| (name.clone(), filled(value, known));
            Value::Object(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

/// What stands at `path` in `data`.
fn at(data: &Value, path: &str) -> Value {
    let pointer = format!("/{}", path.replace('.', "/"));
    let found = data.pointer(&pointer).filter(|value| !value.is_null());
    found
        .unwrap_or_else(|| panic!("nothing at {path} in {data}"))
        .clone()
}

on_both! {
    /// All examples, in their order, with what the earlier ones gave.
    every_example_runs = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(SyncTrack::CallRecords, "2026-11-18", "2026-11-20").await;
        let mut known = BTreeMap::new();
        for example in graphql() {
            let variables = filled(&example.variables, &known);
            let answer = app.query_with(Role::Manager, &example.code, variables).await;
            assert_eq!(answer.body["errors"], Value::Null, "{}\n{:#}", example.code, answer.body);
            let data = answer.data();
            for (field, payload) in data.as_object().unwrap() {
                assert!(!payload.is_null(), "{field} is null:\n{}", example.code);
                if example.code.contains("mutation") {
                    assert_eq!(payload["userErrors"], json!([]), "{}", example.code);
                }
            }
            for (name, path) in example.keeps() {
                let before = known.insert(name.to_owned(), at(&data, path));
                assert_eq!(before, None, "{name} is kept twice");
            }
        }
        app.syncer.wait_idle().await;
    };

    /// What is asked for with curl is answered.
    every_request_is_answered = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let token = app.token(Role::Manager);
        let mut paths = Vec::new();
        for example in shell() {
            for (path, body) in requests(&example.code) {
                let Some(body) = body.or_else(|| (path != "/graphql").then(String::new)) else {
                    continue;
                };
                let method = if body.is_empty() { Method::GET } else { Method::POST };
                let request = Request::builder()
                    .method(method)
                    .uri(&path)
                    .header(header::AUTHORIZATION, format!("Bearer {token}"))
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(Body::from(body))
                    .unwrap();
                let answer = answer(app.send(request).await).await;
                assert_eq!(answer.status, StatusCode::OK, "{path}");
                assert_eq!(answer.body["errors"], Value::Null, "{path}: {:#}", answer.body);
                paths.push(path);
            }
        }
        assert_eq!(paths, ["/graphql", "/healthz", "/readyz", "/api/health"]);
    };
}
