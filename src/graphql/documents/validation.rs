//! Whether a document means something in this schema, by every rule of the specification (5).
//!
//! async-graphql 7.2 checks as well, but lets some mistakes pass: directives that do not exist,
//! stand where they may not or are given twice, nullable variables where a value is needed, and
//! fields of one name that cannot be one field when they lie below others; it also refuses what is
//! right. The answer to such a document is not what it says. So apollo-compiler looks at each
//! document first, once, [`values`] at what it does not look at, and async-graphql no more.

use apollo_compiler::{
    ExecutableDocument, Schema,
    ast::{DirectiveList, FieldDefinition, Type},
    name,
    schema::{Component, ExtendedType},
    validation::{DiagnosticList, Valid},
};
use async_graphql::{Pos, ServerError};

use super::{input_types::InputTypes, parsing::Tree, values};

/// Most mistakes that are told at once.
const MOST_TOLD: usize = 20;

/// Knows the schema.
#[derive(Debug)]
pub(in crate::graphql) struct Validator(Valid<Schema>);

impl Validator {
    /// For the schema with this SDL.
    pub fn of(sdl: &str) -> Self {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql");
        debug_assert!(schema.is_ok(), "{schema:?}");
        Self(with_is_one_of(schema.unwrap_or_else(|broken| {
            tracing::error!(errors = %broken.errors, "the schema is not what the specification wants");
            Valid::assume_valid(broken.partial)
        })))
    }

    /// What the schema takes.
    pub fn input_types(&self) -> InputTypes {
        InputTypes::of(&self.0)
    }

    /// What is wrong with a document; nothing for a good one.
    pub fn mistakes(&self, tree: &Tree) -> Vec<ServerError> {
        // What does not exist is told first: of the rest of the document, little holds without it.
        let document: ExecutableDocument = match tree.to_executable(&self.0) {
            Ok(document) => document,
            Err(broken) => return told(&broken.errors),
        };
        match document.validate(&self.0) {
            Ok(document) => values::mistakes(&self.0, &document, MOST_TOLD),
            Err(broken) => told(&broken.errors),
        }
    }
}

/// With the field of introspection that apollo-compiler 1.33 does not know yet.
fn with_is_one_of(schema: Valid<Schema>) -> Valid<Schema> {
    let mut schema = schema.into_inner();
    if let Some(ExtendedType::Object(definition)) = schema.types.get_mut("__Type") {
        let field = FieldDefinition {
            description: None,
            name: name!("isOneOf"),
            arguments: Vec::new(),
            ty: Type::Named(name!("Boolean")),
            directives: DirectiveList::default(),
        };
        let fields = &mut definition.make_mut().fields;
        fields.insert(field.name.clone(), Component::new(field));
    }
    Valid::assume_valid(schema)
}

/// What a parser or a validator found.
pub(in crate::graphql) fn told(mistakes: &DiagnosticList) -> Vec<ServerError> {
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
