//! What the schema takes: its scalars, enums and input objects.

use std::collections::{BTreeSet, HashMap};

use apollo_compiler::{Schema, schema::ExtendedType};
use async_graphql::{Value, parser::types::Type};
use strum::EnumString;

use super::parsing::type_of;

use crate::graphql::scalars::{Date, DateTime, Decimal, Text as _};

/// A scalar that can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString)]
pub(in crate::graphql) enum Scalar {
    Int,
    Float,
    String,
    Boolean,
    #[strum(serialize = "ID")]
    Id,
    Date,
    DateTime,
    Decimal,
}

impl Scalar {
    /// Why a scalar of our own does not take a value.
    pub fn refuses(self, value: &Value) -> Option<String> {
        let value = || Some(value.clone());
        match self {
            Self::Date => Date::given(value()).err(),
            Self::DateTime => DateTime::given(value()).err(),
            Self::Decimal => Decimal::given(value()).err(),
            Self::Int | Self::Float | Self::String | Self::Boolean | Self::Id => None,
        }
    }
}

/// A type that can be taken.
#[derive(Debug)]
pub(in crate::graphql) enum InputType {
    Scalar(Scalar),
    Enum(BTreeSet<String>),
    Object(HashMap<String, InputField>),
    /// A scalar that takes whatever there is.
    Anything,
}

/// A field of an input object.
#[derive(Debug)]
pub(in crate::graphql) struct InputField {
    pub ty: Type,
    pub has_default: bool,
    /// Whether a value that means nothing is told among the problems of the input, with its place,
    /// by the service that reads it: see [`is_judged_later`].
    pub is_judged_later: bool,
}

/// Whether a scalar in a field of an input is refused by the service that reads the input and not
/// with the whole request, so that one bad row of an import says where it is and does not stop the
/// others: instants and amounts of whatever form ([`Written`](crate::graphql::scalars::Written)), and
/// numbers of seconds of whatever size ([`seconds`](crate::graphql::input::seconds)).
pub(in crate::graphql) fn is_judged_later(input: &str, field: &str, scalar: Scalar) -> bool {
    // A filter is read before the service that it is for.
    !input.ends_with("Filter")
        && match scalar {
            Scalar::DateTime | Scalar::Decimal => true,
            Scalar::Int => field == "duration",
            _ => false,
        }
}

/// Everything that the schema takes, by name.
#[derive(Debug)]
pub(in crate::graphql) struct InputTypes(HashMap<String, InputType>);

impl InputTypes {
    /// Of a schema.
    pub fn of(schema: &Schema) -> Self {
        let types = schema.types.iter();
        Self(
            types
                .filter_map(|(name, definition)| {
                    Some((name.to_string(), input_type(name, definition)?))
                })
                .collect(),
        )
    }

    /// The type of this name.
    pub fn get(&self, name: &str) -> Option<&InputType> {
        self.0.get(name)
    }

    /// All of them, in no order.
    #[cfg(test)]
    pub fn iter(&self) -> impl Iterator<Item = (&str, &InputType)> {
        self.0.iter().map(|(name, ty)| (name.as_str(), ty))
    }
}

fn input_type(name: &str, definition: &ExtendedType) -> Option<InputType> {
    match definition {
        ExtendedType::Scalar(_) => {
            let scalar = name.parse().map(InputType::Scalar);
            Some(scalar.unwrap_or(InputType::Anything))
        }
        ExtendedType::Enum(definition) => {
            let values = definition.values.keys().map(ToString::to_string);
            Some(InputType::Enum(values.collect()))
        }
        ExtendedType::InputObject(definition) => {
            let fields = definition.fields.iter().map(|(field, definition)| {
                let scalar = definition.ty.inner_named_type().parse();
                let field_type = InputField {
                    ty: type_of(&definition.ty),
                    has_default: definition.default_value.is_some(),
                    is_judged_later: scalar
                        .is_ok_and(|scalar| is_judged_later(name, field, scalar)),
                };
                (field.to_string(), field_type)
            });
            Some(InputType::Object(fields.collect()))
        }
        _ => None,
    }
}
