//! Variables as the specification has them, where async-graphql differs: a variable that was not
//! sent leaves out the field of an input that it stands for (taken for null it would clear what an
//! update was not to touch), and a condition cannot be null.

use std::collections::HashSet;

use async_graphql::{
    Name, Positioned, ServerError, Value as Sent, Variables,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, OperationDefinition, Selection,
        SelectionSet,
    },
};
use async_graphql_value::Value;

/// Looks for conditions (`@skip`, `@include`) that are null: their variable may be, as it has a
/// default, and was sent so.
///
/// # Errors
/// Each such condition.
pub(super) fn look_at_conditions(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<(), Vec<ServerError>> {
    let definitions = operation.variable_definitions.iter();
    let null: HashSet<&Name> = definitions
        .filter(|definition| definition.node.default_value.is_some())
        .map(|definition| &definition.node.name.node)
        .filter(|name| variables.get(*name) == Some(&Sent::Null))
        .collect();
    if null.is_empty() {
        return Ok(());
    }
    let mut conditions = Conditions {
        document,
        null,
        spread: HashSet::new(),
        found: Vec::new(),
    };
    conditions.look_at(&operation.selection_set.node);
    if conditions.found.is_empty() {
        Ok(())
    } else {
        Err(conditions.found)
    }
}

struct Conditions<'a> {
    document: &'a ExecutableDocument,
    null: HashSet<&'a Name>,
    spread: HashSet<&'a Name>,
    found: Vec<ServerError>,
}

impl<'a> Conditions<'a> {
    fn look_at(&mut self, selection: &'a SelectionSet) {
        for item in &selection.items {
            for directive in item.node.directives() {
                self.look_at_directive(directive);
            }
            match &item.node {
                Selection::Field(field) => self.look_at(&field.node.selection_set.node),
                Selection::InlineFragment(fragment) => {
                    self.look_at(&fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name)
                        && self.spread.insert(name)
                    {
                        self.look_at(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    fn look_at_directive(&mut self, directive: &Positioned<Directive>) {
        for (_, value) in &directive.node.arguments {
            if let Value::Variable(name) = &value.node
                && self.null.contains(name)
            {
                let directive = &directive.node.name;
                let message = format!(
                    "`${name}` must not be null: `@{}` needs true or false",
                    directive.node
                );
                self.found.push(ServerError::new(message, Some(value.pos)));
            }
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
