//! Orders of lists: by the columns of a table that say so.

use std::{borrow::Cow, marker::PhantomData};

use async_graphql::{
    Enum, InputType, InputValueError, InputValueResult, Value, registry::Registry,
};

use super::{
    declared::{InputFields, register_enum},
    listed::Listed,
};
use crate::{
    domain::{column::Privacy, page::OrderKey},
    store::{Column, Stored as _, Table},
};

/// The direction of an order. Where the field has no value the record comes last, in either.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
pub(in crate::graphql) enum OrderDirection {
    /// From the smallest to the largest, from the earliest to the latest.
    Asc,
    /// From the largest to the smallest, from the latest to the earliest.
    Desc,
}

/// A key of the order of the rows that a `T` shows.
pub(in crate::graphql) struct OrderOf<T> {
    /// The key.
    pub key: OrderKey,
    of: PhantomData<fn() -> T>,
}

impl<T: Listed> InputType for OrderOf<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        name(T::Row::table()).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        format!("{}!", register(registry, T::Row::table()))
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let Some(Value::Object(mut given)) = value else {
            return Err(InputValueError::expected_type(value.unwrap_or_default()));
        };
        let word = match given.swap_remove("field") {
            Some(Value::Enum(word)) => word.to_string(),
            Some(Value::String(word)) => word,
            other => return Err(InputValueError::expected_type(other.unwrap_or_default())),
        };
        let mut columns = columns(T::Row::table());
        let Some((_, column)) = columns.find(|(name, _)| *name == word) else {
            let message = format!("a list of {} is not ordered by {word}", T::type_name());
            return Err(InputValueError::custom(message));
        };
        let direction = match given.swap_remove("direction") {
            None => OrderDirection::Asc,
            direction => OrderDirection::parse(direction).map_err(InputValueError::propagate)?,
        };
        Ok(Self {
            key: OrderKey {
                field: column.name,
                descending: direction == OrderDirection::Desc,
            },
            of: PhantomData,
        })
    }

    /// Only defaults are shown by it, and no order is one.
    fn to_value(&self) -> Value {
        Value::Null
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

fn name(table: &Table) -> String {
    format!("{}Order", table.type_name())
}

/// What lists of the table can be ordered by: the word, and the column.
fn columns(table: &'static Table) -> impl Iterator<Item = (&'static str, &'static Column)> {
    table.columns().iter().filter_map(|column| {
        let api = column.api.filter(|api| api.order)?;
        Some((api.order_name, column))
    })
}

fn description(column: &Column) -> Cow<'static, str> {
    let described = match column.api {
        Some(api) if !api.key => api.description,
        _ => "The order in which they were stored here.",
    };
    match column.privacy {
        Privacy::Open | Privacy::Text => described.into(),
        _ => format!("{described} Only for those who may see phone numbers.").into(),
    }
}

fn register(registry: &mut Registry, table: &'static Table) -> String {
    let (name, of) = (name(table), table.type_name());
    let described = format!("A key of the order of a list of {of}.");
    InputFields::register(registry, &name, &described, |registry, input| {
        let field = format!("{name}Field");
        let words = columns(table).map(|(word, column)| (word, description(column)));
        let described = format!("What a list of {of} can be ordered by.");
        register_enum(registry, &field, &described, words);
        let direction = <OrderDirection as InputType>::create_type_info(registry);
        input.add("field", "By what.", &format!("{field}!"));
        input.add_with_default(
            "direction",
            "Which way.",
            &direction,
            Some("ASC".to_owned()),
        );
    });
    name
}
