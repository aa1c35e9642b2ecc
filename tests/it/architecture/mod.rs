//! The architecture, held by a test: which layer may use which, and how long a file may grow.

mod columns;
mod walls;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What a layer must not use: dependencies run http → graphql → service → store → entity,
/// sync → {guanke, service, store}, anyone → domain.
const FORBIDDEN: [(&str, &[&str]); 14] = [
    (
        "domain",
        &[
            "app", "auth", "cli", "config", "entity", "graphql", "guanke", "http", "notify",
            "service", "store", "sync",
        ],
    ),
    (
        "entity",
        &[
            "app", "auth", "cli", "config", "graphql", "guanke", "http", "notify", "service",
            "store", "sync",
        ],
    ),
    (
        "store",
        &[
            "app", "auth", "cli", "config", "graphql", "guanke", "http", "notify", "service",
            "sync",
        ],
    ),
    (
        "service",
        &[
            "app", "auth", "cli", "config", "entity", "graphql", "guanke", "http", "sync",
        ],
    ),
    (
        "guanke",
        &[
            "app", "auth", "cli", "config", "entity", "graphql", "http", "notify", "service",
            "store", "sync",
        ],
    ),
    (
        "sync",
        &["app", "auth", "cli", "config", "entity", "graphql", "http"],
    ),
    (
        "auth",
        &[
            "app", "cli", "config", "entity", "graphql", "guanke", "http", "notify", "service",
            "store", "sync",
        ],
    ),
    (
        "graphql",
        &[
            "app", "auth", "cli", "config", "entity", "guanke", "http", "notify", "sync",
        ],
    ),
    (
        "http",
        &["app", "cli", "config", "entity", "guanke", "notify", "sync"],
    ),
    (
        "notify",
        &[
            "app", "auth", "cli", "config", "entity", "graphql", "guanke", "http", "metrics",
            "service", "store", "sync",
        ],
    ),
    (
        "metrics",
        &[
            "app", "auth", "cli", "config", "entity", "graphql", "guanke", "http", "notify",
            "service", "store", "sync",
        ],
    ),
    ("config", &["app", "cli", "entity"]),
    ("cli", &["entity"]),
    // What its attribute writes stands in `entity` and `store`.
    (
        CATALOGUE,
        &[
            "app", "auth", "cli", "config", "graphql", "guanke", "http", "notify", "service",
            "store", "sync",
        ],
    ),
];

/// The crate of the attribute by which rows declare their columns.
const CATALOGUE: &str = "catalogue";

/// Longest file, in lines.
const LONGEST: usize = 500;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn src() -> PathBuf {
    root().join("src")
}

/// Where the sources of a layer are.
fn folder(layer: &str) -> PathBuf {
    if layer == CATALOGUE {
        return root().join("catalogue/src");
    }
    src().join(layer)
}

/// The modules of this crate that a file names, with the line: `crate::x`, and the first names in
/// the braces of `use crate::{…}`.
fn used_modules(text: &str) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n")
        .collect();
    for (at, _) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => used.extend(members(group).into_iter().map(|name| (line, name))),
            None => used.push((line, name(rest))),
        }
    }
    used
}

fn name(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The first names of a brace group's members, whose opening brace was read.
fn members(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut members = vec![name(group)];
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(name(&group[at + 1..])),
            _ => {}
        }
    }
    members.retain(|member| !member.is_empty());
    members
}

#[test]
fn no_layer_uses_one_above_it() {
    let mut wrong = Vec::new();
    for (layer, forbidden) in FORBIDDEN {
        for file in sources(&folder(layer)) {
            for (line, module) in used_modules(&fs::read_to_string(&file).unwrap()) {
                if forbidden.contains(&module.as_str()) {
                    wrong.push(format!("{}:{line}: {layer} uses {module}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_folder_is_a_layer() {
    for entry in fs::read_dir(src()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        let is_layer = FORBIDDEN.iter().any(|(layer, _)| *layer == name);
        assert!(
            is_layer || !path.is_dir(),
            "src/{name} has no line in FORBIDDEN: say there what it must not use"
        );
    }
}

/// They are built before the service, and know nothing of it.
#[test]
fn the_other_crates_use_none_of_ours() {
    for name in [CATALOGUE, "migration"] {
        let manifest = fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
        let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
        assert!(
            !dependencies.contains("path =") && !dependencies.contains("dialgraph"),
            "{name}/Cargo.toml: it must not depend on a crate of this repository"
        );
    }
}

#[test]
fn sql_is_written_in_the_store_only() {
    let mut wrong = Vec::new();
    for layer in [
        "domain", "service", "sync", "graphql", "http", "auth", "guanke", "cli", "config",
        "notify", "metrics",
    ] {
        for file in sources(&src().join(layer)) {
            let text = fs::read_to_string(&file).unwrap();
            for sign in [
                "sea_query",
                "Statement::",
                "execute_unprepared",
                "sqlx::",
                "EntityTrait",
            ] {
                if text.contains(sign) {
                    wrong.push(format!("{}: {sign}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is special about a table is declared beside it.
#[test]
fn lists_know_no_table() {
    for file in [
        "table",
        "record",
        "selection",
        "fetch",
        "counts",
        "filters",
        "paging",
    ] {
        let text = fs::read_to_string(src().join(format!("store/lists/{file}.rs"))).unwrap();
        // What a declaration is, it has to know; not of which tables there are.
        let text = text.replace("entity::declared", "");
        for sign in ["rollups", "retention", "stats::", "entity::"] {
            assert!(!text.contains(sign), "store/lists/{file}.rs: {sign}");
        }
    }
}

/// Without it, a field would be for everybody, whatever the table of permissions says.
#[test]
fn every_part_of_a_root_asks_the_table_of_permissions() {
    let mut parts = 0;
    let files = sources(&src().join("graphql"));
    for file in files.iter().filter(|file| !file.ends_with("tests.rs")) {
        let text = fs::read_to_string(file).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            for root in ["Query", "Mutation", "Subscription"] {
                let is_part = line.starts_with("impl ") && line.ends_with(&format!("{root} {{"));
                let guard = format!("guard = \"Root::{root}\"");
                if is_part && lines[at - 1].starts_with("#[") {
                    parts += 1;
                    assert!(lines[at - 1].contains(&guard), "{}: {line}", file.display());
                }
            }
        }
    }
    assert!(parts >= 14, "only {parts} parts were found");
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let long: Vec<_> = ["src", "catalogue/src", "migration/src", "tests"]
        .iter()
        .flat_map(|folder| sources(&root().join(folder)))
        .filter_map(|file| {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            (lines > LONGEST).then(|| format!("{}: {lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn the_search_for_imports_finds_them() {
    let text = "use crate::{\n    domain::{page::Page, sync::Track},\n    store::Database,\n};\nfn f() { crate::guanke::x() }\n";
    let names: Vec<_> = used_modules(text)
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    assert_eq!(names, ["domain", "store", "guanke"]);
}
