//! Whether a document means something in this schema, by every rule of the specification (5).
//!
//! async-graphql 7.2 checks as well, but lets some mistakes pass: directives that do not exist,
//! stand where they may not or are given twice, nullable variables where a value is needed, and
//! fields of one name that cannot be one field when they lie below others. The answer to such a
//! document is not what it says. So apollo-compiler looks at each document first, once.

use apollo_compiler::{
    ExecutableDocument, Schema,
    validation::{DiagnosticList, Valid},
};
use async_graphql::{Pos, ServerError};

/// Most mistakes that are told at once.
const MOST_TOLD: usize = 20;

/// Knows the schema.
#[derive(Debug)]
pub(super) struct Validator(Valid<Schema>);

impl Validator {
    /// For the schema with this SDL.
    pub fn of(sdl: &str) -> Self {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql");
        debug_assert!(schema.is_ok(), "{schema:?}");
        Self(schema.unwrap_or_else(|broken| {
            tracing::error!(errors = %broken.errors, "the schema is not what the specification wants");
            Valid::assume_valid(broken.partial)
        }))
    }

    /// What is wrong with a document; nothing for a good one.
    pub fn mistakes(&self, text: &str) -> Vec<ServerError> {
        let document = ExecutableDocument::parse(&self.0, text, "query.graphql");
        // What does not exist is told first: of the rest of the document, little holds without it.
        let broken = match document {
            Ok(document) => document.validate(&self.0).err(),
            Err(broken) => Some(broken),
        };
        broken.map_or_else(Vec::new, |broken| told(&broken.errors))
    }
}

fn told(mistakes: &DiagnosticList) -> Vec<ServerError> {
    let mistakes = mistakes.iter().map(|mistake| {
        let mistake = mistake.to_json();
        let locations = mistake.locations.iter().map(|place| Pos {
            line: place.line,
            column: place.column,
        });
        let mut error = ServerError::new(mistake.message, None);
        error.locations = locations.collect();
        error
    });
    mistakes.take(MOST_TOLD).collect()
}
