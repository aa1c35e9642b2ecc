//! What the platform pushes: finished calls and submitted forms, in whatever wrapping it sends them.

use std::borrow::Cow;

use encoding_rs::GB18030;
use percent_encoding::percent_decode;
use serde_json::Value;

use super::fields::{self, PushedRecord};
use super::wire::{self, Row};

/// The most bytes of a push.
pub const MAX_PUSH_BYTES: usize = 1 << 20;
/// The most records of a push: as many as a page has.
pub const MAX_PUSHED_RECORDS: usize = 1_000;

/// Objects, lists and texts around a record; the platform uses three at most.
const DEEPEST_WRAPPING: u8 = 6;
/// The id of the call, by the names that mean nothing else.
const CALL_ID: [&str; 2] = ["cdr_id", "cdrId"];
/// What pushes of forms hold answers in.
const FORM_ANSWERS: [&str; 3] = ["ext", "columns", "content"];

/// What is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PushKind {
    /// A finished call.
    Cdr,
    /// A submitted form: its answers become tags.
    Form,
}

/// Why a push cannot be used. Repeats nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// More than [`MAX_PUSH_BYTES`].
    #[error("the body has more than 1 MB")]
    TooLarge,
    /// More than [`MAX_PUSHED_RECORDS`].
    #[error("the body holds more than 1,000 records")]
    TooMany,
    /// Nothing in it.
    #[error("the body is empty")]
    Empty,
    /// Not what it says it is, or broken off.
    #[error("the body is neither JSON nor a form (application/x-www-form-urlencoded)")]
    Unreadable,
    /// Something else than an object where a record should be.
    #[error("record {0}: it must be a JSON object")]
    NoObject(usize),
    /// A record without the one field it must have.
    #[error("record {0}: `cdr_id` (or `cdrId`, `id`) must be an id of 1 to 191 characters")]
    NoId(usize),
}

/// Reads a push: one record or a list of them, plain or under `data`, as JSON or as a form, in any
/// of the platform's spellings. Fields that cannot be read count as not said.
///
/// # Errors
/// [`PushError`]; then nothing of the push can be used. Records are counted from 1.
pub fn parse_push(
    kind: PushKind,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Vec<PushedRecord>, PushError> {
    if body.len() > MAX_PUSH_BYTES {
        return Err(PushError::TooLarge);
    }
    let mut rows = Vec::new();
    unwrap(read(content_type, body)?, DEEPEST_WRAPPING, &mut rows)?;
    let records = rows.iter().zip(1..).map(|(row, number)| {
        let id = id_of(row).ok_or(PushError::NoId(number))?;
        let answers: &[&str] = match kind {
            PushKind::Cdr => &fields::ANSWERS,
            PushKind::Form => &FORM_ANSWERS,
        };
        Ok(fields::read(row, id, answers))
    });
    records.collect()
}

/// The body as JSON. Its look decides rather than its type: senders of JSON often call it a form.
fn read(content_type: Option<&str>, body: &[u8]) -> Result<Value, PushError> {
    let text = decoder(body)(body);
    let text =
        text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
    if text.is_empty() {
        return Err(PushError::Empty);
    }
    let says_json = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
    if says_json || text.starts_with(['{', '[', '"']) {
        return wire::json(text).map_err(|_| PushError::Unreadable);
    }
    let form = form(text.as_bytes());
    if form.is_empty() {
        return Err(PushError::Unreadable);
    }
    Ok(Value::Object(form))
}

/// The fields of a form; of several by one name the last.
fn form(body: &[u8]) -> Row {
    // Two bytes of a Chinese encoding may be UTF-8 by chance, the whole form hardly.
    let decode = decoder(&unescaped(body));
    let fields = body.split(|byte| *byte == b'&');
    fields
        .filter_map(|field| {
            let equals = field.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (&field[..equals], &field[equals + 1..]);
            let text = |part| decode(&unescaped(part)).into_owned();
            Some((text(name), Value::String(text(value))))
        })
        .collect()
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&spaced).collect()
}

type Decode = fn(&[u8]) -> Cow<'_, str>;

/// UTF-8, else the Chinese encodings, of which GB 18030 holds the others.
fn decoder(sample: &[u8]) -> Decode {
    if std::str::from_utf8(sample).is_ok() {
        String::from_utf8_lossy
    } else {
        |bytes| GB18030.decode_without_bom_handling(bytes).0
    }
}

/// Finds the records under whatever is around them.
fn unwrap(value: Value, deepest: u8, rows: &mut Vec<Row>) -> Result<(), PushError> {
    let number = rows.len() + 1;
    let Some(deepest) = deepest.checked_sub(1) else {
        return Err(PushError::NoObject(number));
    };
    match value {
        Value::Object(mut row) => match wrapped(&mut row) {
            Some(inner) => unwrap(inner, deepest, rows),
            None if rows.len() == MAX_PUSHED_RECORDS => Err(PushError::TooMany),
            None => {
                rows.push(row);
                Ok(())
            }
        },
        Value::Array(items) => items
            .into_iter()
            .try_for_each(|item| unwrap(item, deepest, rows)),
        Value::String(text) => {
            let inner = wire::json(&text).map_err(|_| PushError::NoObject(number))?;
            unwrap(inner, deepest, rows)
        }
        _ => Err(PushError::NoObject(number)),
    }
}

/// What an object is only the wrapping of: it does not say which call it is, and has something
/// inside that may. (`params` of a record are its own.)
fn wrapped(row: &mut Row) -> Option<Value> {
    if wire::field(row, &CALL_ID).is_some() {
        return None;
    }
    let names: &[&str] = if row.contains_key("id") {
        &["data"]
    } else {
        &["data", "params"]
    };
    let name = names
        .iter()
        .find(|&&name| row.get(name).is_some_and(holds_more))?;
    row.remove(*name)
}

fn holds_more(value: &Value) -> bool {
    match value {
        Value::Object(_) | Value::Array(_) => true,
        Value::String(text) => text.trim_start().starts_with(['{', '[', '"']),
        _ => false,
    }
}

fn id_of(row: &Row) -> Option<String> {
    wire::identifier(wire::field(row, &["cdr_id", "cdrId", "id"])?)
}
