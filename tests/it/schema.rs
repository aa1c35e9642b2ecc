//! The schema: as it is checked in, and described throughout.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Backend, TestApp};

/// `schema.graphql` is the schema; `make schema` writes it.
#[test]
fn the_checked_in_schema_is_the_schema() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let checked_in = std::fs::read_to_string(file).unwrap();
    assert!(
        checked_in == dialgraph::graphql::sdl(),
        "schema.graphql is out of date: run `make schema`"
    );
}

/// Everything that a person meets in GraphiQL says what it is.
#[tokio::test]
async fn everything_is_described() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let data = app
        .data(
            "{ __schema { types { name kind description
                 fields { name description args { name description } }
                 inputFields { name description } enumValues { name description } } } }",
        )
        .await;
    let mut bare = Vec::new();
    for kind in data["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        // The specification's own types; async-graphql says nothing of ID.
        if name.starts_with("__") || name == "ID" {
            continue;
        }
        note(&mut bare, name, kind);
        for list in ["fields", "inputFields", "enumValues"] {
            for member in kind[list].as_array().into_iter().flatten() {
                let path = format!("{name}.{}", member["name"].as_str().unwrap());
                note(&mut bare, &path, member);
                for argument in member["args"].as_array().into_iter().flatten() {
                    note(
                        &mut bare,
                        &format!("{path}({})", argument["name"].as_str().unwrap()),
                        argument,
                    );
                }
            }
        }
    }
    assert!(bare.is_empty(), "without a description: {bare:#?}");
}

fn note(bare: &mut Vec<String>, path: &str, item: &Value) {
    if item["description"].as_str().is_none_or(str::is_empty) {
        bare.push(path.to_owned());
    }
}

/// GraphiQL's own introspection query passes every limit.
#[tokio::test]
async fn introspection_passes_the_limits() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let nested = (0..7).fold("name kind".to_owned(), |inner, _| {
        format!("name kind ofType {{ {inner} }}")
    });
    let query = format!(
        "{{ __schema {{ types {{ fields {{ args {{ type {{ {nested} }} }} type {{ {nested} }} }} }} }} }}"
    );
    assert!(app.data(&query).await["__schema"]["types"].is_array());
}

/// Introspection knows what the specification of September 2025 does.
#[tokio::test]
async fn introspection_is_that_of_2025() {
    let app = TestApp::new(&Backend::Sqlite).await;
    for (query, answer) in [
        (
            r#"{ __type(name: "CallFilter") { isOneOf } }"#,
            json!({ "__type": { "isOneOf": false } }),
        ),
        (
            r#"{ __type(name: "Call") { isOneOf } }"#,
            json!({ "__type": { "isOneOf": null } }),
        ),
        (
            r#"query Q { a: __type(name: "IntFilter") { ...T } } fragment T on __Type { name isOneOf specifiedByURL inputFields(includeDeprecated: true) { isDeprecated } }"#,
            json!({ "a": { "name": "IntFilter", "isOneOf": false, "specifiedByURL": null, "inputFields": vec![json!({ "isDeprecated": false }); 9] } }),
        ),
        (
            "{ __schema { directives { name isRepeatable } } }",
            json!({ "__schema": { "directives": [
                { "name": "deprecated", "isRepeatable": false }, { "name": "include", "isRepeatable": false },
                { "name": "oneOf", "isRepeatable": false },
                { "name": "skip", "isRepeatable": false }, { "name": "specifiedBy", "isRepeatable": false },
            ] } }),
        ),
    ] {
        assert_eq!(app.data(query).await, answer, "{query}");
    }
    let data = app.data("{ __schema { types { isOneOf kind } } }").await;
    for kind in data["__schema"]["types"].as_array().unwrap() {
        assert_eq!(
            kind["isOneOf"].is_boolean(),
            kind["kind"] == "INPUT_OBJECT",
            "{kind}"
        );
    }
}
