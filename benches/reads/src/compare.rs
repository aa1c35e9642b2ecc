//! `compare`: whether two answers are the same JSON, in whatever order their fields are.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// One file
    left: PathBuf,
    /// The other file
    right: PathBuf,
}

/// Compares; an answer without data is an error, too.
pub fn run(arguments: &CompareArgs) -> anyhow::Result<()> {
    let read = |file: &PathBuf| -> anyhow::Result<Value> {
        let text = fs::read(file).with_context(|| file.display().to_string())?;
        let value: Value =
            serde_json::from_slice(&text).with_context(|| file.display().to_string())?;
        if !value["data"].is_object() || !value["errors"].is_null() {
            bail!("{} is no answer: {value}", file.display());
        }
        Ok(value)
    };
    let (left, right) = (read(&arguments.left)?, read(&arguments.right)?);
    // What a query costs is said by the service alone.
    match difference(&left["data"], &right["data"], "/data") {
        None => Ok(()),
        Some(difference) => bail!("the answers differ: {difference}"),
    }
}

/// Where two values differ first, and how.
fn difference(left: &Value, right: &Value, place: &str) -> Option<String> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) if left.len() == right.len() => {
            left.iter().find_map(|(name, value)| {
                let other = right.get(name).unwrap_or(&Value::Null);
                difference(value, other, &format!("{place}/{name}"))
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(index, (left, right))| {
                difference(left, right, &format!("{place}/{index}"))
            }),
        // PostgreSQL writes 0 where others write 0.0.
        (Value::Number(left), Value::Number(right)) if left.as_f64() == right.as_f64() => None,
        _ if left == right => None,
        _ => Some(format!("{place}: {left} and {right}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        let left = json!({ "data": { "a": [1, { "b": null, "c": 2 }] } });
        let same = json!({ "data": { "a": [1.0, { "c": 2, "b": null }] } });
        let other = json!({ "data": { "a": [1, { "b": null, "c": 3 }] } });
        assert_eq!(difference(&left, &same, ""), None);
        assert_eq!(
            difference(&left, &other, "").unwrap(),
            "/data/a/1/c: 2 and 3"
        );
    }
}
