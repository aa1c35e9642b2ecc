//! Answers in the order of the query. The specification wants it (7.2.2, serialized map ordering),
//! and async-graphql 7 gives fields in the order in which they were ready, which varies. And which
//! fields of an answer are texts that somebody wrote.

use std::collections::HashSet;

use async_graphql::{
    Name, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

use super::{
    collecting::HIDDEN,
    outline::{Outline, root_name},
};

/// The fields of a selection by response key, in the order in which they were asked for. To be made
/// of validated documents only: others may go round in circles.
#[derive(Default)]
pub(in crate::graphql) struct Shape {
    fields: IndexMap<Name, Self>,
    /// Fragments that are part of it already: many ways may lead to one.
    fragments: HashSet<Name>,
    /// Whether it may be a text that somebody wrote.
    is_text: bool,
}

/// What shapes are made of.
struct Source<'a> {
    outline: &'a Outline,
    document: &'a ExecutableDocument,
}

impl Shape {
    /// The shape of an operation of the document.
    pub fn of(
        outline: &Outline,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
    ) -> Self {
        let mut shape = Self::default();
        let source = Source { outline, document };
        let root = Some(root_name(operation.ty));
        shape.add(&source, root, &operation.selection_set.node);
        shape
    }

    /// Adds what is selected of the type `of`; nothing is known of introspection.
    fn add(&mut self, source: &Source<'_>, of: Option<&str>, selection: &SelectionSet) {
        for item in &selection.items {
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let key = field.response_key().node.clone();
                    let lead = of.and_then(|of| source.outline.lead(of, &field.name.node));
                    let shape = self.fields.entry(key).or_default();
                    shape.is_text |= lead.is_none_or(|lead| !lead.is_own);
                    let target = lead.map(|lead| lead.target.as_str());
                    shape.add(source, target, &field.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let of = condition.map_or(of, |on| Some(on.node.on.node.as_str()));
                    self.add(source, of, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = source.document.fragments.get(name)
                        && self.fragments.insert(name.clone())
                    {
                        let of = fragment.node.type_condition.node.on.node.as_str();
                        self.add(source, Some(of), &fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    /// The shape of the field with this key.
    pub fn field(&self, key: &str) -> Option<&Self> {
        self.fields.get(key)
    }

    /// Whether it may be a text that somebody wrote.
    pub const fn is_text(&self) -> bool {
        self.is_text
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
    use crate::graphql::{documents::chosen, sdl};

    #[test]
    fn fields_come_in_the_order_of_the_query_through_aliases_and_fragments() {
        let document = parse_query(
            "query A { x } query B { b a: z { ...F c } ... { d } } fragment F on T { y ...G } fragment G on T { x }",
        )
        .unwrap();
        let mut answer = value!({ "d": 1, "a": [{ "c": 1, "x": 2, "y": 3 }, null], "b": 4 });
        let operation = chosen(&document, Some("B")).unwrap();
        Shape::of(&Outline::of("type Query { x: Int }"), &document, operation).arrange(&mut answer);
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
        let operation = chosen(&document, None).unwrap();
        Shape::of(&Outline::of("type Query { x: Int }"), &document, operation).arrange(&mut answer);
    }

    #[test]
    fn what_the_program_wrote_is_told_from_texts_through_aliases_and_fragments() {
        let document = parse_query(
            "{ calls { a: edges { cursor node { ...F } } pageInfo { endCursor } } x: reconciliation { endCursor rows { name } }
               ... on Query { node { ... on Call { createdAt notes } } } __type(name: \"a\") { name } }
             fragment F on Call { id callDate b: billedAmount source c: customerName duration task { taskName } }",
        )
        .unwrap();
        let operation = chosen(&document, None).unwrap();
        let shape = Shape::of(&Outline::of(&sdl()), &document, operation);
        let is_text = |path: &str| {
            let mut keys = path.split('.');
            keys.try_fold(&shape, |shape, key| shape.field(key))
                .unwrap()
                .is_text()
        };
        for own in [
            "calls.a.cursor",
            "calls.a.node.id",
            "calls.a.node.callDate",
            "calls.a.node.b",
            "calls.a.node.source",
            "calls.a.node.duration",
            "calls.pageInfo.endCursor",
            "x.endCursor",
            "node.createdAt",
        ] {
            assert!(!is_text(own), "{own}");
        }
        for text in [
            "calls.a.node.c",
            "calls.a.node.task.taskName",
            "x.rows.name",
            "node.notes",
            "__type.name",
            "calls",
        ] {
            assert!(is_text(text), "{text}");
        }
    }
}
