//! Planning a query before it runs: from the fields that it selects to what the store brings at
//! once. Rows that a row leads to are joined into its statement, and each nested list is loaded
//! once for all rows above it.
//!
//! A resolver finds what was loaded along; where it does not (in the payload of a mutation, say),
//! it asks a loader. So a field that nobody planned is slower, never wrong. Fields that `@skip` and
//! `@include` leave out are gone before this.

use async_graphql::{Context, InputType, SelectionField, Value};

pub(in crate::graphql) use super::listed::Lead;
use super::{
    arguments::{ListArguments, Listing},
    listed::Listed,
};
use crate::store::{Selection, StoreError, Stored as _, ToMany, ToOne};

/// What to bring of the rows behind the present field, which shows a `T`.
pub(in crate::graphql) fn object<T: Listed>(
    context: &Context<'_>,
) -> Result<Selection, StoreError> {
    let mut selection = Selection::new(T::Row::table());
    select::<T>(context, &context.field(), &mut selection)?;
    Ok(selection)
}

/// What to bring of the rows behind the present field, which shows a connection of `T`.
pub(in crate::graphql) fn connection<T: Listed>(
    context: &Context<'_>,
) -> Result<Selection, StoreError> {
    let mut selection = Selection::new(T::Row::table());
    select_nodes::<T>(context, &context.field(), &mut selection)?;
    Ok(selection)
}

/// A field that leads to one row, which it shows as a `T`.
pub(in crate::graphql) const fn one<T: Listed, R>(relation: &ToOne<R, T::Row>) -> Lead {
    (relation.name(), |context, field, relation, above| {
        select::<T>(context, field, above.one(relation)?)
    })
}

/// A field that leads to all rows, which it shows as `T`s.
pub(in crate::graphql) const fn all<T: Listed, R>(relation: &ToMany<R, T::Row>) -> Lead {
    (relation.name(), |context, field, relation, above| {
        select::<T>(context, field, above.list(relation, None)?)
    })
}

/// A field that leads to a connection of `T`s. Arguments that cannot be used are the resolver's to
/// refuse.
pub(in crate::graphql) const fn list<T: Listed, R>(relation: &ToMany<R, T::Row>) -> Lead {
    (
        relation.name(),
        |context, field, relation, above| match arguments::<T>(field).listing(context, field) {
            Ok(Listing { list, .. }) => {
                select_nodes::<T>(context, field, above.list(relation, Some(list))?)
            }
            Err(_) => Ok(()),
        },
    )
}

fn select_nodes<T: Listed>(
    context: &Context<'_>,
    connection: &SelectionField<'_>,
    selection: &mut Selection,
) -> Result<(), StoreError> {
    for field in connection.selection_set() {
        match field.name() {
            "nodes" => select::<T>(context, &field, selection)?,
            "edges" => {
                for field in field.selection_set().filter(|field| field.name() == "node") {
                    select::<T>(context, &field, selection)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn select<T: Listed>(
    context: &Context<'_>,
    object: &SelectionField<'_>,
    selection: &mut Selection,
) -> Result<(), StoreError> {
    for field in object.selection_set() {
        match T::leads_to(field.name()) {
            Some((relation, plan)) => plan(context, &field, relation, selection)?,
            None => selection.field(field.name()),
        }
    }
    Ok(())
}

/// The arguments of a connection's field.
fn arguments<T: Listed>(field: &SelectionField<'_>) -> ListArguments<T> {
    let mut arguments = ListArguments::default();
    for (name, value) in field.arguments().unwrap_or_default() {
        match name.as_str() {
            "first" => arguments.first = parse(value),
            "after" => arguments.after = parse(value),
            "last" => arguments.last = parse(value),
            "before" => arguments.before = parse(value),
            "filter" => arguments.filter = parse(value),
            "orderBy" => arguments.order_by = parse(value),
            _ => {}
        }
    }
    arguments
}

/// A value that validation has passed.
fn parse<T: InputType>(value: Value) -> Option<T> {
    Option::<T>::parse(Some(value)).ok().flatten()
}
