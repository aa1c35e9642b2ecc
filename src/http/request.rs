//! From JSON or a query string to a GraphQL request, or to words about what is wrong with it.

use async_graphql::{ParseRequestError, Request};
use axum::{
    extract::Query,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, error::Category, value::RawValue};

use super::{error::refusal, extraction::Checked, given_once::GivenOnce};
use crate::domain::fields::given;

/// Most values of variables, each number, text, list and object being one; an import of 5,000 calls
/// has some 150,000.
const MAX_VALUES: usize = 500_000;

/// Why something is no GraphQL request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    /// There is no body.
    #[error("there is no body: {FORM}")]
    Empty,
    /// So many values that they would take much more memory than their text.
    #[error("`{0}` has more than {MAX_VALUES} values: send it as several requests")]
    TooManyValues(&'static str),
    /// The body is in other characters.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// JSON that ends too early.
    #[error("the body is no JSON: it ends too early")]
    CutOff,
    /// Something that is no JSON.
    #[error("the body is no JSON: line {line}, column {column} cannot be read")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Byte within the line, from 1.
        column: usize,
    },
    /// Several requests at once.
    #[error("one request at a time: several in a list are not taken; {FORM}")]
    Batch,
    /// JSON, but no object.
    #[error("the body is {0}: {FORM}")]
    NotAnObject(&'static str),
    /// A parameter twice.
    #[error("one of the parameters is given twice")]
    Twice,
    /// There is no document.
    #[error("the request has no `query`")]
    NoQuery,
    /// Two documents are named.
    #[error("`documentId` and `extensions.persistedQuery` name two documents: give one of them")]
    TwoDocuments,
    /// A parameter of another type.
    #[error("`{name}` must be {wanted}, and is {found}")]
    WrongType {
        /// Which parameter.
        name: &'static str,
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A parameter of the right type that cannot be read all the same.
    #[error("`{name}` cannot be read: {reason}")]
    Unreadable {
        /// Which parameter.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A query string that is none.
    #[error(
        "a GraphQL request in a URL has `query` or `documentId`, and maybe `operationName`, `variables` and `extensions` (JSON), each once"
    )]
    QueryString,
    /// async-graphql-axum cannot read what passed the checks.
    #[error("the request cannot be read: {0}")]
    NotRead(String),
}

impl From<ParseRequestError> for Malformed {
    fn from(error: ParseRequestError) -> Self {
        Self::NotRead(error.to_string())
    }
}

impl IntoResponse for Malformed {
    fn into_response(self) -> Response {
        refusal(StatusCode::BAD_REQUEST, &self.to_string())
    }
}

const FORM: &str = r#"a GraphQL request is JSON of the form {"query": "…", "variables": {…}, "operationName": "…"}"#;

/// The parameters as they were written; null is the same as not given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters<'a> {
    #[serde(borrow)]
    query: Option<&'a RawValue>,
    #[serde(borrow)]
    document_id: Option<&'a RawValue>,
    #[serde(borrow)]
    operation_name: Option<&'a RawValue>,
    #[serde(borrow)]
    variables: Option<&'a RawValue>,
    #[serde(borrow)]
    extensions: Option<&'a RawValue>,
}

/// The parameters of a URL. An empty one is the same as none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UrlParameters {
    #[serde(default)]
    query: String,
    #[serde(default)]
    document_id: String,
    #[serde(default)]
    operation_name: String,
    #[serde(default)]
    variables: String,
    #[serde(default)]
    extensions: String,
}

/// The request in the body of a POST, which is not kept beside it.
pub(super) async fn from_body(body: impl AsRef<[u8]>) -> Result<Request, Malformed> {
    let checked = check_body(body.as_ref())?;
    drop(body);
    checked.extract().await
}

fn check_body(body: &[u8]) -> Result<Checked, Malformed> {
    let text = without_mark(std::str::from_utf8(body).map_err(|_| Malformed::NotUtf8)?);
    match text.trim_start().as_bytes().first() {
        None => return Err(Malformed::Empty),
        Some(b'[') => return Err(Malformed::Batch),
        _ => {}
    }
    let parameters: Parameters =
        serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Eof => Malformed::CutOff,
            Category::Data if kind(text) != "an object" => Malformed::NotAnObject(kind(text)),
            Category::Data => Malformed::Twice,
            Category::Syntax | Category::Io => Malformed::NotJson {
                line: error.line(),
                column: error.column(),
            },
        })?;
    check(
        parameters.query.map(RawValue::get),
        parameters.document_id.map(RawValue::get),
        parameters.operation_name.map(RawValue::get),
        parameters.variables.map(RawValue::get),
        parameters.extensions.map(RawValue::get),
    )
}

