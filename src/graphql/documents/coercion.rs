//! The values of variables become what their types say (specification, 6.1.2), all of them before
//! anything of the operation runs: async-graphql 7.2 reads each where it is used, when fields before
//! it have run.

use std::{
    collections::HashMap,
    fmt::{self, Display},
};

use async_graphql::{
    ErrorExtensionValues, Name, Pos, ServerError, Value, Variables,
    indexmap::IndexMap,
    parser::types::{BaseType, OperationDefinition, Type},
};
use async_graphql_value::Number;

use super::input_types::{InputField, InputType, InputTypes, Scalar};

use crate::graphql::{
    code,
    scalars::{self, EXACT},
};

/// Most problems that are told at once.
const MOST_TOLD: usize = 200;
/// Most values of an enum that are named.
const MOST_NAMED: usize = 40;

impl InputTypes {
    /// Makes of the values that were sent for an operation's variables what their types say, and
    /// puts in the defaults of those that were not sent. What the operation does not declare is
    /// left out.
    ///
    /// # Errors
    /// Every problem with them, each with its path. They are as they were sent then, in part.
    pub fn coerce(
        &self,
        operation: &OperationDefinition,
        variables: &mut Variables,
    ) -> Result<(), Vec<ServerError>> {
        let mut sent = std::mem::take(&mut **variables);
        let mut problems = Problems::default();
        for definition in &operation.variable_definitions {
            problems.pos = definition.pos;
            let definition = &definition.node;
            let name = &definition.name.node;
            let place = Place::variable(name);
            let default = definition.default_value.as_ref();
            let value = match (sent.remove(name), default) {
                (Some(mut value), _) => {
                    self.value(&definition.var_type.node, &mut value, &place, &mut problems);
                    value
                }
                (None, Some(default)) => default.node.clone(),
                (None, None) if definition.var_type.node.nullable => continue,
                (None, None) => {
                    let ty = &definition.var_type.node;
                    problems.add(&place, format_args!("was not sent, and {ty} needs a value"));
                    continue;
                }
            };
            variables.insert(name.clone(), value);
        }
        problems.result()
    }

    fn value(&self, ty: &Type, value: &mut Value, place: &Place, problems: &mut Problems) {
        match (&ty.base, value) {
            (_, Value::Null) if ty.nullable => {}
            (_, Value::Null) => problems.add(place, format_args!("must not be null: it is {ty}")),
            (BaseType::List(item), Value::List(items)) => {
                for (index, value) in items.iter_mut().enumerate() {
                    self.value(item, value, &place.item(index), problems);
                }
            }
            (BaseType::List(item), single) => {
                self.value(item, single, place, problems);
                *single = Value::List(vec![std::mem::take(single)]);
            }
            (BaseType::Named(name), value) => self.named(name, value, place, problems),
        }
    }

    fn named(&self, name: &Name, value: &mut Value, place: &Place, problems: &mut Problems) {
        match self.get(name) {
            Some(InputType::Scalar(scalar)) => {
                if let Err(problem) = coerce_scalar(*scalar, value, place.is_judged_later) {
                    problems.add(place, problem);
                }
            }
            Some(InputType::Enum(values)) => match value {
                Value::String(text) if values.contains(text.as_str()) => {}
                Value::Enum(text) if values.contains(text.as_str()) => {}
                other => {
                    let allowed: Vec<_> =
                        values.iter().take(MOST_NAMED).map(String::as_str).collect();
                    let allowed = allowed.join(", ");
                    let given = shown(other);
                    problems.add(
                        place,
                        format_args!("must be one of {allowed} ({name}), and is {given}"),
                    );
                }
            },
            Some(InputType::Object(fields)) => match value {
                Value::Object(given) => self.object(name, fields, given, place, problems),
                other => {
                    let given = shown(other);
                    problems.add(
                        place,
                        format_args!("must be an object ({name}), and is {given}"),
                    );
                }
            },
            // A type that does not exist is told by the check of the document.
            Some(InputType::Anything) | None => {}
        }
    }

    fn object(
        &self,
        name: &Name,
        fields: &HashMap<String, InputField>,
        given: &mut IndexMap<Name, Value>,
        place: &Place,
        problems: &mut Problems,
    ) {
        let mut needed = fields.values().filter(|field| field.is_needed()).count();
        for (key, value) in given.iter_mut() {
            let place = place.field(key);
            let Some(field) = fields.get(key.as_str()) else {
                problems.add(&place, format_args!("is no field of {name}"));
                continue;
            };
            needed -= usize::from(field.is_needed());
            let place = Place {
                is_judged_later: field.is_judged_later,
                ..place
            };
            self.value(&field.ty, value, &place, problems);
        }
        if needed > 0 {
            let mut missing: Vec<_> = fields
                .iter()
                .filter(|(key, field)| field.is_needed() && !given.contains_key(key.as_str()))
                .collect();
            missing.sort_by_key(|(key, _)| *key);
            for (key, field) in missing {
                let ty = &field.ty;
                problems.add(
                    &place.field(key),
                    format_args!("is missing, and {ty} needs a value"),
                );
            }
        }
    }
}

