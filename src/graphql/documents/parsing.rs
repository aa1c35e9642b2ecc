//! From a text to a document. apollo-compiler reads it, and what it read is handed to
//! async-graphql in async-graphql's own types: async-graphql 7.2's own parser refuses `\u{1F600}` and
//! surrogate pairs, makes a float of `-0`, keeps the backslash of `\"""` and takes `queryA{…}` for a
//! query `A`; and one text is not parsed twice.

use std::collections::{HashMap, hash_map::Entry};

use apollo_compiler::{
    Name as ParsedName, Node,
    ast::{self, Definition},
    parser::SourceSpan,
    validation::DiagnosticList,
};
use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{
        BaseType, Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition,
        FragmentSpread, InlineFragment, OperationDefinition, OperationType, Selection,
        SelectionSet, Type, TypeCondition, VariableDefinition,
    },
};
use async_graphql_value::{ConstValue, Number, Value};

/// What a text says, in the types of its parser.
pub(in crate::graphql) type Tree = ast::Document;

/// Reads a text.
///
/// # Errors
/// Where it is no GraphQL.
pub(in crate::graphql) fn parse(text: &str) -> Result<Tree, DiagnosticList> {
    ast::Document::parse(text, "query.graphql").map_err(|broken| broken.errors)
}

/// The types of the operations of a text, with their names.
pub(in crate::graphql) fn operations(
    tree: &Tree,
) -> impl Iterator<Item = (Option<&str>, OperationType)> {
    tree.definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::OperationDefinition(operation) => {
                let name = operation.name.as_ref().map(ParsedName::as_str);
                Some((name, operation_type(operation.operation_type)))
            }
            _ => None,
        })
}

/// Why what was read cannot be executed. Most of it the validator says better.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::graphql) enum NotExecutable {
    /// There is nothing to execute.
    #[error("the document has no operation")]
    NoOperation,
    /// Two definitions of one name, or an operation without a name beside others.
    #[error("the document does not tell its operations or fragments apart by their names")]
    Ambiguous,
    /// Something that is neither an operation nor a fragment.
    #[error("a request has operations and fragments, and no definitions of types")]
    OtherDefinition,
    /// A number that no type holds.
    #[error("the number {0} is too large")]
    Number(String),
    /// A default that is no constant.
    #[error("the default of ${0} must not have variables in it")]
    VariableInDefault(String),
}

/// What was read of `text`, for the executor.
///
/// # Errors
/// Why it cannot be executed.
pub(in crate::graphql) fn executable(
    tree: &Tree,
    text: &str,
) -> Result<ExecutableDocument, NotExecutable> {
    let mut convert = Convert(Places::of(text));
    let mut anonymous = None;
    let mut named = HashMap::new();
    let mut fragments = HashMap::new();
    for definition in &tree.definitions {
        match definition {
            Definition::OperationDefinition(parsed) => {
                let operation = convert.operation(parsed)?;
                match &parsed.name {
                    Some(name) => add(&mut named, name, operation)?,
                    None if anonymous.is_some() => return Err(NotExecutable::Ambiguous),
                    None => anonymous = Some(operation),
                }
            }
            Definition::FragmentDefinition(parsed) => {
                let fragment = convert.fragment(parsed)?;
                add(&mut fragments, &parsed.name, fragment)?;
            }
            _ => return Err(NotExecutable::OtherDefinition),
        }
    }
    let operations = match anonymous {
        None if named.is_empty() => return Err(NotExecutable::NoOperation),
        None => DocumentOperations::Multiple(named),
        Some(operation) if named.is_empty() => DocumentOperations::Single(operation),
        Some(_) => return Err(NotExecutable::Ambiguous),
    };
    Ok(ExecutableDocument {
        operations,
        fragments,
    })
}

fn add<T>(
    to: &mut HashMap<Name, T>,
    name: &ParsedName,
    definition: T,
) -> Result<(), NotExecutable> {
    match to.entry(Name::new(name)) {
        Entry::Occupied(_) => Err(NotExecutable::Ambiguous),
        Entry::Vacant(free) => {
            free.insert(definition);
            Ok(())
        }
    }
}