/// A text without the byte order mark that some put before JSON.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The request in the query string of a GET.
pub(super) async fn from_url(uri: &Uri) -> Result<Request, Malformed> {
    check_url(uri)?.extract().await
}

fn check_url(uri: &Uri) -> Result<Checked, Malformed> {
    let Query(parameters) =
        Query::<UrlParameters>::try_from_uri(uri).map_err(|_| Malformed::QueryString)?;
    let json = |text: String| Value::String(text).to_string();
    check(
        Some(&json(parameters.query)),
        given(parameters.document_id).map(json).as_deref(),
        given(parameters.operation_name).map(json).as_deref(),
        given(parameters.variables).as_deref(),
        given(parameters.extensions).as_deref(),
    )
}

/// Checks the parameters, each of them JSON.
fn check(
    query: Option<&str>,
    document_id: Option<&str>,
    operation_name: Option<&str>,
    variables: Option<&str>,
    extensions: Option<&str>,
) -> Result<Checked, Malformed> {
    let string = |name: &'static str, json: &str| read::<String>(name, "a string", json);
    query.map(|json| string("query", json)).transpose()?;
    let document_id = document_id
        .map(|json| string("documentId", json))
        .transpose()?;
    operation_name
        .map(|json| string("operationName", json))
        .transpose()?;
    let variables = variables
        .map(|json| object("variables", json))
        .transpose()?;
    let extensions = extensions
        .map(|json| object("extensions", json))
        .transpose()?;
    Ok(Checked::new(
        query,
        operation_name,
        variables,
        extensions,
        document_id,
    ))
}

/// The text of an object whose fields are given once, or of null.
fn object<'a>(name: &'static str, json: &'a str) -> Result<&'a str, Malformed> {
    let json = json.trim();
    if json == "null" {
        return Ok(json);
    }
    if values(json) > MAX_VALUES {
        return Err(Malformed::TooManyValues(name));
    }
    let GivenOnce = read(name, "an object", json)?;
    Ok(json)
}

/// About how many values a JSON text has, counted without reading it.
fn values(json: &str) -> usize {
    let mut in_string = false;
    let mut is_escaped = false;
    let begins_value = |byte: &&u8| {
        let was_in_string = in_string;
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            _ => {}
        }
        !was_in_string && matches!(byte, b'{' | b'[' | b',')
    };
    json.as_bytes().iter().filter(begins_value).count()
}

fn read<T: DeserializeOwned>(
    name: &'static str,
    wanted: &'static str,
    json: &str,
) -> Result<T, Malformed> {
    let found = kind(json);
    if found != wanted {
        return Err(Malformed::WrongType {
            name,
            wanted,
            found,
        });
    }
    serde_json::from_str(json).map_err(|error| Malformed::Unreadable {
        name,
        reason: error.to_string(),
    })
}

