//! The comparisons of filters, and how they become conditions.

mod operators;
mod period;
mod related;
mod tests_of_field;
mod written;

pub(in crate::graphql) use operators::WordFilter;
use operators::{
    BooleanFilter, DateFilter, DateTimeFilter, DecimalFilter, FloatFilter, IdFilter, IntFilter,
    StringFilter,
};
pub(in crate::graphql) use written::{FilterOf, Written};

use async_graphql::{InputType, MaybeUndefined, Pos, Value};

use crate::{
    domain::{
        filter::{Filter, camel_case},
        problem::Path,
        scalar::Scalar,
    },
    graphql::{
        error::ApiError,
        scalars::{Date, DateTime, Decimal},
    },
};

/// What a filter says of one field or relation.
pub(in crate::graphql) trait Condition {
    /// The conditions on `name`.
    fn conditions(&self, name: &'static str) -> Result<Vec<Filter>, ApiError>;

    /// See [`Written::hole`](written::Written::hole).
    fn hole(&self, path: &Path) -> Option<Path> {
        let asks_nothing = self
            .conditions("")
            .is_ok_and(|conditions| conditions.is_empty());
        asks_nothing.then(|| path.clone())
    }
}

/// Why a value can be no filter, or no part of one.
pub(in crate::graphql) type Refused = String;

/// What is said of a field: a condition, or null, which is a mistake that must not pass as "all".
pub(in crate::graphql) type Said = Option<Box<dyn Condition + Send + Sync>>;

/// What a value says of a field that is compared by a `C`.
pub(in crate::graphql) fn said<C, F>(value: Value, condition: F) -> Result<Said, Refused>
where
    C: InputType,
    F: FnOnce(C) -> Box<dyn Condition + Send + Sync>,
{
    if value == Value::Null {
        return Ok(None);
    }
    let compared = C::parse(Some(value));
    let compared = compared.map_err(|error| error.into_server_error(Pos::default()).message)?;
    Ok(Some(condition(compared)))
}

/// Something that a stored field is compared with.
pub(in crate::graphql) trait Compared {
    /// As it is stored.
    fn stored(&self) -> Scalar;
}

macro_rules! compared {
    ($($type:ty: $value:ident => $scalar:expr;)+) => {$(
        impl Compared for $type {
            fn stored(&self) -> Scalar {
                let $value = self;
                $scalar
            }
        }
    )+};
}

compared! {
    i64: number => Scalar::Int(*number);
    f64: number => Scalar::Fraction(crate::domain::scalar::Fraction::new(*number));
    String: text => Scalar::Text(text.clone());
    Decimal: amount => Scalar::Int(amount.0.ten_thousandths());
    DateTime: instant => Scalar::Time(instant.0);
    Date: day => Scalar::Date(day.0);
}

/// Words of enums are stored as texts.
macro_rules! compared_words {
    ($($type:ty => $domain:ty),+ $(,)?) => {$(
        impl $crate::graphql::filter::Compared for $type {
            fn stored(&self) -> $crate::domain::scalar::Scalar {
                $crate::domain::scalar::Scalar::Text(<$domain>::from(*self).to_string())
            }
        }
    )+};
}
pub(in crate::graphql) use compared_words;

/// What was given, if anything was: a null is a mistake that must not pass as "all".
pub(in crate::graphql) fn given<'a, T>(
    what: &str,
    value: &'a MaybeUndefined<T>,
) -> Result<Option<&'a T>, ApiError> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Value(value) => Ok(Some(value)),
        MaybeUndefined::Null => Err(bad(format!(
            "`{}` of a filter was given as null: leave it out, or use `isNull` to find what has no value",
            camel_case(what)
        ))),
    }
}

/// That a filter is no object.
fn refused(name: impl std::fmt::Display) -> Refused {
    format!("a {name} is written as an object")
}

fn bad(message: String) -> ApiError {
    ApiError::BadInput {
        argument: "filter",
        message,
    }
}
