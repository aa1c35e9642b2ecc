//! Trusted documents in files: each in one of its own, or many in the lists that tools write.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::graphql::FoundDocument;

/// Why files of trusted documents cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableDocuments {
    /// The folder or a file cannot be read.
    #[error("{path} cannot be read: {error}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A list has another form.
    #[error(
        "{path} is no list of documents: an object of ids and texts is wanted, or Apollo's persisted-query-manifest of version 1 ({error})"
    )]
    NoList {
        /// Which.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// There is nothing to execute.
    #[error(
        "there is no document in {0}: files *.graphql are wanted, or lists such as persisted-documents.json"
    )]
    None(PathBuf),
}

/// The lists that tools write.
#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    /// Apollo's: `@apollo/generate-persisted-query-manifest`.
    Apollo(Manifest),
    /// Ids and texts: GraphQL Code Generator's `persisted-documents.json`, Relay's
    /// `persisted_queries.json`.
    ById(BTreeMap<String, String>),
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "format")]
    _format: Format,
    #[serde(rename = "version", deserialize_with = "version_1")]
    _version: (),
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
enum Format {
    #[serde(rename = "apollo-persisted-query-manifest")]
    Apollo,
}

#[derive(Deserialize)]
struct Operation {
    id: String,
    body: String,
}

fn version_1<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match u64::deserialize(deserializer)? {
        1 => Ok(()),
        other => Err(serde::de::Error::custom(format!("version {other}"))),
    }
}

/// Reads the files `*.graphql`, `*.gql` and `*.json` of a folder, in the order of their names.
///
/// # Errors
/// [`UnreadableDocuments`] names the file.
pub(super) fn read(folder: &Path) -> Result<Vec<FoundDocument>, UnreadableDocuments> {
    let unreadable = |path: &Path, error| UnreadableDocuments::Io {
        path: path.to_owned(),
        error,
    };
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| unreadable(folder, error))?;
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let is_list = match path.extension().and_then(|extension| extension.to_str()) {
            Some("graphql" | "gql") => false,
            Some("json") => true,
            _ => continue,
        };
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
        if is_list {
            found.extend(listed(&path, &text)?);
        } else {
            found.push(FoundDocument {
                place: path.display().to_string(),
                id: None,
                text,
            });
        }
    }
    if found.is_empty() {
        return Err(UnreadableDocuments::None(folder.to_owned()));
    }
    Ok(found)
}

fn listed(path: &Path, text: &str) -> Result<Vec<FoundDocument>, UnreadableDocuments> {
    let list = serde_json::from_str(text).map_err(|error| UnreadableDocuments::NoList {
        path: path.to_owned(),
        error,
    })?;
    let documents: Vec<(String, String)> = match list {
        List::Apollo(manifest) => {
            let operations = manifest.operations.into_iter();
            operations.map(|one| (one.id, one.body)).collect()
        }
        List::ById(texts) => texts.into_iter().collect(),
    };
    let found = documents.into_iter().map(|(id, text)| FoundDocument {
        place: format!("{}, {id}", path.display()),
        id: Some(id),
        text,
    });
    Ok(found.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    /// What is read from files: the names after the folder, the ids and the texts.
    fn documents(files: &[(&str, &str)]) -> Vec<(String, Option<String>, String)> {
        let folder = folder(files);
        let found = read(folder.path()).unwrap().into_iter();
        let prefix = format!("{}/", folder.path().display());
        found
            .map(|one| (one.place.replace(&prefix, ""), one.id, one.text))
            .collect()
    }

    fn refused(files: &[(&str, &str)]) -> String {
        read(folder(files).path()).unwrap_err().to_string()
    }

    #[test]
    fn documents_are_read_from_files_and_from_lists_of_tools() {
        let list = |place: &str, id: &str, text: &str| {
            (
                format!("{place}, {id}"),
                Some(id.to_owned()),
                text.to_owned(),
            )
        };
        let found = documents(&[
            ("b.graphql", "{ b }\n"),
            ("a.gql", "{ a }"),
            ("notes.txt", "not read"),
            (
                "manifest.json",
                r#"{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [
                    {"id": "1f", "name": "C", "type": "query", "body": "query C { c }"}]}"#,
            ),
            (
                "persisted-documents.json",
                r#"{"2f": "query D { d }", "3f": "query E { e }"}"#,
            ),
        ]);
        assert_eq!(
            found,
            [
                ("a.gql".to_owned(), None, "{ a }".to_owned()),
                ("b.graphql".to_owned(), None, "{ b }\n".to_owned()),
                list("manifest.json", "1f", "query C { c }"),
                list("persisted-documents.json", "2f", "query D { d }"),
                list("persisted-documents.json", "3f", "query E { e }"),
            ]
        );
    }

    #[test]
    fn what_is_no_list_is_named() {
        for no_list in [
            "[]",
            "{",
            r#"{"1f": 1}"#,
            r#"{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}"#,
            r#"{"format": "another", "version": 1, "operations": []}"#,
        ] {
            let message = refused(&[("list.json", no_list)]);
            assert!(
                message.contains("list.json is no list of documents"),
                "{message}"
            );
        }
        assert!(refused(&[("notes.txt", "")]).contains("there is no document in"));
        let missing = read(Path::new("no/such/folder")).unwrap_err().to_string();
        assert!(
            missing.starts_with("no/such/folder cannot be read"),
            "{missing}"
        );
    }
}
