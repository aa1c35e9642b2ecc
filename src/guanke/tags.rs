//! The answers a call's script collected (`ext`), turned into tags.

use serde_json::Value;

use crate::domain::dialing::Tag;
use crate::domain::text::Reading;

use super::wire::{self, Row};

const NAME_LIMIT: usize = 100;
/// With the name, at most 2,400 bytes of UTF-8: a unique index holds both, and PostgreSQL takes
/// 2,704.
const VALUE_LIMIT: usize = 500;
/// No script asks this much; more is garbage.
const MOST_TAGS: usize = 200;
/// JSON in a text, in a text once more; no deeper.
const DEEPEST_TEXT: u8 = 2;

/// The tags in these fields of a record, sorted, each once.
pub(super) fn of_fields(row: &Row, names: &[&str]) -> Vec<Tag> {
    let mut tags = Vec::new();
    for value in names.iter().filter_map(|&name| row.get(name)) {
        collect(value, DEEPEST_TEXT, &mut tags);
    }
    tags.sort_unstable();
    tags.dedup();
    tags.truncate(MOST_TAGS);
    tags
}

/// An object, a list of named values, or either as JSON in a text; anything else has no names.
fn collect(value: &Value, texts: u8, tags: &mut Vec<Tag>) {
    match value {
        Value::Object(row) => collect_object(row, tags),
        Value::Array(items) => {
            for row in items.iter().filter_map(Value::as_object) {
                collect_named(row, tags);
            }
        }
        Value::String(text) if texts > 0 => {
            if let Ok(inner) = wire::json(text) {
                collect(&inner, texts - 1, tags);
            }
        }
        _ => {}
    }
}

fn collect_object(row: &Row, tags: &mut Vec<Tag>) {
    for (name, value) in row {
        push(name, value, tags);
    }
}

/// `{"name": …, "value": …}`, else an object like any other.
fn collect_named(row: &Row, tags: &mut Vec<Tag>) {
    let name = wire::text(row, &["name", "key", "label"], Reading::Name, NAME_LIMIT);
    match (name, row.get("value")) {
        (Some(name), Some(value)) => push(&name, value, tags),
        _ => collect_object(row, tags),
    }
}

/// One tag of a scalar, one an item of a list of scalars, and the compact JSON of what is nested.
fn push(name: &str, value: &Value, tags: &mut Vec<Tag>) {
    match value {
        Value::Array(items) if !items.iter().any(is_nested) => {
            for item in items {
                push_text(name, wire::scalar(item), tags);
            }
        }
        Value::Object(inner) if inner.is_empty() => {}
        nested if is_nested(nested) => push_text(name, Some(nested.to_string()), tags),
        scalar => push_text(name, wire::scalar(scalar), tags),
    }
}

fn is_nested(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

fn push_text(name: &str, text: Option<String>, tags: &mut Vec<Tag>) {
    let name = wire::clean(name, Reading::Name, NAME_LIMIT);
    let value = text.and_then(|text| wire::clean(&text, Reading::Name, VALUE_LIMIT));
    if let (Some(name), Some(value)) = (name, value) {
        tags.push(Tag { name, value });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tags(ext: &Value) -> Vec<String> {
        of_fields(json!({ "ext": ext }).as_object().unwrap(), &["ext"])
            .into_iter()
            .map(|tag| format!("{}={}", tag.name, tag.value))
            .collect()
    }

    #[test]
    fn an_object_and_the_same_as_json_in_a_text_give_the_same_tags() {
        let object = json!({"size": 50, "interest": " high ", "callback": true, "rate": 2.0});
        let expected = ["callback=true", "interest=high", "rate=2", "size=50"];
        assert_eq!(tags(&object), expected);
        let text = object.to_string();
        assert_eq!(tags(&json!(text)), expected);
        assert_eq!(tags(&json!(json!(text).to_string())), expected);
    }

    #[test]
    fn a_list_of_scalars_gives_a_tag_each_and_what_is_nested_its_json() {
        let ext = json!({
            "wants": ["loan", "card", "loan", null, ""],
            "address": {"city": "杭州", "no": 1},
            "visits": [{"day": 1}, 2],
        });
        assert_eq!(
            tags(&ext),
            [
                r#"address={"city":"杭州","no":1}"#,
                r#"visits=[{"day":1},2]"#,
                "wants=card",
                "wants=loan"
            ]
        );
    }

    #[test]
    fn a_list_of_named_values_gives_a_tag_each() {
        let ext = json!([
            {"name": "a", "value": 1},
            {"key": "b", "value": ["x", "y"]},
            {"label": "c", "value": null},
            {"d": "plain"},
            7
        ]);
        assert_eq!(tags(&ext), ["a=1", "b=x", "b=y", "d=plain"]);
    }

    #[test]
    fn nothing_blank_and_no_json_give_no_tags() {
        for ext in [
            json!(null),
            json!(""),
            json!("  "),
            json!("{}"),
            json!("[object Object]"),
            json!({"a": null, "b": " ", " ": "c", "d": {}, "e": []}),
            json!(5),
        ] {
            assert_eq!(tags(&ext), [""; 0], "{ext}");
        }
    }

    #[test]
    fn names_values_and_their_number_are_bounded() {
        let long = json!({ "n".repeat(300): "v".repeat(3_000) });
        let tag = &of_fields(
            json!({ "columns": long }).as_object().unwrap(),
            &["columns"],
        )[0];
        assert_eq!((tag.name.len(), tag.value.len()), (100, 500));
        let many: Vec<u32> = (0..500).collect();
        assert_eq!(tags(&json!({ "a": many })).len(), 200);
    }
}
