//! What values that are written in a document must be, as far as apollo-compiler 1.33 does not
//! look: each field of an object is given once (specification, 5.6.3), variables within objects and
//! lists fit into their places (5.8.5), and our own scalars can be read (5.6.1).

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{Directive, InputValueDefinition, Type, Value, VariableDefinition},
    executable::{Selection, SelectionSet},
    parser::SourceSpan,
    schema::ExtendedType,
};
use async_graphql::{Pos, ServerError};

use super::{
    input_types::{Scalar, is_judged_later},
    parsing::constant,
};

/// What is wrong with the values of a document that is good otherwise, as far as `most` problems.
pub(in crate::graphql) fn mistakes(
    schema: &Schema,
    document: &ExecutableDocument,
    most: usize,
) -> Vec<ServerError> {
    let mut look = Look {
        schema,
        document,
        most,
        found: Vec::new(),
    };
    let mut fragments = HashMap::new();
    for (name, fragment) in &document.fragments {
        let mut uses = look.directives(&fragment.directives);
        look.selection(&fragment.selection_set, &mut uses);
        fragments.insert(name, uses);
    }
    for operation in document.operations.iter() {
        let mut uses = look.directives(&operation.directives);
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                look.value(&Expected::of(&variable.ty), default, &mut uses);
            }
        }
        look.selection(&operation.selection_set, &mut uses);
        look.uses(&operation.variables, &uses, &fragments);
    }
    look.found
}

struct Look<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    most: usize,
    found: Vec<ServerError>,
}

/// What a place takes.
#[derive(Clone, Copy)]
struct Expected<'a> {
    ty: &'a Type,
    /// What stands there when nothing is given.
    has_default: bool,
    is_judged_later: bool,
}

impl<'a> Expected<'a> {
    const fn of(ty: &'a Type) -> Self {
        Self {
            ty,
            has_default: false,
            is_judged_later: false,
        }
    }

    fn by(definition: &'a InputValueDefinition) -> Self {
        Self {
            has_default: definition.default_value.is_some(),
            ..Self::of(&definition.ty)
        }
    }

    fn item(self) -> Self {
        Self {
            ty: self.ty.item_type(),
            has_default: false,
            ..self
        }
    }

    /// Whether a variable may stand there (5.8.5).
    fn takes(&self, variable: &VariableDefinition) -> bool {
        if self.ty.is_non_null() && !variable.ty.is_non_null() {
            let default = variable.default_value.as_ref();
            let has_value = default.is_some_and(|default| !default.is_null());
            let nullable = self.ty.clone().nullable();
            (has_value || self.has_default) && variable.ty.is_assignable_to(&nullable)
        } else {
            variable.ty.is_assignable_to(self.ty)
        }
    }
}

/// What part of a document makes use of.
#[derive(Default)]
struct Uses<'a> {
    variables: Vec<(&'a Name, Expected<'a>, Option<SourceSpan>)>,
    fragments: HashSet<&'a Name>,
}

impl<'a> Look<'a> {
    fn selection(&mut self, selection: &'a SelectionSet, uses: &mut Uses<'a>) {
        for item in &selection.selections {
            self.add_directives(item.directives(), uses);
            match item {
                Selection::Field(field) => {
                    for argument in &field.arguments {
                        // A field's definition belongs to the document.
                        if let Some(definition) = field.definition.argument_by_name(&argument.name)
                        {
                            self.value(&Expected::by(definition), &argument.value, uses);
                        }
                    }
                    self.selection(&field.selection_set, uses);
                }
                Selection::InlineFragment(fragment) => {
                    self.selection(&fragment.selection_set, uses);
                }
                Selection::FragmentSpread(spread) => {
                    uses.fragments.insert(&spread.fragment_name);
                }
            }
        }
    }