/// Lines and columns of a text. Nodes are asked for in the order in which they stand there, so that
/// the text is gone through once.
struct Places<'a> {
    text: &'a str,
    /// How far it was gone through, in bytes.
    offset: usize,
    /// The place there.
    at: Pos,
}

impl<'a> Places<'a> {
    const fn of(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            at: Pos { line: 1, column: 1 },
        }
    }

    fn find(&mut self, span: Option<SourceSpan>) -> Pos {
        let Some(wanted) = span.map(|span| span.offset()) else {
            return self.at;
        };
        if wanted < self.offset {
            *self = Self::of(self.text);
        }
        for character in self
            .text
            .get(self.offset..wanted)
            .unwrap_or_default()
            .chars()
        {
            if character == '\n' {
                self.at.line += 1;
                self.at.column = 1;
            } else {
                self.at.column += 1;
            }
        }
        self.offset = wanted;
        self.at
    }
}

struct Convert<'a>(Places<'a>);

type Converted<T> = Result<T, NotExecutable>;

impl Convert<'_> {
    fn name(&mut self, name: &ParsedName) -> Positioned<Name> {
        Positioned::new(Name::new(name), self.0.find(name.location()))
    }

    fn operation(
        &mut self,
        parsed: &Node<ast::OperationDefinition>,
    ) -> Converted<Positioned<OperationDefinition>> {
        let pos = self.0.find(parsed.location());
        let variables = parsed.variables.iter();
        let variable_definitions = variables.map(|parsed| self.variable(parsed));
        let variable_definitions = variable_definitions.collect::<Converted<_>>()?;
        let operation = OperationDefinition {
            ty: operation_type(parsed.operation_type),
            variable_definitions,
            directives: self.directives(&parsed.directives)?,
            selection_set: self.selections(&parsed.selection_set, pos)?,
        };
        Ok(Positioned::new(operation, pos))
    }

    fn variable(
        &mut self,
        parsed: &Node<ast::VariableDefinition>,
    ) -> Converted<Positioned<VariableDefinition>> {
        let pos = self.0.find(parsed.location());
        let name = self.name(&parsed.name);
        let var_type = Positioned::new(type_of(&parsed.ty), self.0.find(parsed.ty.location()));
        let default = parsed.default_value.as_ref();
        let default_value = default.map(|value| {
            let default = constant(value)?;
            let default =
                default.ok_or_else(|| NotExecutable::VariableInDefault(parsed.name.to_string()))?;
            Ok(Positioned::new(default, self.0.find(value.location())))
        });
        let definition = VariableDefinition {
            name,
            var_type,
            default_value: default_value.transpose()?,
            directives: self.directives(&parsed.directives)?,
        };
        Ok(Positioned::new(definition, pos))
    }

    fn fragment(
        &mut self,
        parsed: &Node<ast::FragmentDefinition>,
    ) -> Converted<Positioned<FragmentDefinition>> {
        let pos = self.0.find(parsed.location());
        let fragment = FragmentDefinition {
            type_condition: self.condition(&parsed.type_condition),
            directives: self.directives(&parsed.directives)?,
            selection_set: self.selections(&parsed.selection_set, pos)?,
        };
        Ok(Positioned::new(fragment, pos))
    }

    fn condition(&mut self, name: &ParsedName) -> Positioned<TypeCondition> {
        let on = self.name(name);
        let pos = on.pos;
        Positioned::new(TypeCondition { on }, pos)
    }

    fn directives(&mut self, parsed: &ast::DirectiveList) -> Converted<Vec<Positioned<Directive>>> {
        let directives = parsed.iter().map(|parsed| {
            let pos = self.0.find(parsed.location());
            let directive = Directive {
                name: self.name(&parsed.name),
                arguments: self.arguments(&parsed.arguments)?,
            };
            Ok(Positioned::new(directive, pos))
        });
        directives.collect()
    }

    fn arguments(
        &mut self,
        parsed: &[Node<ast::Argument>],
    ) -> Converted<Vec<(Positioned<Name>, Positioned<Value>)>> {
        let arguments = parsed.iter().map(|argument| {
            let name = self.name(&argument.name);
            let pos = self.0.find(argument.value.location());
            Ok((name, Positioned::new(value(&argument.value)?, pos)))
        });
        arguments.collect()
    }

    /// The parser does not say where a selection begins: it is told with what it is of.
    fn selections(
        &mut self,
        parsed: &[ast::Selection],
        pos: Pos,
    ) -> Converted<Positioned<SelectionSet>> {
        let items = parsed.iter().map(|parsed| self.selection(parsed));
        let items = items.collect::<Converted<_>>()?;
        Ok(Positioned::new(SelectionSet { items }, pos))
    }

    fn selection(&mut self, parsed: &ast::Selection) -> Converted<Positioned<Selection>> {
        let pos = self.0.find(parsed.location());
        let selection = match parsed {
            ast::Selection::Field(parsed) => {
                let alias = parsed.alias.as_ref().map(|alias| self.name(alias));
                let field = Field {
                    alias,
                    name: self.name(&parsed.name),
                    arguments: self.arguments(&parsed.arguments)?,
                    directives: self.directives(&parsed.directives)?,
                    selection_set: self.selections(&parsed.selection_set, pos)?,
                };
                Selection::Field(Positioned::new(field, pos))
            }
            ast::Selection::FragmentSpread(parsed) => {
                let spread = FragmentSpread {
                    fragment_name: self.name(&parsed.fragment_name),
                    directives: self.directives(&parsed.directives)?,
                };
                Selection::FragmentSpread(Positioned::new(spread, pos))
            }
            ast::Selection::InlineFragment(parsed) => {
                let condition = parsed.type_condition.as_ref();
                let fragment = InlineFragment {
                    type_condition: condition.map(|name| self.condition(name)),
                    directives: self.directives(&parsed.directives)?,
                    selection_set: self.selections(&parsed.selection_set, pos)?,
                };
                Selection::InlineFragment(Positioned::new(fragment, pos))
            }
        };
        Ok(Positioned::new(selection, pos))
    }
}

