//! Filters as they are written: a field for each column of a table that its lists can be filtered by,
//! one for each relation, and `and`, `or`, `not`.

use std::{borrow::Cow, marker::PhantomData, ops::Deref};

use async_graphql::{
    InputType, InputValueError, InputValueResult, MaybeUndefined, Value, registry::Registry,
};

use super::{
    BooleanFilter, Condition, DateFilter, DateTimeFilter, DecimalFilter, FloatFilter, IdFilter,
    IntFilter, Refused, Said, StringFilter, bad, refused, related::Related, said,
};
use crate::{
    domain::{
        column::{Privacy, Shape},
        filter::Filter,
        problem::Path,
    },
    graphql::{
        error::ApiError,
        id::Kind,
        lists::{
            declared::{InputFields, nullable},
            listed::Listed,
            words::word,
        },
    },
    store::{Column, Relation, Stored as _, Table},
};

/// Which rows of the table that a `T` shows.
pub(in crate::graphql) struct FilterOf<T>(Written, PhantomData<fn() -> T>);

impl<T> Deref for FilterOf<T> {
    type Target = Written;

    fn deref(&self) -> &Written {
        &self.0
    }
}

impl<T: Listed> InputType for FilterOf<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        name(T::Row::table()).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        format!("{}!", register(registry, T::Row::table()))
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let written = Written::parse(T::Row::table(), value.unwrap_or_default());
        let written = written.map_err(InputValueError::custom)?;
        Ok(Self(written, PhantomData))
    }

    /// Only defaults are shown by it, and no filter is one.
    fn to_value(&self) -> Value {
        Value::Null
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// A filter of the rows of a table.
pub(in crate::graphql) struct Written {
    and: MaybeUndefined<Vec<Written>>,
    or: MaybeUndefined<Vec<Written>>,
    not: MaybeUndefined<Box<Written>>,
    is_null: Option<bool>,
    /// The fields that are given: their names, those in the table, and what is said of them.
    fields: Vec<(String, &'static str, Said)>,
}

/// The name of the filters of a table.
pub(super) fn name(table: &Table) -> String {
    format!("{}Filter", table.type_name())
}

/// What a field of a filter is of.
enum Of {
    /// The ids of rows, by which column.
    Ids(&'static str, Kind),
    Column(&'static Column),
    One(&'static Relation),
    Many(&'static Relation),
}

/// The field of the filters of a table that has this name.
fn field(table: &'static Table, name: &str) -> Option<Of> {
    if name == "id" {
        return Some(Of::Ids("id", table.type_name().parse().ok()?));
    }
    let is_named = |column: &&Column| column.api.is_some_and(|api| api.filter && api.name == name);
    if let Some(column) = table.columns().iter().find(is_named) {
        return match column.api?.id_of {
            Some(kind) => Some(Of::Ids(column.name, kind.parse().ok()?)),
            None => Some(Of::Column(column)),
        };
    }
    let mut relations = table.relations().iter();
    let relation = relations.find(|relation| relation.api_name() == name)?;
    relation.filter_description()?;
    Some(if relation.is_to_one() {
        Of::One(relation)
    } else {
        Of::Many(relation)
    })
}

/// The fields of the filters of a table: their names and descriptions.
fn described(table: &'static Table) -> Vec<(Cow<'static, str>, Cow<'static, str>)> {
    let mut fields: Vec<(Cow<'static, str>, Cow<'static, str>)> = Vec::new();
    if field(table, "id").is_some() {
        fields.push(("id".into(), "The object itself.".into()));
    }
    for column in table.columns() {
        let Some(api) = column.api.filter(|api| api.filter) else {
            continue;
        };
        let more = match column.privacy {
            Privacy::Notes => " Only for those who may see phone numbers.",
            Privacy::Phone => {
                " Those who see phone numbers masked can look a whole one up, by eq, 60 times an hour."
            }
            _ => "",
        };
        fields.push((api.name.into(), format!("{}{more}", api.description).into()));
    }
    for relation in table.relations() {
        if let Some(description) = relation.filter_description() {
            fields.push((relation.api_name().into(), description.into()));
        }
    }
    fields
}

impl Written {
    /// The filter of rows of `table` that a value is, which has the fields that it may have.
    pub(super) fn parse(table: &'static Table, value: Value) -> Result<Self, Refused> {
        let Value::Object(mut given) = value else {
            return Err(refused(name(table)));
        };
        let mut take = |name: &str| given.swap_remove(name);
        let each = |value: Option<Value>| -> Result<MaybeUndefined<Vec<Self>>, Refused> {
            let values = match value {
                None => return Ok(MaybeUndefined::Undefined),
                Some(Value::Null) => return Ok(MaybeUndefined::Null),
                Some(Value::List(values)) => values,
                Some(value) => vec![value],
            };
            let filters = values.into_iter().map(|value| Self::parse(table, value));
            filters.collect::<Result<_, _>>().map(MaybeUndefined::Value)
        };
        let mut written = Self {
            and: each(take("and"))?,
            or: each(take("or"))?,
            not: match take("not") {
                None => MaybeUndefined::Undefined,
                Some(Value::Null) => MaybeUndefined::Null,
                Some(value) => MaybeUndefined::Value(Box::new(Self::parse(table, value)?)),
            },
            is_null: match take("isNull") {
                Some(Value::Boolean(is_null)) => Some(is_null),
                _ => None,
            },
            fields: Vec::new(),
        };
        for (name, value) in given {
            let of = field(table, &name);
            let of = of.ok_or_else(|| format!("`{name}` is no field of {}", self::name(table)))?;
            let (column, said) = of.said(value)?;
            written.fields.push((name.to_string(), column, said));
        }
        // In one order, however they are written: what cursors are good for goes by it.
        written.fields.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        Ok(written)
    }

    /// The condition that it is.
    pub(in crate::graphql) fn filter(&self) -> Result<Filter, ApiError> {
        if self.is_null.is_some() {
            let message = "`isNull` asks whether there is a related record: it stands beside the fields of a relation, such as `package: {isNull: true}`, and not in `and`, `or`, `not` or at the top";
            return Err(bad(message.to_owned()));
        }
        self.conditions_of_fields()
    }

    /// What it says of the record itself.
    fn conditions_of_fields(&self) -> Result<Filter, ApiError> {
        let mut filters = Vec::new();
        for (name, column, said) in &self.fields {
            let said = said.as_ref().ok_or_else(|| {
                bad(format!(
                    "`{name}` of a filter was given as null: leave it out, or use `isNull` to find what has no value"
                ))
            })?;
            filters.extend(said.conditions(column)?);
        }
        let each = |filters: &[Self]| {
            filters
                .iter()
                .map(Self::filter)
                .collect::<Result<Vec<_>, _>>()
        };
        if let MaybeUndefined::Value(and) = &self.and {
            filters.push(Filter::All(each(and)?));
        }
        if let MaybeUndefined::Value(or) = &self.or {
            filters.push(Filter::Any(each(or)?));
        }
        if let MaybeUndefined::Value(not) = &self.not {
            filters.push(not.filter()?.negated());
        }
        Ok(Filter::all(filters))
    }

    /// The first place, at `path` or below it, where nothing is asked, maybe because a variable was not
    /// sent. Queries take that for no condition; what is written must not depend on it.
    pub(in crate::graphql) fn hole(&self, path: &Path) -> Option<Path> {
        let mut asks = self.is_null.is_some();
        for (name, _, said) in &self.fields {
            let Some(said) = said else { continue };
            asks = true;
            let hole = said.hole(&path.field(name));
            if hole.is_some() {
                return hole;
            }
        }
        for (name, filters) in [("and", &self.and), ("or", &self.or)] {
            let filters = match filters {
                MaybeUndefined::Value(filters) => filters,
                MaybeUndefined::Null => return Some(path.field(name)),
                MaybeUndefined::Undefined => continue,
            };
            asks = true;
            for (index, filter) in filters.iter().enumerate() {
                let hole = filter.hole(&path.field(name).item(index));
                if hole.is_some() {
                    return hole;
                }
            }
        }
        match &self.not {
            MaybeUndefined::Value(not) => not.hole(&path.field("not")),
            MaybeUndefined::Null => Some(path.field("not")),
            MaybeUndefined::Undefined => (!asks).then(|| path.clone()),
        }
    }
}

/// Of the row that a relation leads to.
impl Condition for Written {
    fn conditions(&self, name: &'static str) -> Result<Vec<Filter>, ApiError> {
        let related = |filter| Filter::One(name, Box::new(filter));
        let mut filters = Vec::new();
        if self.is_null == Some(true) {
            filters.push(related(Filter::All(Vec::new())).negated());
        }
        let fields = self.conditions_of_fields()?;
        let says_more = !matches!(&fields, Filter::All(filters) if filters.is_empty());
        if says_more || self.is_null != Some(true) {
            filters.push(related(fields));
        }
        Ok(filters)
    }

    fn hole(&self, path: &Path) -> Option<Path> {
        Self::hole(self, path)
    }
}

/// A comparison of ids of objects of a kind.
struct IdsOf(IdFilter, Kind);

impl Condition for IdsOf {
    fn conditions(&self, name: &'static str) -> Result<Vec<Filter>, ApiError> {
        self.0.of(name, self.1)
    }

    fn hole(&self, path: &Path) -> Option<Path> {
        self.0.asks_nothing().then(|| path.clone())
    }
}

impl Of {
    /// What a value says of the field, and the field's name in the table.
    fn said(self, value: Value) -> Result<(&'static str, Said), Refused> {
        Ok(match self {
            Self::Ids(column, kind) => {
                let ids = said::<IdFilter, _>(value, |ids| Box::new(IdsOf(ids, kind)))?;
                (column, ids)
            }
            Self::Column(column) => (column.name, compared(column, value)?),
            Self::One(relation) => {
                let row = |value| Written::parse(relation.target(), value);
                (relation.name(), said_of_related(value, row)?)
            }
            Self::Many(relation) => {
                let rows = |value| Related::parse(relation.target(), value);
                (relation.name(), said_of_related(value, rows)?)
            }
        })
    }

    fn register(&self, registry: &mut Registry) -> String {
        match self {
            Self::Ids(..) => nullable(IdFilter::create_type_info(registry)),
            Self::Column(column) => nullable(match column.shape {
                Shape::Int => IntFilter::create_type_info(registry),
                Shape::Fraction => FloatFilter::create_type_info(registry),
                Shape::Money => DecimalFilter::create_type_info(registry),
                Shape::Time => DateTimeFilter::create_type_info(registry),
                Shape::Date => DateFilter::create_type_info(registry),
                Shape::Bool => BooleanFilter::create_type_info(registry),
                Shape::Word(name) => match word(name) {
                    Some(word) => (word.filter_type)(registry),
                    None => StringFilter::create_type_info(registry),
                },
                Shape::Text | Shape::Other => StringFilter::create_type_info(registry),
            }),
            Self::One(relation) => register(registry, relation.target()),
            Self::Many(relation) => Related::register(registry, relation.target()),
        }
    }
}

/// What a value, as `parse` reads it, says of related rows.
fn said_of_related<C: Condition + Send + Sync + 'static>(
    value: Value,
    parse: impl FnOnce(Value) -> Result<C, Refused>,
) -> Result<Said, Refused> {
    if value == Value::Null {
        return Ok(None);
    }
    Ok(Some(boxed(parse(value)?)))
}

fn compared(column: &Column, value: Value) -> Result<Said, Refused> {
    match column.shape {
        Shape::Int => said::<IntFilter, _>(value, boxed),
        Shape::Fraction => said::<FloatFilter, _>(value, boxed),
        Shape::Money => said::<DecimalFilter, _>(value, boxed),
        Shape::Time => said::<DateTimeFilter, _>(value, boxed),
        Shape::Date => said::<DateFilter, _>(value, boxed),
        Shape::Bool => said::<BooleanFilter, _>(value, boxed),
        Shape::Word(name) => match word(name) {
            Some(word) => (word.said)(value),
            None => said::<StringFilter, _>(value, boxed),
        },
        Shape::Text | Shape::Other => said::<StringFilter, _>(value, boxed),
    }
}

fn boxed<C: Condition + Send + Sync + 'static>(condition: C) -> Box<dyn Condition + Send + Sync> {
    Box::new(condition)
}

/// Registers the filter of a table's rows, and gives its name.
pub(super) fn register(registry: &mut Registry, table: &'static Table) -> String {
    let name = name(table);
    let description = format!(
        "Which objects of type {}. What is said of several fields holds together.",
        table.type_name()
    );
    InputFields::register(registry, &name, &description, |registry, input| {
        let list = format!("[{name}!]");
        input.add(
            "and",
            "All of these hold; an empty list asks nothing.",
            &list,
        );
        input.add(
            "or",
            "At least one of these holds; an empty list finds nothing.",
            &list,
        );
        input.add("not", "This does not hold.", &name);
        let is_null = "Of a related record: whether there is none. Nowhere else.";
        input.add("isNull", is_null, "Boolean");
        for (name, description) in described(table) {
            if let Some(of) = field(table, &name) {
                let ty = of.register(registry);
                input.add(&name, &description, &ty);
            }
        }
    });
    name
}
