//! The comparisons of filters, and how they become conditions.

mod operators;
mod period;
mod tests_of_field;

pub(super) use operators::{
    BooleanFilter, DateFilter, DateTimeFilter, DecimalFilter, FloatFilter, IdFilter, IntFilter,
    RelatedFilter, StringFilter, WordFilter,
};

use async_graphql::{InputType, MaybeUndefined};

use super::{
    error::ApiError,
    scalars::{Date, DateTime, Decimal},
};
use crate::domain::{
    filter::{Filter, camel_case},
    problem::Path,
    scalar::Scalar,
};

/// A filter as it is written, for the records of a list.
pub(super) trait ListFilter: InputType {
    /// The condition that it is.
    fn filter(&self) -> Result<Filter, ApiError> {
        if self.is_null().is_some() {
            let message = "`isNull` asks whether there is a related record: it stands beside the fields of a relation, such as `package: {isNull: true}`, and not in `and`, `or`, `not` or at the top";
            return Err(bad(message.to_owned()));
        }
        self.fields()
    }

    /// What it says of the record itself.
    fn fields(&self) -> Result<Filter, ApiError>;

    /// Whether it asks for a related record that there is not, or that there is.
    fn is_null(&self) -> Option<bool>;

    /// The first place, at `path` or below it, where nothing is asked, maybe because a variable was not
    /// sent. Queries take that for no condition; what is written must not depend on it.
    fn hole(&self, path: &Path) -> Option<Path>;
}

/// What a filter says of one field or relation.
pub(super) trait Condition {
    /// The conditions on `name`.
    fn conditions(&self, name: &'static str) -> Result<Vec<Filter>, ApiError>;

    /// See [`ListFilter::hole`].
    fn hole(&self, path: &Path) -> Option<Path> {
        let asks_nothing = self
            .conditions("")
            .is_ok_and(|conditions| conditions.is_empty());
        asks_nothing.then(|| path.clone())
    }
}

impl<F: ListFilter> Condition for Box<F> {
    fn conditions(&self, name: &'static str) -> Result<Vec<Filter>, ApiError> {
        let related = |filter| Filter::One(name, Box::new(filter));
        let mut filters = Vec::new();
        if self.is_null() == Some(true) {
            filters.push(related(Filter::All(Vec::new())).negated());
        }
        let fields = self.fields()?;
        let says_more = !matches!(&fields, Filter::All(filters) if filters.is_empty());
        if says_more || self.is_null() != Some(true) {
            filters.push(related(fields));
        }
        Ok(filters)
    }

    fn hole(&self, path: &Path) -> Option<Path> {
        F::hole(self, path)
    }
}

/// Something that a stored field is compared with.
pub(super) trait Compared {
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
pub(super) use compared_words;

/// A filter input of a type: its fields, each with how it is compared, and `and`, `or`, `not`.
/// `field("column")` where the table calls it otherwise; ids stand apart, with what they are of.
macro_rules! list_filter {
    (
        $(#[$doc:meta])*
        $name:ident {
            ids { $($(#[$id_doc:meta])* $id:ident $(($id_column:literal))?: $kind:ident,)* }
            $($(#[$field_doc:meta])* $field:ident $(($column:literal))?: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(async_graphql::InputObject)]
        pub(in crate::graphql) struct $name {
            /// All of these hold; an empty list asks nothing.
            and: async_graphql::MaybeUndefined<Vec<$name>>,
            /// At least one of these holds; an empty list finds nothing.
            or: async_graphql::MaybeUndefined<Vec<$name>>,
            /// This does not hold.
            not: async_graphql::MaybeUndefined<Box<$name>>,
            /// Of a related record: whether there is none. Nowhere else.
            is_null: Option<bool>,
            $($(#[$id_doc])* $id: async_graphql::MaybeUndefined<$crate::graphql::filter::IdFilter>,)*
            $($(#[$field_doc])* $field: async_graphql::MaybeUndefined<$type>,)*
        }

        impl $crate::graphql::filter::ListFilter for $name {
            fn is_null(&self) -> Option<bool> {
                self.is_null
            }

            fn fields(&self) -> Result<$crate::domain::filter::Filter, $crate::graphql::error::ApiError> {
                use $crate::{domain::filter::Filter, graphql::filter::{Condition as _, column, given}};
                let mut filters = Vec::new();
                $(if let Some(id) = given(stringify!($id), &self.$id)? {
                    filters.extend(id.of(column!($id $($id_column)?), $crate::graphql::id::Kind::$kind)?);
                })*
                $(if let Some(field) = given(stringify!($field), &self.$field)? {
                    filters.extend(field.conditions(column!($field $($column)?))?);
                })*
                let each = |filters: &[Self]| filters.iter().map(Self::filter).collect::<Result<Vec<_>, _>>();
                if let async_graphql::MaybeUndefined::Value(and) = &self.and {
                    filters.push(Filter::All(each(and)?));
                }
                if let async_graphql::MaybeUndefined::Value(or) = &self.or {
                    filters.push(Filter::Any(each(or)?));
                }
                if let async_graphql::MaybeUndefined::Value(not) = &self.not {
                    filters.push(not.filter()?.negated());
                }
                Ok(Filter::all(filters))
            }

            fn hole(&self, path: &$crate::domain::problem::Path) -> Option<$crate::domain::problem::Path> {
                use $crate::{domain::filter::camel_case, graphql::filter::{Condition, ListFilter}};
                let mut asks = self.is_null.is_some();
                $(if let async_graphql::MaybeUndefined::Value(id) = &self.$id {
                    asks = true;
                    if id.asks_nothing() {
                        return Some(path.field(&camel_case(stringify!($id))));
                    }
                })*
                $(if let async_graphql::MaybeUndefined::Value(field) = &self.$field {
                    asks = true;
                    let hole = Condition::hole(field, &path.field(&camel_case(stringify!($field))));
                    if hole.is_some() {
                        return hole;
                    }
                })*
                for (name, filters) in [("and", &self.and), ("or", &self.or)] {
                    let filters = match filters {
                        async_graphql::MaybeUndefined::Value(filters) => filters,
                        async_graphql::MaybeUndefined::Null => return Some(path.field(name)),
                        async_graphql::MaybeUndefined::Undefined => continue,
                    };
                    asks = true;
                    for (index, filter) in filters.iter().enumerate() {
                        let hole = ListFilter::hole(filter, &path.field(name).item(index));
                        if hole.is_some() {
                            return hole;
                        }
                    }
                }
                match &self.not {
                    async_graphql::MaybeUndefined::Value(not) => {
                        ListFilter::hole(&**not, &path.field("not"))
                    }
                    async_graphql::MaybeUndefined::Null => Some(path.field("not")),
                    async_graphql::MaybeUndefined::Undefined => (!asks).then(|| path.clone()),
                }
            }
        }
    };
}
pub(super) use list_filter;

/// The name of a field in the table.
macro_rules! column {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $column:literal) => {
        $column
    };
}
pub(super) use column;

/// What was given, if anything was: a null is a mistake that must not pass as "all".
pub(super) fn given<'a, T>(
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

fn bad(message: String) -> ApiError {
    ApiError::BadInput {
        argument: "filter",
        message,
    }
}
