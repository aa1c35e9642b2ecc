//! What an error does to the answer (specification, 6.4.4): its field is null, and where null is not
//! possible, the object around it is, up to the whole answer. async-graphql 7.2 leaves such fields
//! out instead, so that clients find objects without what their types promise; and an object of which
//! every field failed it makes null, also where that may not be and the fields may.

use async_graphql::{
    Name, PathSegment, Response, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};

use super::outline::{Lead, Outline, root_name};

/// Makes the fields of errors null, and what must not be null with them.
pub(in crate::graphql) fn put_in(
    response: &mut Response,
    outline: &Outline,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) {
    let Response { data, errors, .. } = response;
    let walk = Walk { outline, document };
    let mut failed = Vec::new();
    for error in &*errors {
        let root = vec![(root_name(operation.ty), &operation.selection_set.node)];
        if let Some(nullable) = walk.nullable(root, &error.path) {
            failed.push((error.path.as_slice(), nullable));
        }
    }
    // Objects are there again before any is taken away for what failed in it.
    for (path, _) in &failed {
        restore(data, path);
    }
    for (path, nullable) in &failed {
        let end = first_null(data, path);
        // The innermost place that may be null; the whole answer may always be.
        let keep = nullable[..end].iter().rposition(|nullable| *nullable);
        let path = keep.map_or(&[][..], |last| &path[..=last]);
        set_null(data, path);
    }
}

/// Puts the field at the end of a path in, and the objects around it, with nothing else in them.
fn restore(value: &mut Value, path: &[PathSegment]) {
    match path {
        [PathSegment::Field(key), rest @ ..] => {
            if *value == Value::Null {
                *value = Value::Object(IndexMap::new());
            }
            if let Value::Object(fields) = value {
                restore(fields.entry(Name::new(key)).or_default(), rest);
            }
        }
        [PathSegment::Index(at), rest @ ..] => {
            // A list that is not there failed as a whole.
            if let Value::List(items) = value
                && let Some(item) = items.get_mut(*at)
            {
                restore(item, rest);
            }
        }
        [] => {}
    }
}

/// How many steps of a path lead to the first null on it, at most all.
fn first_null(value: &Value, path: &[PathSegment]) -> usize {
    let inner = match (path, value) {
        (_, Value::Null) | ([], _) => return 0,
        ([PathSegment::Field(key), ..], Value::Object(fields)) => fields.get(key.as_str()),
        ([PathSegment::Index(at), ..], Value::List(items)) => items.get(*at),
        _ => None,
    };
    match inner {
        Some(inner) => 1 + first_null(inner, &path[1..]),
        None => path.len(),
    }
}

fn set_null(value: &mut Value, path: &[PathSegment]) {
    match (path, value) {
        ([], value) => *value = Value::Null,
        ([PathSegment::Field(key), rest @ ..], Value::Object(fields)) => {
            if let Some(inner) = fields.get_mut(key.as_str()) {
                set_null(inner, rest);
            }
        }
        ([PathSegment::Index(at), rest @ ..], Value::List(items)) => {
            if let Some(item) = items.get_mut(*at) {
                set_null(item, rest);
            }
        }
        _ => {}
    }
}

/// Selections of one object, each with the type that it is of.
type Selections<'a> = Vec<(&'a str, &'a SelectionSet)>;

struct Walk<'a> {
    outline: &'a Outline,
    document: &'a ExecutableDocument,
}

impl<'a> Walk<'a> {
    /// Whether each place on the way may be null; nothing for a way that is not in the document.
    fn nullable(&self, mut selections: Selections<'a>, path: &[PathSegment]) -> Option<Vec<bool>> {
        let mut nullable = Vec::with_capacity(path.len());
        // Of the field that the way is at: the places in its type that were not passed yet.
        let mut places: &[bool] = &[];
        for segment in path {
            if let PathSegment::Field(key) = segment {
                let (lead, below) = self.step(&selections, key)?;
                places = &lead.nullable;
                selections = below;
            }
            let (place, inner) = places.split_first()?;
            nullable.push(*place);
            places = inner;
        }
        (!nullable.is_empty()).then_some(nullable)
    }

    /// Where the field with this key leads, and what is selected of it.
    fn step(&self, selections: &Selections<'a>, key: &str) -> Option<(&'a Lead, Selections<'a>)> {
        let mut fields = Vec::new();
        let mut spread = Vec::new();
        for (of, selection) in selections {
            self.find(of, selection, key, &mut spread, &mut fields);
        }
        // Fields of one key have the same places that may be null, whatever they are of.
        let mut leads = fields.iter().filter_map(|(of, field)| {
            let lead = self.outline.lead(of, &field.name.node)?;
            Some((lead, &field.selection_set.node))
        });
        let (lead, first) = leads.next()?;
        let target = lead.target.as_str();
        let others = leads.map(|(lead, selection)| (lead.target.as_str(), selection));
        Some((
            lead,
            std::iter::once((target, first)).chain(others).collect(),
        ))
    }

    fn find(
        &self,
        of: &'a str,
        selection: &'a SelectionSet,
        key: &str,
        spread: &mut Vec<&'a str>,
        found: &mut Vec<(&'a str, &'a Field)>,
    ) {
        for item in &selection.items {
            match &item.node {
                Selection::Field(field) => {
                    if field.node.response_key().node.as_str() == key {
                        found.push((of, &field.node));
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let of = condition.map_or(of, |condition| condition.node.on.node.as_str());
                    self.find(of, &fragment.node.selection_set.node, key, spread, found);
                }
                Selection::FragmentSpread(fragment) => {
                    let name = fragment.node.fragment_name.node.as_str();
                    if spread.contains(&name) {
                        continue;
                    }
                    spread.push(name);
                    if let Some(fragment) = self.document.fragments.get(name) {
                        let of = fragment.node.type_condition.node.on.node.as_str();
                        self.find(of, &fragment.node.selection_set.node, key, spread, found);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
