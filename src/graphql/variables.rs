//! Variables as the specification has them, where async-graphql differs: a default also counts in
//! `@skip` and `@include`, and a variable that was not sent leaves out the field of an input that
//! it stands for. (Taken for null it would clear what an update was not to touch.)

use std::collections::HashSet;

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{
        DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
    },
};
use async_graphql_value::Value;

/// Gives variables that were not sent their defaults.
pub(super) fn set_defaults(variables: &mut Variables, operation: &OperationDefinition) {
    for definition in &operation.variable_definitions {
        if let Some(default) = &definition.node.default_value {
            variables
                .entry(definition.node.name.node.clone())
                .or_insert_with(|| default.node.clone());
        }
    }
}

/// The variables of `operation` that may be left out, and were.
pub(super) fn unset(variables: &Variables, operation: &OperationDefinition) -> HashSet<Name> {
    let definitions = operation.variable_definitions.iter();
    definitions
        .map(|definition| &definition.node)
        .filter(|definition| definition.var_type.node.nullable)
        .filter(|definition| !variables.contains_key(&definition.name.node))
        .map(|definition| definition.name.node.clone())
        .collect()
}

/// Takes the `unset` variables out of the document, and every field and argument that one of them
/// stands for.
pub(super) fn leave_out(document: &mut ExecutableDocument, unset: &HashSet<Name>) {
    match &mut document.operations {
        DocumentOperations::Single(operation) => leave_out_of_operation(operation, unset),
        DocumentOperations::Multiple(operations) => {
            for operation in operations.values_mut() {
                leave_out_of_operation(operation, unset);
            }
        }
    }
    for fragment in document.fragments.values_mut() {
        leave_out_of(&mut fragment.node.selection_set.node, unset);
    }
}

fn leave_out_of_operation(operation: &mut Positioned<OperationDefinition>, unset: &HashSet<Name>) {
    let operation = &mut operation.node;
    operation
        .variable_definitions
        .retain(|definition| !unset.contains(&definition.node.name.node));
    leave_out_of(&mut operation.selection_set.node, unset);
}

fn leave_out_of(selection: &mut SelectionSet, unset: &HashSet<Name>) {
    for item in &mut selection.items {
        match &mut item.node {
            Selection::Field(field) => {
                let arguments = &mut field.node.arguments;
                arguments.retain(|(_, value)| !is_unset(&value.node, unset));
                for (_, value) in arguments {
                    leave_out_within(&mut value.node, unset);
                }
                leave_out_of(&mut field.node.selection_set.node, unset);
            }
            Selection::InlineFragment(fragment) => {
                leave_out_of(&mut fragment.node.selection_set.node, unset);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn is_unset(value: &Value, unset: &HashSet<Name>) -> bool {
    matches!(value, Value::Variable(name) if unset.contains(name))
}

fn leave_out_within(value: &mut Value, unset: &HashSet<Name>) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !is_unset(value, unset));
            for value in fields.values_mut() {
                leave_out_within(value, unset);
            }
        }
        Value::List(items) => {
            for item in items {
                if is_unset(item, unset) {
                    *item = Value::Null;
                }
                leave_out_within(item, unset);
            }
        }
        _ => {}
    }
}
