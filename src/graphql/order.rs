//! Answers in the order of the query. The specification wants it (7.2.2, serialized map ordering),
//! and async-graphql 7 gives fields in the order in which they were ready, which varies.

use std::collections::HashSet;

use async_graphql::{
    Name, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

use super::collecting::HIDDEN;

/// The fields of a selection by response key, in the order in which they were asked for. To be made
/// of validated documents only: others may go round in circles.
#[derive(Default)]
pub(super) struct Shape {
    fields: IndexMap<Name, Self>,
    /// Fragments that are part of it already: many ways may lead to one.
    fragments: HashSet<Name>,
}

impl Shape {
    /// The shape of an operation of the document.
    pub fn of(document: &ExecutableDocument, operation: &OperationDefinition) -> Self {
        let mut shape = Self::default();
        shape.add(&operation.selection_set.node, document);
        shape
    }

    fn add(&mut self, selection: &SelectionSet, document: &ExecutableDocument) {
        for item in &selection.items {
            match &item.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.clone();
                    let field_shape = self.fields.entry(key).or_default();
                    field_shape.add(&field.node.selection_set.node, document);
                }
                Selection::InlineFragment(fragment) => {
                    self.add(&fragment.node.selection_set.node, document);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = document.fragments.get(name)
                        && self.fragments.insert(name.clone())
                    {
                        self.add(&fragment.node.selection_set.node, document);
                    }
                }
            }
        }
    }

    /// Puts an answer in order.
    pub fn arrange(&self, answer: &mut Value) {
        match answer {
            Value::List(items) => items.iter_mut().for_each(|item| self.arrange(item)),
            // Nearly always in order: then no key has to be looked up.
            Value::Object(fields) if fields.keys().eq(self.fields.keys()) => {
                for (value, shape) in fields.values_mut().zip(self.fields.values()) {
                    shape.arrange(value);
                }
            }
            Value::Object(fields) => {
                fields.shift_remove(HIDDEN);
                // What a fragment asks of other types is not there.
                let place = |key: &Name| self.fields.get_index_of(key);
                if !fields.keys().is_sorted_by_key(place) {
                    fields.sort_by_cached_key(|key, _| place(key));
                }
                for (key, value) in fields {
                    if let Some(shape) = self.fields.get(key) {
                        shape.arrange(value);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::{parser::parse_query, value};

    use super::*;
    use crate::graphql::chosen;

    #[test]
    fn fields_come_in_the_order_of_the_query_through_aliases_and_fragments() {
        let document = parse_query(
            "query A { x } query B { b a: z { ...F c } ... { d } } fragment F on T { y ...G } fragment G on T { x }",
        )
        .unwrap();
        let mut answer = value!({ "d": 1, "a": [{ "c": 1, "x": 2, "y": 3 }, null], "b": 4 });
        Shape::of(&document, chosen(&document, Some("B")).unwrap()).arrange(&mut answer);
        let expected = r#"{"b":4,"a":[{"y":3,"x":2,"c":1},null],"d":1}"#;
        assert_eq!(serde_json::to_string(&answer).unwrap(), expected);
    }

    #[test]
    fn fragments_that_spread_each_other_twice_are_walked_once() {
        let mut document = "{ ...F0 } fragment F60 on T { a }".to_owned();
        for n in 0..60 {
            let next = n + 1;
            write!(
                document,
                " fragment F{n} on T {{ a {{ ...F{next} }} a {{ ...F{next} }} }}"
            )
            .unwrap();
        }
        let document = parse_query(document).unwrap();
        let mut answer = value!({ "a": null });
        Shape::of(&document, chosen(&document, None).unwrap()).arrange(&mut answer);
    }
}