impl InputField {
    fn is_needed(&self) -> bool {
        !self.ty.nullable && !self.has_default
    }
}

/// Makes of a value what a scalar takes, or says what is wrong with it. JSON has one kind of
/// number: a whole one is an Int however it is written.
fn coerce_scalar(scalar: Scalar, value: &mut Value, is_judged_later: bool) -> Result<(), String> {
    let form = match (scalar, &*value) {
        (Scalar::Int, Value::Number(number)) => match whole(number) {
            Some(whole) if is_judged_later || i32::try_from(whole).is_ok() => {
                *value = Value::from(whole);
                return Ok(());
            }
            _ => "a whole number from -2147483648 to 2147483647 (Int)",
        },
        (Scalar::Int, _) => "a whole number (Int)",
        (Scalar::Float, Value::Number(_))
        | (Scalar::String | Scalar::Id, Value::String(_))
        | (Scalar::Boolean, Value::Boolean(_)) => return Ok(()),
        (Scalar::Id, Value::Number(number)) => match whole(number) {
            Some(whole) => {
                *value = Value::from(whole);
                return Ok(());
            }
            None if number.is_u64() => return Ok(()),
            None => "a text or a whole number (ID)",
        },
        (Scalar::Float, _) => "a number (Float)",
        (Scalar::String, _) => "a text (String)",
        (Scalar::Boolean, _) => "true or false (Boolean)",
        (Scalar::Id, _) => "a text or a whole number (ID)",
        (Scalar::Date | Scalar::DateTime | Scalar::Decimal, _) => {
            let refused = if is_judged_later {
                None
            } else {
                scalar.refuses(value)
            };
            return refused.map_or(Ok(()), |problem| Err(format!("cannot be read: {problem}")));
        }
    };
    Err(format!("must be {form}, and is {}", shown(value)))
}

/// The whole number that a number is, however it is written.
fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        let is_whole = float.fract() == 0.0 && float.abs() < EXACT;
        #[expect(clippy::cast_possible_truncation, reason = "it was looked at")]
        is_whole.then_some(float as i64)
    })
}

fn shown(value: &Value) -> String {
    match value {
        Value::List(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        value => scalars::shown(value),
    }
}

/// Where in the variables a value stands: `$input.rows[3].duration`.
struct Place<'a> {
    above: Option<&'a Place<'a>>,
    step: Step<'a>,
    /// Whether a service says what is wrong with it.
    is_judged_later: bool,
}

enum Step<'a> {
    Variable(&'a str),
    Field(&'a str),
    Item(usize),
}

impl<'a> Place<'a> {
    fn variable(name: &'a Name) -> Self {
        Self {
            above: None,
            step: Step::Variable(name),
            is_judged_later: false,
        }
    }

    const fn field(&'a self, name: &'a str) -> Self {
        Self {
            above: Some(self),
            step: Step::Field(name),
            is_judged_later: false,
        }
    }

    const fn item(&'a self, index: usize) -> Self {
        Self {
            above: Some(self),
            step: Step::Item(index),
            is_judged_later: self.is_judged_later,
        }
    }
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            above.fmt(f)?;
        }
        match self.step {
            Step::Variable(name) => write!(f, "${name}"),
            Step::Field(name) => write!(f, ".{name}"),
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}

/// What is wrong with the variables.
#[derive(Default)]
struct Problems {
    told: Vec<ServerError>,
    others: usize,
    /// Where the variable is declared.
    pos: Pos,
}

impl Problems {
    fn add(&mut self, place: &Place, problem: impl Display) {
        if self.told.len() == MOST_TOLD {
            self.others += 1;
            return;
        }
        let place = place.to_string();
        let mut error = ServerError::new(format!("`{place}` {problem}"), Some(self.pos));
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", code::BAD_USER_INPUT);
        extensions.set("variable", place);
        error.extensions = Some(extensions);
        self.told.push(error);
    }

    fn result(mut self) -> Result<(), Vec<ServerError>> {
        if self.others > 0 {
            let message = format!("the variables have {} more problems", self.others);
            self.told.push(ServerError::new(message, None));
        }
        if self.told.is_empty() {
            Ok(())
        } else {
            Err(self.told)
        }
    }
}

#[cfg(test)]
mod tests;
