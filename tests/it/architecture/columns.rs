//! What columns with personal data declare.

use std::fs;

use super::{sources, src};

/// What the names of columns have in them that hold personal data.
const PERSONAL: [&str; 9] = [
    "phone",
    "mobile",
    "email",
    "address",
    "note",
    "recording",
    "customer_name",
    "contact",
    "id_card",
];

/// What a column can say of its personal data, see `catalogue/src/lib.rs`.
const SIGHTS: [&str; 4] = ["phone", "notes", "person", "open"];

/// Columns with such names that say nothing of it, and why: file, column, reason.
const PLAIN_TEXTS: [(&str, &str, &str); 2] = [
    (
        "user",
        "email",
        "the address of a colleague: users can be looked up and ordered by it as by any text, and texts \
         are masked for those who see addresses masked",
    ),
    (
        "audit_entry",
        "client_address",
        "the address of a computer, for ADMIN",
    ),
];

/// A column that is part of the API.
#[derive(Debug, PartialEq, Eq)]
struct ApiColumn {
    line: usize,
    name: String,
    /// The words of its `#[api(...)]`, without texts in quotes.
    words: Vec<String>,
}

/// The columns of rows that a file declares with `#[api(...)]`.
fn api_columns(text: &str) -> Vec<ApiColumn> {
    let mut columns = Vec::new();
    let mut api: Option<String> = None;
    let mut is_open = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("#[api") {
            api = Some(String::new());
            is_open = true;
        }
        if is_open {
            if let Some(api) = &mut api {
                api.push_str(line);
            }
            is_open = !line.ends_with(']');
        } else if let Some(field) = line.strip_prefix("pub ")
            && let Some((name, _)) = field.split_once(": ")
            && let Some(api) = api.take()
        {
            let unquoted: String = api.split('"').step_by(2).collect();
            let words = unquoted.split(|c: char| !c.is_alphanumeric() && c != '_');
            columns.push(ApiColumn {
                line: at + 1,
                name: name.to_owned(),
                words: words
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect(),
            });
        }
    }
    columns
}

/// What a column with personal data says of it decides who sees it whole, filters and orders by it.
#[test]
fn personal_columns_say_what_they_are() {
    let mut wrong = Vec::new();
    let mut excepted = Vec::new();
    for file in sources(&src()) {
        let text = fs::read_to_string(&file).unwrap();
        if !text.contains("#[catalogue::row]") {
            continue;
        }
        let stem = file.file_stem().unwrap().to_string_lossy();
        for ApiColumn { line, name, words } in api_columns(&text) {
            let is_personal = PERSONAL.iter().any(|part| name.contains(*part));
            if !is_personal || words.iter().any(|word| SIGHTS.contains(&word.as_str())) {
                continue;
            }
            let exception = PLAIN_TEXTS
                .iter()
                .find(|(file, column, _)| *file == stem && *column == name);
            match exception {
                Some((file, column, _)) => excepted.push((*file, *column)),
                None => wrong.push(format!(
                    "{}:{line}: by its name `{name}` holds personal data: say in its #[api(...)] whether it is `phone`, `notes`, `person` or, where nobody writes such data there, `open`; or list it in PLAIN_TEXTS with a reason",
                    file.display()
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut listed = PLAIN_TEXTS.map(|(file, column, _)| (file, column));
    listed.sort_unstable();
    excepted.sort_unstable();
    assert_eq!(excepted, listed, "PLAIN_TEXTS lists what is no exception");
}

#[test]
fn the_search_for_columns_finds_them() {
    let text = r#"
        pub struct Model {
            #[sea_orm(primary_key)]
            #[api(key, filter)]
            pub id: i64,
            pub email_hash: String,
            /// Text.
            #[api(
                name = "phone, open",
                filter
            )]
            pub mobile: Option<String>,
            #[api]
            #[sea_orm(unique)]
            pub note: String,
        }"#;
    let found = |line, name: &str, words: &[&str]| ApiColumn {
        line,
        name: name.to_owned(),
        words: words.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(
        api_columns(text),
        [
            found(5, "id", &["api", "key", "filter"]),
            found(12, "mobile", &["api", "name", "filter"]),
            found(15, "note", &["api"]),
        ]
    );
}
