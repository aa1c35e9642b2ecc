//! What a document asks for, found out before anything of it is done: each fragment is looked at
//! once, however often it is spread.

use std::collections::HashMap;

use async_graphql::{Name, parser::types::Selection};
use async_graphql::{
    Positioned, Value, Variables,
    parser::types::{ExecutableDocument, Field, OperationDefinition, SelectionSet},
};
use async_graphql_value::Value as Written;

use super::outline::{Many, Outline, root_name};
use crate::domain::page::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, MAX_SELECTED};

/// What counting a list costs, in fields.
const COUNTING: u64 = 20;
/// The argument, and the field of inputs, that selects objects.
const FILTER: &str = "filter";
/// Fields of introspection that lead from types to types.
const CIRCLES: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// Fields that tell about the schema; `__typename` tells about an object.
const INTROSPECTION: [&str; 2] = ["__schema", "__type"];

/// How much an operation asks for, with every fragment written out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::graphql) struct Extent {
    /// Fields that it may come to when every page is as long as it may be.
    pub cost: u64,
    /// Deepest nesting of fields.
    pub depth: u64,
    /// Fields of the outermost selection.
    pub roots: u64,
    /// Fields under another name.
    pub aliases: u64,
    /// Directives.
    pub directives: u64,
    /// How often introspection goes from a type to its fields and on to their types.
    pub circles: u64,
    /// Whether it asks the schema about itself.
    pub introspects: bool,
    /// Objects in the filters of one field.
    pub conditions: u64,
    /// The longest list of an argument.
    pub longest: u64,
}

