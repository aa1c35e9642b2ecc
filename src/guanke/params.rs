//! What our own side gave with a number when it was submitted (`params`), which the platform's records
//! carry back: the package that the number belongs to.

use serde_json::Value;

use super::wire::{self, Row};
use crate::domain::package_rules::hint;

/// By its number or its global id, or by its name.
const PACKAGE: [&str; 5] = [
    "packageId",
    "package_id",
    "leadPackageId",
    "lead_package_id",
    "package",
];
/// By its name, even one of digits.
const PACKAGE_NAME: [&str; 2] = ["packageName", "package_name"];
/// JSON in a text, in a text once more; no deeper.
const DEEPEST_TEXT: u8 = 2;

/// The package that the record's `params` name.
pub(super) fn package(row: &Row) -> Option<String> {
    of_params(row.get("params")?, DEEPEST_TEXT)
}

fn of_params(params: &Value, texts: u8) -> Option<String> {
    match params {
        Value::Object(params) => of_object(params),
        Value::String(text) if texts > 0 => of_params(&wire::json(text).ok()?, texts - 1),
        _ => None,
    }
}

fn of_object(params: &Row) -> Option<String> {
    let scalar = |value: &Value| match value {
        Value::Bool(_) => None,
        value => wire::scalar(value),
    };
    let text = |row: &Row, names: &[&str]| scalar(wire::field(row, names)?);
    let by_id = |row: &Row, names: &[&str]| hint(&text(row, names)?, false);
    let by_name = |row: &Row, names: &[&str]| hint(&text(row, names)?, true);
    by_id(params, &PACKAGE)
        .or_else(|| by_name(params, &PACKAGE_NAME))
        .or_else(|| {
            let package = params.get("package")?.as_object()?;
            by_id(package, &["id", "databaseId"]).or_else(|| by_name(package, &["name"]))
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_package_is_named_by_number_id_or_name_and_nothing_else_is_one() {
        for (params, expected) in [
            (json!({"packageId": 12}), Some("12")),
            (json!({"package_id": " 12 "}), Some("12")),
            (
                json!({"packageId": null, "packageName": "11月Ａ包"}),
                Some("name:11月A包"),
            ),
            (json!({"package": "11月A包"}), Some("11月A包")),
            (json!({"package": {"id": 7, "name": "x"}}), Some("7")),
            (json!({"package": {"name": "12"}}), Some("name:12")),
            (json!({"packageId": 0}), None),
            (json!({"packageId": true}), None),
            (json!({"packageId": [1]}), None),
            (json!({"leadId": 12}), None),
            (json!([{"packageId": 12}]), None),
            (json!(12), None),
        ] {
            let text = params.to_string();
            for params in [params, json!(text), json!(json!(text).to_string())] {
                let row = json!({ "params": params });
                let named = package(row.as_object().unwrap());
                assert_eq!(named.as_deref(), expected, "{row}");
            }
        }
        for row in [json!({}), json!({"params": null}), json!({"params": "{"})] {
            assert_eq!(package(row.as_object().unwrap()), None);
        }
    }
}