    fn directives(&mut self, directives: &'a [Node<Directive>]) -> Uses<'a> {
        let mut uses = Uses::default();
        self.add_directives(directives, &mut uses);
        uses
    }

    fn add_directives(&mut self, directives: &'a [Node<Directive>], uses: &mut Uses<'a>) {
        for directive in directives {
            let Some(definition) = self.schema.directive_definitions.get(&directive.name) else {
                continue;
            };
            for argument in &directive.arguments {
                if let Some(definition) = definition.argument_by_name(&argument.name) {
                    self.value(&Expected::by(definition), &argument.value, uses);
                }
            }
        }
    }

    fn value(&mut self, expected: &Expected<'a>, value: &'a Node<Value>, uses: &mut Uses<'a>) {
        match &**value {
            Value::Variable(name) => uses.variables.push((name, *expected, value.location())),
            Value::Null => {}
            Value::List(items) if expected.ty.is_list() => {
                for item in items {
                    self.value(&expected.item(), item, uses);
                }
            }
            _ if expected.ty.is_list() => self.value(&expected.item(), value, uses),
            Value::Object(fields) => self.object(expected.ty, fields, uses),
            written => {
                let scalar: Option<Scalar> = expected.ty.inner_named_type().parse().ok();
                if let (Some(scalar), false) = (scalar, expected.is_judged_later)
                    && let Ok(Some(constant)) = constant(written)
                    && let Some(problem) = scalar.refuses(&constant)
                {
                    self.tell(problem, value.location());
                }
            }
        }
    }

    fn object(&mut self, ty: &'a Type, fields: &'a [(Name, Node<Value>)], uses: &mut Uses<'a>) {
        let ty = ty.inner_named_type();
        let Some(ExtendedType::InputObject(definition)) = self.schema.types.get(ty) else {
            return;
        };
        let mut given = HashSet::new();
        for (name, value) in fields {
            if !given.insert(name) {
                let article = article(ty);
                let problem = format!("`{name}` is given twice in one object, {article} {ty}");
                self.tell(problem, name.location());
            }
            if let Some(definition) = definition.fields.get(name) {
                let mut expected = Expected::by(definition);
                let scalar = expected.ty.inner_named_type().parse();
                expected.is_judged_later =
                    scalar.is_ok_and(|scalar| is_judged_later(ty, name, scalar));
                self.value(&expected, value, uses);
            }
        }
    }

    /// Looks at the variables of an operation wherever they are used.
    fn uses(
        &mut self,
        variables: &[Node<VariableDefinition>],
        uses: &Uses<'a>,
        fragments: &HashMap<&'a Name, Uses<'a>>,
    ) {
        let variables: HashMap<&Name, &Node<VariableDefinition>> = variables
            .iter()
            .map(|variable| (&variable.name, variable))
            .collect();
        let mut seen = HashSet::new();
        let mut waiting = vec![uses];
        while let Some(uses) = waiting.pop() {
            for (name, expected, span) in &uses.variables {
                if let Some(variable) = variables.get(name)
                    && !expected.takes(variable)
                {
                    let (has, needs) = (&variable.ty, expected.ty);
                    let problem = format!(
                        "variable `${name}` of type `{has}` stands where `{needs}` is wanted"
                    );
                    self.tell(problem, *span);
                }
            }
            let new = uses.fragments.iter().filter(|name| seen.insert(**name));
            waiting.extend(new.filter_map(|name| fragments.get(name)));
        }
    }

    fn tell(&mut self, problem: String, span: Option<SourceSpan>) {
        if self.found.len() == self.most {
            return;
        }
        let place = span.and_then(|span| span.line_column(&self.document.sources));
        let pos = place.map(|place| Pos {
            line: place.line,
            column: place.column,
        });
        self.found.push(ServerError::new(problem, pos));
    }
}

/// What stands before the name of a type. Those in U begin like "user", but for updates and upserts.
fn article(ty: &str) -> &'static str {
    if ty.starts_with(['A', 'E', 'I', 'O']) || ty.starts_with("Up") {
        "an"
    } else {
        "a"
    }
}
