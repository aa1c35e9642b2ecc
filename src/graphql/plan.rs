//! Planning a query before it runs: from the fields that it selects to what the store brings at
//! once. Rows that a row leads to are joined into its statement, and each nested list is loaded
//! once for all rows above it.
//!
//! A resolver finds what was loaded along; where it does not (in the payload of a mutation, say),
//! it asks a loader. So a field that nobody planned is slower, never wrong. Fields that `@skip` and
//! `@include` leave out are gone before this.

use async_graphql::{Context, InputType, SelectionField, Value};

use super::connection::{ListArguments, Listed, Listing};
use crate::store::{Selection, Stored as _};

/// What a field leads to: the store's name for it, and how it is planned.
pub(super) type Lead = (&'static str, Plan);

/// Adds what a field selects to what is brought.
pub(super) type Plan = fn(&Context<'_>, &SelectionField<'_>, &str, &mut Selection);

/// What to bring of the rows behind the present field, which shows a `T`.
pub(super) fn object<T: Listed>(context: &Context<'_>) -> Selection {
    let mut selection = Selection::new(T::Row::table());
    select::<T>(context, &context.field(), &mut selection);
    selection
}

/// What to bring of the rows behind the present field, which shows a connection of `T`.
pub(super) fn connection<T: Listed>(context: &Context<'_>) -> Selection {
    let mut selection = Selection::new(T::Row::table());
    select_nodes::<T>(context, &context.field(), &mut selection);
    selection
}

/// A field that leads to one row.
pub(super) fn one<T: Listed>(
    context: &Context<'_>,
    field: &SelectionField<'_>,
    relation: &str,
    above: &mut Selection,
) {
    if let Some(selection) = above.one(relation) {
        select::<T>(context, field, selection);
    }
}

/// A field that leads to all rows.
pub(super) fn all<T: Listed>(
    context: &Context<'_>,
    field: &SelectionField<'_>,
    relation: &str,
    above: &mut Selection,
) {
    if let Some(selection) = above.list(relation, None) {
        select::<T>(context, field, selection);
    }
}

/// A field that leads to a connection. Arguments that cannot be used are the resolver's to refuse.
pub(super) fn list<T: Listed>(
    context: &Context<'_>,
    field: &SelectionField<'_>,
    relation: &str,
    above: &mut Selection,
) {
    let Ok(Listing { list, .. }) = arguments::<T>(field).listing(context, field) else {
        return;
    };
    if let Some(selection) = above.list(relation, Some(list)) {
        select_nodes::<T>(context, field, selection);
    }
}

fn select_nodes<T: Listed>(
    context: &Context<'_>,
    connection: &SelectionField<'_>,
    selection: &mut Selection,
) {
    for field in connection.selection_set() {
        match field.name() {
            "nodes" => select::<T>(context, &field, selection),
            "edges" => {
                for field in field.selection_set().filter(|field| field.name() == "node") {
                    select::<T>(context, &field, selection);
                }
            }
            _ => {}
        }
    }
}

fn select<T: Listed>(
    context: &Context<'_>,
    object: &SelectionField<'_>,
    selection: &mut Selection,
) {
    if T::WHOLE {
        selection.every_column();
    }
    for field in object.selection_set() {
        match T::leads_to(field.name()) {
            Some((relation, plan)) => plan(context, &field, relation, selection),
            None => selection.column(&column(field.name())),
        }
    }
}

/// The column that a field shows: the tables call them as the API does, in their own spelling.
fn column(field: &str) -> String {
    let mut column = String::with_capacity(field.len() + 2);
    for character in field.chars() {
        if character.is_ascii_uppercase() {
            column.push('_');
        }
        column.push(character.to_ascii_lowercase());
    }
    column
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

/// Whether a connection's field selects the flag of the side that its page was reached from.
pub(super) fn looks_behind(field: &SelectionField<'_>, backward: bool) -> bool {
    let behind = if backward {
        "hasNextPage"
    } else {
        "hasPreviousPage"
    };
    let mut infos = field
        .selection_set()
        .filter(|field| field.name() == "pageInfo");
    infos.any(|info| info.selection_set().any(|flag| flag.name() == behind))
}
