//! Variables as the specification has them, where async-graphql differs: a variable that was not
//! sent leaves out the field of an input that it stands for (taken for null it would clear what an
//! update was not to touch), and a condition cannot be null.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Pos, Positioned, ServerError, Value as Sent, Variables,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, OperationDefinition, Selection,
        SelectionSet,
    },
};
use async_graphql_value::Value;

use crate::domain::problem::Path;

/// Looks for conditions (`@skip`, `@include`) that are null: their variable may be, as it has a
/// default, and was sent so.
///
/// # Errors
/// Each such condition.
pub(in crate::graphql) fn look_at_conditions(
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
pub(in crate::graphql) fn unset(
    variables: &Variables,
    operation: &OperationDefinition,
) -> HashSet<Name> {
    let definitions = operation.variable_definitions.iter();
    definitions
        .map(|definition| &definition.node)
        .filter(|definition| definition.var_type.node.nullable)
        .filter(|definition| !variables.contains_key(&definition.name.node))
        .map(|definition| definition.name.node.clone())
        .collect()
}

/// The first condition of each field's filter that was left out because its variable was not sent.
#[derive(Debug, Default)]
pub(in crate::graphql) struct LeftOut(HashMap<Pos, Path>);

impl LeftOut {
    /// That of the field at this place of the document.
    pub fn of(&self, field: Pos) -> Option<&Path> {
        self.0.get(&field)
    }
}

/// Takes the `unset` variables out of the document, and every field and argument that one of them
/// stands for. Says which conditions of filters went with them.
pub(in crate::graphql) fn leave_out(
    document: &mut ExecutableDocument,
    unset: &HashSet<Name>,
) -> LeftOut {
    let mut leaving = Leaving {
        unset,
        at: Pos::default(),
        left_out: LeftOut::default(),
    };
    match &mut document.operations {
        DocumentOperations::Single(operation) => leaving.operation(operation),
        DocumentOperations::Multiple(operations) => {
            for operation in operations.values_mut() {
                leaving.operation(operation);
            }
        }
    }
    for fragment in document.fragments.values_mut() {
        leaving.selection(&mut fragment.node.selection_set.node);
    }
    leaving.left_out
}

struct Leaving<'a> {
    unset: &'a HashSet<Name>,
    /// Where the field is whose arguments are looked at.
    at: Pos,
    left_out: LeftOut,
}

impl Leaving<'_> {
    fn operation(&mut self, operation: &mut Positioned<OperationDefinition>) {
        let operation = &mut operation.node;
        operation
            .variable_definitions
            .retain(|definition| !self.unset.contains(&definition.node.name.node));
        self.selection(&mut operation.selection_set.node);
    }

    fn selection(&mut self, selection: &mut SelectionSet) {
        for item in &mut selection.items {
            match &mut item.node {
                Selection::Field(field) => {
                    self.at = field.pos;
                    let arguments = &mut field.node.arguments;
                    arguments.retain(|(_, value)| !self.is_unset(&value.node));
                    for (name, value) in arguments {
                        let path = Path::argument(name.node.as_str());
                        self.within(&mut value.node, &path, is_filter(&name.node));
                    }
                    self.selection(&mut field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    self.selection(&mut fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn is_unset(&self, value: &Value) -> bool {
        matches!(value, Value::Variable(name) if self.unset.contains(name))
    }

    fn within(&mut self, value: &mut Value, path: &Path, in_filter: bool) {
        match value {
            Value::Object(fields) => {
                let unset: Vec<Name> = fields
                    .iter()
                    .filter(|(_, value)| self.is_unset(value))
                    .map(|(name, _)| name.clone())
                    .collect();
                fields.retain(|name, _| !unset.contains(name));
                if let Some(first) = unset.first().filter(|_| in_filter) {
                    self.note(path.field(first));
                }
                for (name, value) in fields {
                    let in_filter = in_filter || is_filter(name);
                    self.within(value, &path.field(name), in_filter);
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    let path = path.item(index);
                    if self.is_unset(item) {
                        *item = Value::Null;
                        if in_filter {
                            self.note(path.clone());
                        }
                    }
                    self.within(item, &path, in_filter);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, path: Path) {
        self.left_out.0.entry(self.at).or_insert(path);
    }
}

/// Whether an argument, or a field of an input, holds conditions.
fn is_filter(name: &Name) -> bool {
    name.as_str() == "filter"
}
