//! What is executed of a document: its fields as they are collected by the specification (6.3.2),
//! where async-graphql 7.2 does otherwise.
//!
//! - It resolves each field by itself, also two of one name in one place, and puts together what
//!   comes back: a mutation that two fragments ask for would run twice, an error would be told
//!   twice, and what one of the two leaves empty would be lost of the other. They become one field.
//! - An object of which nothing is selected (by `@skip` and `@include`, or as it is of none of the
//!   types that fragments are for) would be null. It is given a field that no answer shows.
//! - The field of a subscription would be overlooked in a fragment.

use std::collections::HashSet;

use async_graphql::{
    Name, Pos, Positioned, Value as Sent, Variables,
    indexmap::IndexMap,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, InlineFragment,
        OperationDefinition, OperationType, Selection, SelectionSet, TypeCondition,
    },
};
use async_graphql_value::Value;

use super::outline::{Outline, root_name};

/// The key of the field that no answer shows. Names of clients do not begin like this.
pub(in crate::graphql) const HIDDEN: &str = "__shown_never";
/// The type of an object, which every object has.
const TYPE_NAME: &str = "__typename";

/// Whether a document that is good is executed as async-graphql would only with its fields
/// [collected](collected).
pub(in crate::graphql) fn is_needed(outline: &Outline, document: &ExecutableDocument) -> bool {
    document.operations.iter().any(|(_, operation)| {
        let look = Look { outline, document };
        let selection = &operation.node.selection_set.node;
        let is_fragment = |item: &Positioned<Selection>| !matches!(item.node, Selection::Field(_));
        operation.node.ty == OperationType::Subscription && selection.items.iter().any(is_fragment)
            || look.needs(root_name(operation.node.ty), selection)
    })
}

struct Look<'a> {
    outline: &'a Outline,
    document: &'a ExecutableDocument,
}

impl<'a> Look<'a> {
    fn needs(&self, of: &str, selection: &'a SelectionSet) -> bool {
        let mut keys = HashSet::new();
        let mut is_never_empty = !self.outline.is_abstract(of);
        let needs = self.any(of, selection, &mut |on, item| {
            if !item.node.directives().is_empty() {
                return true;
            }
            let Selection::Field(field) = &item.node else {
                return false;
            };
            let field = &field.node;
            is_never_empty |= on == of;
            // What type an object is of is cheap and cannot fail, and often asked for twice.
            let is_repeated = !keys.insert(field.response_key().node.as_str());
            let inner = &field.selection_set.node;
            is_repeated && (field.name.node != TYPE_NAME)
                || !inner.items.is_empty() && self.needs(self.target(on, field), inner)
        });
        needs || !is_never_empty
    }

    fn target(&self, of: &str, field: &Field) -> &'a str {
        let lead = self.outline.lead(of, &field.name.node);
        lead.map_or("", |lead| lead.target.as_str())
    }

    /// Whether something holds for an item of a selection, with its fragments and the types that
    /// these are for.
    fn any<'b>(
        &self,
        of: &'b str,
        selection: &'a SelectionSet,
        holds: &mut impl FnMut(&str, &'a Positioned<Selection>) -> bool,
    ) -> bool
    where
        'a: 'b,
    {
        selection.items.iter().any(|item| {
            holds(of, item)
                || match &item.node {
                    Selection::Field(_) => false,
                    Selection::InlineFragment(fragment) => {
                        let on = condition(&fragment.node);
                        let inner = &fragment.node.selection_set.node;
                        self.any(on.unwrap_or(of), inner, holds)
                    }
                    Selection::FragmentSpread(spread) => {
                        let name = &spread.node.fragment_name.node;
                        self.document.fragments.get(name).is_some_and(|fragment| {
                            let on = &fragment.node.type_condition.node.on.node;
                            self.any(on, &fragment.node.selection_set.node, holds)
                        })
                    }
                }
        })
    }
}

fn condition(fragment: &InlineFragment) -> Option<&str> {
    let condition = fragment.type_condition.as_ref()?;
    Some(condition.node.on.node.as_str())
}

/// An operation of a document by itself, with its fields collected.
pub(in crate::graphql) fn collected(
    outline: &Outline,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> ExecutableDocument {
    let collect = Collect {
        outline,
        document,
        variables,
    };
    let pos = operation.selection_set.pos;
    let selection = [&operation.selection_set.node];
    let selection = collect.selection(root_name(operation.ty), &selection, pos);
    let collected = OperationDefinition {
        selection_set: Positioned::new(selection, pos),
        variable_definitions: operation.variable_definitions.clone(),
        directives: Vec::new(),
        ty: operation.ty,
    };
    let collected = Positioned::new(collected, pos);
    let mut operations = document.operations.iter();
    let name = operations.find(|(_, other)| std::ptr::eq(&raw const other.node, operation));
    ExecutableDocument {
        operations: match name {
            Some((Some(name), _)) => {
                DocumentOperations::Multiple([(name.clone(), collected)].into())
            }
            _ => DocumentOperations::Single(collected),
        },
        fragments: std::collections::HashMap::new(),
    }
}

struct Collect<'a> {
    outline: &'a Outline,
    document: &'a ExecutableDocument,
    variables: &'a Variables,
}