const fn operation_type(parsed: ast::OperationType) -> OperationType {
    match parsed {
        ast::OperationType::Query => OperationType::Query,
        ast::OperationType::Mutation => OperationType::Mutation,
        ast::OperationType::Subscription => OperationType::Subscription,
    }
}

/// A type in async-graphql's words.
pub(in crate::graphql) fn type_of(parsed: &ast::Type) -> Type {
    let base = match parsed {
        ast::Type::Named(name) | ast::Type::NonNullNamed(name) => BaseType::Named(Name::new(name)),
        ast::Type::List(item) | ast::Type::NonNullList(item) => {
            BaseType::List(Box::new(type_of(item)))
        }
    };
    Type {
        base,
        nullable: !parsed.is_non_null(),
    }
}

/// A value without variables; none for one that has some.
pub(in crate::graphql) fn constant(parsed: &ast::Value) -> Converted<Option<ConstValue>> {
    Ok(value(parsed)?.into_const())
}

fn value(parsed: &ast::Value) -> Converted<Value> {
    Ok(match parsed {
        ast::Value::Null => Value::Null,
        ast::Value::Enum(name) => Value::Enum(Name::new(name)),
        ast::Value::Variable(name) => Value::Variable(Name::new(name)),
        ast::Value::String(text) => Value::String(text.clone()),
        ast::Value::Int(int) => Value::Number(number(int.as_str())?),
        ast::Value::Float(float) => Value::Number(number(float.as_str())?),
        ast::Value::Boolean(boolean) => Value::Boolean(*boolean),
        ast::Value::List(items) => {
            let items = items.iter().map(|item| value(item));
            Value::List(items.collect::<Converted<_>>()?)
        }
        ast::Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, inner)| Ok((Name::new(name), value(inner)?)));
            Value::Object(fields.collect::<Converted<_>>()?)
        }
    })
}

fn number(text: &str) -> Converted<Number> {
    // A minus makes a float of a zero elsewhere, which is no Int.
    let text = if text == "-0" { "0" } else { text };
    text.parse()
        .map_err(|_| NotExecutable::Number(text.to_owned()))
}

#[cfg(test)]
mod tests;
