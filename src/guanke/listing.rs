//! Lists in the platform's answers, each row as the text it came as.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::Error;
use super::wire;

/// The `data` of an answer that holds a list.
#[derive(Default)]
pub(super) struct Listing<'a> {
    /// The rows, unread.
    pub(super) rows: Vec<&'a RawValue>,
    /// What stands beside the list; empty where the list is all there is.
    fields: HashMap<String, &'a RawValue>,
}

impl<'a> Listing<'a> {
    /// The list in `data`: itself, or the first of `names` that is there. Null is an empty list, but
    /// an object without any of them is no answer: taken for empty, it would end a day too early.
    pub(super) fn read(data: &'a RawValue, names: &[&str]) -> Result<Self, Error> {
        match data.get().as_bytes().first() {
            Some(b'n') => Ok(Self::default()),
            Some(b'[') => Ok(Self {
                rows: parsed(data)?,
                ..Self::default()
            }),
            Some(b'{') => Self::of_object(parsed(data)?, names),
            _ => Err(malformed("data: neither object nor list")),
        }
    }

    fn of_object(fields: HashMap<String, &'a RawValue>, names: &[&str]) -> Result<Self, Error> {
        let inner = names.iter().filter_map(|&name| fields.get(name));
        let told = inner.clone().find(|value| value.get() != "null");
        let rows = match told {
            Some(rows) if rows.get().starts_with('[') => parsed(rows)?,
            None if inner.clone().next().is_some() => Vec::new(),
            _ => return Err(malformed(&format!("data.{}: no list", names[0]))),
        };
        Ok(Self { rows, fields })
    }

    /// What the first of `names` that is there says.
    pub(super) fn field(&self, names: &[&str]) -> Option<Value> {
        names
            .iter()
            .filter_map(|&name| wire::json(self.fields.get(name)?.get()).ok())
            .find(wire::says_anything)
    }
}

fn parsed<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Result<T, Error> {
    serde_json::from_str(json.get()).map_err(|_| malformed("data: no JSON"))
}

fn malformed(what: &str) -> Error {
    Error::Malformed(what.to_owned())
}