impl Extent {
    /// Of one operation of a document, with these variables.
    pub fn of(
        outline: &Outline,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Self {
        let mut walk = Walk {
            outline,
            document,
            variables,
            fragments: HashMap::new(),
            sent: HashMap::new(),
        };
        let root = root_name(operation.ty);
        let mut extent = walk.selection(&operation.selection_set.node, root, 1);
        extent.directives = extent
            .directives
            .saturating_add(count(&operation.directives));
        extent
    }

    /// Adds what stands beside it.
    fn add(&mut self, other: Self) {
        self.cost = self.cost.saturating_add(other.cost);
        self.depth = self.depth.max(other.depth);
        self.roots = self.roots.saturating_add(other.roots);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.circles = self.circles.max(other.circles);
        self.conditions = self.conditions.max(other.conditions);
        self.longest = self.longest.max(other.longest);
        self.introspects |= other.introspects;
    }
}

fn count<T>(items: &[T]) -> u64 {
    items.len() as u64
}

struct Walk<'a> {
    outline: &'a Outline,
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    /// What was found out of fragments, by name and by how many objects they are about.
    fragments: HashMap<(&'a str, u64), Extent>,
    /// What was found out of variables, by name and by whether they are in a filter.
    sent: HashMap<(&'a str, bool), Brought>,
}

impl<'a> Walk<'a> {
    /// `named` is how many objects the arguments of the field above name.
    fn selection(&mut self, selection: &'a SelectionSet, of: &str, named: u64) -> Extent {
        let mut extent = Extent::default();
        for item in &selection.items {
            extent.add(match &item.node {
                Selection::Field(field) => self.field(&field.node, of, named),
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    let condition = fragment.type_condition.as_ref();
                    let of = condition.map_or(of, |condition| condition.node.on.node.as_str());
                    let inner = self.selection(&fragment.selection_set.node, of, named);
                    with_directives(inner, &fragment.directives)
                }
                Selection::FragmentSpread(spread) => {
                    let inner = self.fragment(&spread.node.fragment_name.node, named);
                    with_directives(inner, &spread.node.directives)
                }
            });
        }
        extent
    }

    fn fragment(&mut self, name: &'a Name, named: u64) -> Extent {
        let key = (name.as_str(), named);
        if let Some(known) = self.fragments.get(&key) {
            return *known;
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Extent::default();
        };
        // One that spreads itself is refused later, for that.
        self.fragments.insert(key, Extent::default());
        let of = fragment.node.type_condition.node.on.node.as_str();
        let extent = self.selection(&fragment.node.selection_set.node, of, named);
        self.fragments.insert(key, extent);
        extent
    }

    fn field(&mut self, field: &'a Field, of: &str, named: u64) -> Extent {
        let name = field.name.node.as_str();
        let outline = self.outline;
        let lead = outline.lead(of, name);
        let many = lead.map_or(Many::Few, |lead| lead.many);
        let brought = self.brought(field);
        // Only these fields lead to objects that arguments name.
        let given = if many == Many::Named || of == "Mutation" {
            brought.named
        } else {
            1
        };
        let (factor, named_below) = match many {
            Many::Few => (1, given),
            Many::Days(most) => (most, given),
            Many::Page => (1, self.page_size(field)),
            Many::Named => (given.max(named), 1),
        };
        let target = lead.map_or("", |lead| lead.target.as_str());
        let inner = self.selection(&field.selection_set.node, target, named_below);
        let own = if name == "totalCount" { COUNTING } else { 1 };
        // Each row's list reads its filter anew; the filter itself is a part of the field.
        let own = own + brought.conditions.saturating_sub(1);
        let circle = u64::from(lead.is_none() && CIRCLES.contains(&name));
        let extent = Extent {
            cost: inner.cost.saturating_mul(factor).saturating_add(own),
            depth: inner.depth.saturating_add(1),
            roots: 1,
            aliases: inner
                .aliases
                .saturating_add(u64::from(field.alias.is_some())),
            directives: inner.directives,
            circles: inner.circles.saturating_add(circle),
            introspects: inner.introspects || INTROSPECTION.contains(&name),
            conditions: inner.conditions.max(brought.conditions),
            longest: inner.longest.max(brought.longest),
        };
        with_directives(extent, &field.directives)
    }

    /// How many items a connection's page may have.
    fn page_size(&self, field: &Field) -> u64 {
        let size = |name| {
            let value = &field.get_argument(name)?.node;
            match value {
                Written::Number(number) => Some(number.as_u64().unwrap_or(0)),
                Written::Variable(name) => match self.variables.get(name)? {
                    Value::Number(number) => Some(number.as_u64().unwrap_or(0)),
                    _ => None,
                },
                _ => None,
            }
        };
        let size = size("first").or_else(|| size("last"));
        size.unwrap_or(DEFAULT_PAGE_SIZE.into())
            .min(MAX_PAGE_SIZE.into())
    }

    fn brought(&mut self, field: &'a Field) -> Brought {
        let arguments = field.arguments.iter();
        arguments.fold(Brought::default(), |brought, (name, value)| {
            brought.and(self.written(&name.node, &value.node, false))
        })
    }

    fn written(&mut self, name: &str, value: &'a Written, in_filter: bool) -> Brought {
        let in_filter = in_filter || name == FILTER;
        match value {
            Written::Variable(variable) => self.sent(variable, in_filter),
            Written::List(items) => items.iter().fold(Brought::list(items), |brought, item| {
                brought.and(self.written(name, item, in_filter))
            }),
            Written::Object(fields) => {
                let fields = fields.iter();
                fields.fold(Brought::object(in_filter), |brought, (name, value)| {
                    brought.and(self.written(name, value, in_filter))
                })
            }
            _ => Brought::default(),
        }
    }

    /// A variable may stand in many places, and is looked at once.
    fn sent(&mut self, variable: &'a Name, in_filter: bool) -> Brought {
        let variables = self.variables;
        let key = (variable.as_str(), in_filter);
        let sent = || {
            let value = variables.get(variable);
            value.map_or_else(Brought::default, |value| sent("", value, in_filter))
        };
        *self.sent.entry(key).or_insert_with(sent)
    }
}

/// The same of a value that came with the request.
fn sent(name: &str, value: &Value, in_filter: bool) -> Brought {
    let in_filter = in_filter || name == FILTER;
    match value {
        Value::List(items) => items.iter().fold(Brought::list(items), |brought, item| {
            brought.and(sent(name, item, in_filter))
        }),
        Value::Object(fields) => {
            let fields = fields.iter();
            fields.fold(Brought::object(in_filter), |brought, (name, value)| {
                brought.and(sent(name, value, in_filter))
            })
        }
        _ => Brought::default(),
    }
}

/// What the arguments of a field bring with them.
#[derive(Debug, Clone, Copy)]
struct Brought {
    /// How many objects they name: the longest list, or what a filter may select.
    named: u64,
    /// The longest list.
    longest: u64,
    /// Objects in filters: each `and`, `or`, `not`, related record and comparison is one.
    conditions: u64,
}

impl Default for Brought {
    fn default() -> Self {
        Self {
            named: 1,
            longest: 0,
            conditions: 0,
        }
    }
}

impl Brought {
    fn list<T>(items: &[T]) -> Self {
        Self {
            named: count(items).max(1),
            longest: count(items),
            conditions: 0,
        }
    }

    fn object(in_filter: bool) -> Self {
        Self {
            named: if in_filter { MAX_SELECTED as u64 } else { 1 },
            longest: 0,
            conditions: u64::from(in_filter),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            named: self.named.max(other.named),
            longest: self.longest.max(other.longest),
            conditions: self.conditions.saturating_add(other.conditions),
        }
    }
}

fn with_directives<T>(mut extent: Extent, directives: &[Positioned<T>]) -> Extent {
    extent.directives = extent.directives.saturating_add(count(directives));
    extent
}
