//! What the fields of the schema lead to, as far as the cost of a query depends on it.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::{
    parse_schema,
    types::{
        BaseType, FieldDefinition, OperationType, Type, TypeDefinition, TypeKind,
        TypeSystemDefinition,
    },
};

/// How many objects a field leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum Many {
    /// One, or a few that belong to it.
    Few,
    /// A page: its items are as many as are asked for.
    Page,
    /// As many as the arguments ask for or name, here or one level up.
    Named,
    /// A row for each day that is asked for, and so many at most.
    Days(u64),
}

/// Where a field leads.
#[derive(Debug)]
pub(in crate::graphql) struct Lead {
    /// The type.
    pub target: String,
    /// How many of it.
    pub many: Many,
    /// Whether it may be null, and inside of each list, from the outermost.
    pub nullable: Vec<bool>,
    /// Whether what it leads to is a value that the program wrote: a day, an amount, an id, a cursor.
    /// Everything else may be what people or other systems wrote.
    pub is_own: bool,
}

/// Scalars that are no texts.
const VALUES: [&str; 8] = [
    "BigInt", "Boolean", "Date", "DateTime", "Decimal", "Float", "ID", "Int",
];
/// Cursors are texts to Relay.
const CURSORS: [&str; 3] = ["cursor", "endCursor", "startCursor"];

/// The type at the root of an operation.
pub(in crate::graphql) const fn root_name(of: OperationType) -> &'static str {
    match of {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    }
}

/// The fields of all types.
#[derive(Debug)]
pub(in crate::graphql) struct Outline {
    fields: HashMap<String, HashMap<String, Lead>>,
    abstract_types: HashSet<String>,
}

/// The interface of everything that has a global id.
const NODE: &str = "Node";

impl Outline {
    /// Of a schema's own SDL.
    pub fn of(sdl: &str) -> Self {
        let document = parse_schema(sdl);
        debug_assert!(document.is_ok(), "{document:?}");
        let definitions = document.map(|document| document.definitions);
        let types: Vec<TypeDefinition> = definitions
            .unwrap_or_default()
            .into_iter()
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(definition) => Some(definition.node),
                _ => None,
            })
            .collect();
        let nodes: HashSet<&str> = types
            .iter()
            .filter(|definition| is_node(definition))
            .map(|definition| definition.name.node.as_str())
            .collect();
        let enums = types
            .iter()
            .filter(|definition| matches!(definition.kind, TypeKind::Enum(_)));
        let mut values: HashSet<&str> = enums.map(|of| of.name.node.as_str()).collect();
        values.extend(VALUES);
        let outline = |definition: &TypeDefinition| {
            let fields = fields(&definition.kind).iter().map(|field| {
                let name = field.node.name.node.to_string();
                let mut lead = lead(definition, &field.node.ty.node, &nodes);
                let is_cursor = CURSORS.contains(&name.as_str());
                lead.is_own = is_cursor || values.contains(lead.target.as_str());
                (name, lead)
            });
            (definition.name.node.to_string(), fields.collect())
        };
        Self {
            fields: types.iter().map(outline).collect(),
            abstract_types: types
                .iter()
                .filter(|definition| is_abstract(&definition.kind))
                .map(|definition| definition.name.node.to_string())
                .collect(),
        }
    }

    /// Says that lists of this type have a row for each day that is asked for, and so many at most.
    pub fn with_days(mut self, target: &str, most: u64) -> Self {
        let leads = self.fields.values_mut().flat_map(HashMap::values_mut);
        // Beside the field itself, each list has a place that may be null.
        for lead in leads.filter(|lead| lead.target == target && lead.nullable.len() > 1) {
            lead.many = Many::Days(most);
        }
        self
    }

    /// Whether objects of several types are of this one.
    pub fn is_abstract(&self, name: &str) -> bool {
        self.abstract_types.contains(name)
    }

    /// Where a field of a type leads; nothing is known of introspection.
    pub fn lead(&self, of: &str, field: &str) -> Option<&Lead> {
        self.fields.get(of)?.get(field)
    }
}

fn fields(kind: &TypeKind) -> &[async_graphql::Positioned<FieldDefinition>] {
    match kind {
        TypeKind::Object(object) => &object.fields,
        TypeKind::Interface(interface) => &interface.fields,
        _ => &[],
    }
}

const fn is_abstract(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Interface(_) | TypeKind::Union(_))
}

fn is_node(definition: &TypeDefinition) -> bool {
    let implements = match &definition.kind {
        TypeKind::Object(object) => object.implements.iter().any(|name| name.node == NODE),
        _ => false,
    };
    implements || definition.name.node == NODE
}

fn lead(of: &TypeDefinition, to: &Type, nodes: &HashSet<&str>) -> Lead {
    let (target, is_list) = innermost(to);
    let is_item = is_page(&of.name.node) || nodes.contains(target);
    let many = if is_page(target) {
        Many::Page
    } else if is_list && is_item {
        Many::Named
    } else {
        Many::Few
    };
    Lead {
        target: target.to_owned(),
        many,
        nullable: nullable(to),
        is_own: false,
    }
}

fn is_page(name: &str) -> bool {
    name.ends_with("Connection") || name == "Reconciliation"
}

fn nullable(of: &Type) -> Vec<bool> {
    let mut places = vec![of.nullable];
    if let BaseType::List(item) = &of.base {
        places.extend(nullable(item));
    }
    places
}

fn innermost(of: &Type) -> (&str, bool) {
    match &of.base {
        BaseType::Named(name) => (name, false),
        BaseType::List(item) => (innermost(item).0, true),
    }
}
