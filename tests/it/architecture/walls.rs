//! The walls within layers: what a folder must not use.

use std::{fs, path::Path};

use super::{name, sources, src};

/// Everything else of the schema they read from its SDL.
const OPEN_TO_DOCUMENTS: [&str; 5] = [
    "clock",
    "domain",
    "graphql::code",
    "graphql::documents",
    "graphql::scalars",
];

#[test]
fn documents_know_no_type_of_the_schema() {
    let mut wrong = Vec::new();
    for file in sources(&src().join("graphql/documents")) {
        for (line, path) in used_paths(&file) {
            if !OPEN_TO_DOCUMENTS.iter().any(|open| starts(&path, open)) {
                wrong.push(format!("{}:{line}: {path}", file.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "graphql/documents uses only {OPEN_TO_DOCUMENTS:?}: pass in from graphql/mod.rs what else it needs, or move the code to graphql/lists or to its area: {wrong:#?}"
    );
}

/// Areas use lists; only these tables of what the areas have may name an area.
#[test]
fn lists_of_the_schema_know_no_area() {
    const TABLES: [&str; 3] = ["query.rs", "words.rs", "filter/operators.rs"];
    let folder = src().join("graphql/lists");
    let mut wrong = Vec::new();
    for file in sources(&folder) {
        if TABLES.iter().any(|table| file == folder.join(table)) {
            continue;
        }
        for (line, path) in used_paths(&file) {
            for area in ["audit", "dialing", "identity", "stats", "sync"] {
                if starts(&path, &format!("graphql::{area}")) {
                    wrong.push(format!("{}:{line}: {path}", file.display()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "graphql/lists names areas in {TABLES:?} only: implement `Listed` in the area, or list its type in one of these: {wrong:#?}"
    );
}

#[test]
fn lists_of_the_store_know_no_area() {
    let store = src().join("store");
    let mut areas = Vec::new();
    // Modules of areas have two names: with the folder, and without.
    for folder in fs::read_dir(&store).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() && !folder.ends_with("lists") && !folder.ends_with("database") {
            areas.push(format!("store::{}", stem(&folder)));
            areas.extend(
                sources(&folder)
                    .iter()
                    .map(|file| format!("store::{}", stem(file))),
            );
        }
    }
    assert!(areas.contains(&"store::calls".to_owned()), "{areas:?}");
    let mut wrong = Vec::new();
    for file in sources(&store.join("lists")) {
        for (line, path) in used_paths(&file) {
            if path == "store::*" || areas.iter().any(|area| starts(&path, area)) {
                wrong.push(format!("{}:{line}: {path}", file.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "store/lists uses no area: declare what is special about a table in its `Table`, beside the table: {wrong:#?}"
    );
}

fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

/// Whether a path is `prefix` or leads on from it.
fn starts(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The paths from the crate's root that a file of a folder of a layer uses outside its tests, with
/// the line. What leaves the folder by `super::` counts as a path, and is written from `crate::`.
fn used_paths(file: &Path) -> Vec<(usize, String)> {
    let name = file.file_name().unwrap().to_str().unwrap();
    if name.ends_with("tests.rs") {
        return Vec::new();
    }
    let text = fs::read_to_string(file).unwrap();
    let mut paths = paths(&text);
    let leaving = if name == "mod.rs" {
        "super::"
    } else {
        "super::super::"
    };
    for (at, line) in text.lines().enumerate() {
        if line
            .split("//")
            .next()
            .unwrap_or_default()
            .contains(leaving)
        {
            paths.push((at + 1, leaving.to_owned()));
        }
    }
    paths
}

/// The paths behind `crate::` outside the tests of a file, each in full.
fn paths(text: &str) -> Vec<(usize, String)> {
    let text = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n")
        .collect();
    let mut paths = Vec::new();
    for (at, sign) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        // `pub(in crate::x)` uses nothing.
        if code[..at].ends_with("pub(in ") {
            continue;
        }
        let mut found = Vec::new();
        spell_out(&code[at + sign.len()..], "", &mut found);
        paths.extend(found.into_iter().map(|path| (line, path)));
    }
    paths
}

/// Adds the paths that a tree of names holds.
fn spell_out(tree: &str, prefix: &str, paths: &mut Vec<String>) {
    let tree = tree.trim_start();
    if let Some(group) = tree.strip_prefix('{') {
        for branch in branches(group) {
            spell_out(branch, prefix, paths);
        }
        return;
    }
    let word = if tree.starts_with('*') {
        "*".to_owned()
    } else {
        name(tree)
    };
    if word.is_empty() {
        return;
    }
    let path = if prefix.is_empty() {
        word.clone()
    } else {
        format!("{prefix}::{word}")
    };
    match tree[word.len()..].strip_prefix("::") {
        Some(rest) => spell_out(rest, &path, paths),
        None => paths.push(path),
    }
}

/// The members of a brace group, whose opening brace was read.
fn branches(group: &str) -> Vec<&str> {
    let (mut depth, mut start) = (0, 0);
    let mut branches = Vec::new();
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                branches.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branches.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    branches
}

#[test]
fn the_search_for_paths_finds_them() {
    let text = "use crate::{\n    domain::{page::Page, sync::Track},\n    store::*, // crate::no\n};\npub(in crate::graphql) fn f() { crate::graphql::sync::x() }\n#[cfg(test)]\nmod tests {\n    use crate::auth;\n}\n";
    let paths: Vec<_> = paths(text).into_iter().map(|(_, path)| path).collect();
    assert_eq!(
        paths,
        [
            "domain::page::Page",
            "domain::sync::Track",
            "store::*",
            "graphql::sync::x"
        ]
    );
}