/// What is asked for in one place.
#[derive(Default)]
struct Collected<'a> {
    /// Fields by key, with all that is selected of each.
    fields: IndexMap<&'a Name, (&'a Positioned<Field>, Vec<&'a SelectionSet>)>,
    /// What is selected of objects of some types only.
    of_types: IndexMap<&'a str, Vec<&'a SelectionSet>>,
    /// Fragments that are in it.
    spread: HashSet<&'a Name>,
}

impl<'a> Collect<'a> {
    fn selection(&self, of: &str, selections: &[&'a SelectionSet], pos: Pos) -> SelectionSet {
        let mut collected = Collected::default();
        for selection in selections {
            self.collect(of, selection, &mut collected);
        }
        let mut items = Vec::new();
        if collected.fields.is_empty() {
            items.push(hidden(pos));
        }
        for (field, selections) in collected.fields.into_values() {
            items.push(self.field(of, field, &selections));
        }
        for (on, selections) in collected.of_types {
            let condition = TypeCondition {
                on: Positioned::new(Name::new(on), pos),
            };
            let fragment = InlineFragment {
                type_condition: Some(Positioned::new(condition, pos)),
                directives: Vec::new(),
                selection_set: Positioned::new(self.selection(on, &selections, pos), pos),
            };
            let fragment = Selection::InlineFragment(Positioned::new(fragment, pos));
            items.push(Positioned::new(fragment, pos));
        }
        SelectionSet { items }
    }

    fn field(
        &self,
        of: &str,
        field: &Positioned<Field>,
        selections: &[&'a SelectionSet],
    ) -> Positioned<Selection> {
        let pos = field.pos;
        let field = &field.node;
        let lead = self.outline.lead(of, &field.name.node);
        let target = lead.map_or("", |lead| lead.target.as_str());
        let is_leaf = field.selection_set.node.items.is_empty();
        let inner = if is_leaf {
            SelectionSet::default()
        } else {
            self.selection(target, selections, pos)
        };
        let field = Field {
            alias: field.alias.clone(),
            name: field.name.clone(),
            arguments: field.arguments.clone(),
            directives: Vec::new(),
            selection_set: Positioned::new(inner, pos),
        };
        Positioned::new(Selection::Field(Positioned::new(field, pos)), pos)
    }

    fn collect(&self, of: &str, selection: &'a SelectionSet, into: &mut Collected<'a>) {
        for item in &selection.items {
            if !self.is_included(item.node.directives()) {
                continue;
            }
            match &item.node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    let (_, selections) = into.fields.entry(key).or_insert((field, Vec::new()));
                    selections.push(&field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    let on = condition(&fragment.node);
                    self.fragment(of, on, &fragment.node.selection_set.node, into);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name)
                        && into.spread.insert(name)
                    {
                        let on = &fragment.node.type_condition.node.on.node;
                        self.fragment(
                            of,
                            Some(on.as_str()),
                            &fragment.node.selection_set.node,
                            into,
                        );
                    }
                }
            }
        }
    }

    fn fragment(
        &self,
        of: &str,
        on: Option<&'a str>,
        selection: &'a SelectionSet,
        into: &mut Collected<'a>,
    ) {
        match on {
            // A fragment on an object is for what it is, or for an interface that it has.
            Some(on) if on != of && self.outline.is_abstract(of) => {
                into.of_types.entry(on).or_default().push(selection);
            }
            _ => self.collect(of, selection, into),
        }
    }

    fn is_included(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let wanted = match directive.node.name.node.as_str() {
                "skip" => false,
                "include" => true,
                _ => return true,
            };
            let given = match directive.node.get_argument("if").map(|value| &value.node) {
                Some(Value::Boolean(given)) => Some(*given),
                Some(Value::Variable(name)) => match self.variables.get(name) {
                    Some(Sent::Boolean(given)) => Some(*given),
                    _ => None,
                },
                _ => None,
            };
            // Others are not executed.
            given == Some(wanted)
        })
    }
}

fn hidden(pos: Pos) -> Positioned<Selection> {
    let field = Field {
        alias: Some(Positioned::new(Name::new(HIDDEN), pos)),
        name: Positioned::new(Name::new(TYPE_NAME), pos),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: Positioned::default(),
    };
    Positioned::new(Selection::Field(Positioned::new(field, pos)), pos)
}