/// What a JSON text is, from how it begins.
fn kind(json: &str) -> &'static str {
    match json.trim_start().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'-' | b'0'..=b'9') => "a number",
        Some(_) if json.trim() == "null" => "null",
        _ => "no JSON",
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// Nothing is waited for: a large request has its turn until it is read.
    fn from_body(body: &[u8]) -> Result<Request, Malformed> {
        super::from_body(body).now_or_never().unwrap()
    }

    fn from_url(uri: &Uri) -> Result<Request, Malformed> {
        super::from_url(uri).now_or_never().unwrap()
    }

    fn refused(body: &str) -> String {
        from_body(body.as_bytes())
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn what_is_wrong_is_said_in_plain_words() {
        for (body, words) in [
            (
                "",
                "there is no body: a GraphQL request is JSON of the form",
            ),
            (" \n", "there is no body"),
            ("{", "the body is no JSON: it ends too early"),
            (r#"{ "not a JSON"#, "ends too early"),
            ("{\n \"query\": x}", "line 2, column 11 cannot be read"),
            ("{} {}", "line 1, column 4 cannot be read"),
            ("query { a }", "line 1, column 1 cannot be read"),
            (r#"[{"query": "{ a }"}]"#, "one request at a time"),
            ("7", "the body is a number: a GraphQL request"),
            ("null", "the body is null"),
            (r#""{ a }""#, "the body is a string"),
            ("{}", "the request has no `query`"),
            (r#"{"query": null}"#, "the request has no `query`"),
            (r#"{"query": " "}"#, "the request has no `query`"),
            (
                r#"{"query": ["x"]}"#,
                "`query` must be a string, and is a list",
            ),
            (
                r#"{"query": "x", "query": "y"}"#,
                "one of the parameters is given twice",
            ),
            (
                r#"{"query": "x", "operationName": 0}"#,
                "`operationName` must be a string, and is a number",
            ),
            (
                r#"{"query": "x", "variables": "{}"}"#,
                "`variables` must be an object, and is a string",
            ),
            (
                r#"{"query": "x", "extensions": false}"#,
                "`extensions` must be an object, and is a boolean",
            ),
            (r#"{"query": "\ud800"}"#, "`query` cannot be read: "),
            (
                r#"{"query": "x", "variables": {"a": 1e999}}"#,
                "`variables` cannot be read: number out of range",
            ),
            (
                r#"{"query": "x", "variables": {"a": [{"b": 1, "c": 2, "b": 1}]}}"#,
                "`variables` cannot be read: `b` is given twice in one object",
            ),
            (
                r#"{"query": "x", "extensions": {"a": 1, "a": 2}}"#,
                "`extensions` cannot be read: `a` is given twice in one object",
            ),
            ("\u{feff}", "there is no body"),
            ("\u{feff} {", "it ends too early"),
            ("\u{feff}\u{feff}{}", "line 1, column 1 cannot be read"),
        ] {
            let message = refused(body);
            assert!(message.contains(words), "{body}: {message}");
        }
        assert_eq!(from_body(b"\xff").err(), Some(Malformed::NotUtf8));
        let deep = format!(
            r#"{{"query": "x", "variables": {{"a": {}{}}}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert!(
            refused(&deep).contains("recursion limit"),
            "{}",
            refused(&deep)
        );
    }

    #[test]
    fn values_are_counted_before_they_are_read() {
        for (json, count) in [
            ("{}", 1),
            (r#"{"a": 1, "b": [2, {}]}"#, 5),
            (r#"{"a,[{": "\\\",{", "b": 1}"#, 2),
        ] {
            assert_eq!(values(json), count, "{json}");
        }
        let body = |values: usize| {
            let list = vec!["{}"; values].join(",");
            format!(r#"{{"query": "x", "variables": {{"a": [{list}]}}}}"#)
        };
        // The object and the list, each element, and the commas between them.
        assert!(from_body(body(249_999).as_bytes()).is_ok());
        assert_eq!(
            refused(&body(250_001)),
            "`variables` has more than 500000 values: send it as several requests"
        );
    }

    #[test]
    fn a_request_is_read_from_both_places() {
        let body = r#"{"query": "{ a }", "operationName": "A", "variables": {"b": [1]}, "extensions": null, "other": 1}"#;
        let uri =
            "/graphql?query=%7B+a+%7D&operationName=A&variables=%7B%22b%22:[1]%7D&extensions=null";
        let uri: Uri = uri.parse().unwrap();
        let marked = format!("\u{feff}{body}");
        let requests = [
            from_body(body.as_bytes()),
            from_body(marked.as_bytes()),
            from_url(&uri),
        ];
        for request in requests.map(Result::unwrap) {
            assert_eq!(request.query, "{ a }");
            assert_eq!(request.operation_name.as_deref(), Some("A"));
            let variables = serde_json::to_value(&request.variables).unwrap();
            assert_eq!(variables, serde_json::json!({ "b": [1] }));
        }
        let named =
            from_body(br#"{"query": null, "documentId": "sha256:a", "variables": {"n": 2.0}}"#);
        let named = named.unwrap();
        assert!(named.query.is_empty() && named.extensions.contains_key("persistedQuery"));
        let variables = serde_json::to_value(&named.variables).unwrap();
        assert_eq!(variables, serde_json::json!({ "n": 2.0 }));
    }

    #[test]
    fn a_url_has_each_parameter_once() {
        let refused = |query: &str| {
            let uri: Uri = format!("/graphql?{query}").parse().unwrap();
            from_url(&uri)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        assert_eq!(refused("operationName=&variables=&query=x"), "");
        assert!(refused("query=x&query=y").contains("each once"));
        assert_eq!(refused("variables=%7B%7D"), "the request has no `query`");
        assert_eq!(
            refused("query=x&variables=[]"),
            "`variables` must be an object, and is a list"
        );
        assert_eq!(
            refused("query=x&variables=no"),
            "`variables` must be an object, and is no JSON"
        );
    }
}
