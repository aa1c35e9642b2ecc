//! What can be listed: the columns of a table, its usual order, and what its rows lead to.

use std::{
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    sync::LazyLock,
};

use sea_orm::{
    DatabaseBackend, EntityTrait,
    sea_query::{SelectStatement, SimpleExpr},
};

pub use crate::domain::column::Privacy;
use crate::{
    domain::{
        column::{Api, Shape},
        filter::{Filter, Test, camel_case},
        page::OrderKey,
        scalar::Kind,
        viewer::Viewer,
    },
    entity::declared::{Declaration, Declared, Read},
    store::record::Stored,
};

/// A table, or a query that is read as one.
pub struct Table {
    pub(in crate::store) name: &'static str,
    /// The type of the objects that show its rows.
    type_name: &'static str,
    pub(in crate::store) source: Source,
    pub(in crate::store) columns: Vec<Column>,
    /// The columns that tell a row from every other, the last keys of every order.
    pub(in crate::store) unique: &'static [&'static str],
    pub(in crate::store) order: Vec<OrderKey>,
    pub(in crate::store) relations: Vec<Relation>,
    /// Counts all its rows.
    pub(in crate::store) counter: Option<Counter>,
    /// Rows that have something in this column are no longer there for lists and counts, unless
    /// they are asked for by it.
    pub(in crate::store) gone: Option<&'static str>,
    /// The relation to the row that its rows are a part of, and are gone with.
    pub(in crate::store) part_of: Option<&'static str>,
    /// Which rows a viewer may see; none where that is all.
    scope: Option<Scope>,
}

/// Which rows of a table a viewer may see; none where that is all.
pub(in crate::store) type Scope = fn(&Viewer) -> Option<Filter>;

/// A table that is made when it is first used.
pub type LazyTable = LazyLock<Table>;

/// A table as part of a key: tables are told apart by their names.
#[derive(Clone, Copy)]
pub struct TableId(pub &'static Table);

impl fmt::Debug for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl PartialEq for TableId {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for TableId {}

impl Hash for TableId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

/// Where rows come from.
#[derive(Clone, Copy)]
pub(in crate::store) enum Source {
    /// The table of the same name, with an `id`.
    Table,
    /// A query, grouped for instance.
    Query(fn() -> SelectStatement),
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub shape: Shape,
    /// How they are compared.
    pub kind: Kind,
    /// Whether it may hold nothing.
    pub nullable: bool,
    /// The column of the instant whose business day it holds.
    pub instant: Option<&'static str>,
    /// What those may ask of it who see telephone numbers masked.
    pub privacy: Privacy,
    /// What the API says of it, if it has it.
    pub api: Option<Api>,
    pub(in crate::store) read: Read,
}

impl Column {
    fn of(declared: &Declaration) -> Self {
        Self {
            name: declared.name,
            shape: declared.shape,
            kind: declared.shape.kind(),
            nullable: declared.nullable,
            instant: None,
            privacy: declared.privacy.unwrap_or(declared.shape.privacy()),
            api: declared.api,
            read: declared.read,
        }
    }
}

/// To the one row of `B` that a row of `A` leads to.
pub struct ToOne<A, B> {
    name: &'static str,
    column: &'static str,
    of: PhantomData<fn(A) -> B>,
}

impl<A, B> ToOne<A, B> {
    /// The relation of this name, to the row whose id is in `column`.
    #[must_use]
    pub const fn new(name: &'static str, column: &'static str) -> Self {
        Self {
            name,
            column,
            of: PhantomData,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The column of `A` with the id of the row.
    #[must_use]
    pub const fn column(&self) -> &'static str {
        self.column
    }
}

/// To the rows of `B` that have the id of a row of `A` in a column.
pub struct ToMany<A, B> {
    name: &'static str,
    column: &'static str,
    of: PhantomData<fn(A) -> B>,
}

impl<A, B> ToMany<A, B> {
    /// The relation of this name, to the rows of `B` whose `column` has our id.
    #[must_use]
    pub const fn new(name: &'static str, column: &'static str) -> Self {
        Self {
            name,
            column,
            of: PhantomData,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// What a row leads to.
pub struct Relation {
    pub(in crate::store) name: &'static str,
    pub(in crate::store) target: fn() -> &'static Table,
    pub(in crate::store) link: Link,
    /// What a filter by it says, for readers of the schema; none where there are no such filters.
    filter: Option<&'static str>,
    /// Counts its rows, by the id of the row above.
    pub(in crate::store) counter: Option<Counter>,
}

/// Where most of some rows are counted already.
#[derive(Clone, Copy)]
pub(in crate::store) struct Counter {
    /// How many are counted, or of those under the row with this id: one row with the sum.
    pub counted: fn(Option<SimpleExpr>) -> SelectStatement,
    /// 1 if any may be left that is not counted, else 0.
    pub any_left: fn(DatabaseBackend) -> SimpleExpr,
    /// That the row that goes by an alias is one of these.
    pub is_left: fn(DatabaseBackend, &'static str) -> SimpleExpr,
}

/// How rows are linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Link {
    /// Our column holds the id of the other row.
    One(&'static str),
    /// The others' column holds the id of our row.
    Many(&'static str),
}

impl<A, B: Stored> From<ToOne<A, B>> for Relation {
    fn from(relation: ToOne<A, B>) -> Self {
        Self {
            name: relation.name,
            target: B::table,
            link: Link::One(relation.column),
            filter: None,
            counter: None,
        }
    }
}

impl<A, B: Stored> From<ToMany<A, B>> for Relation {
    fn from(relation: ToMany<A, B>) -> Self {
        Self {
            name: relation.name,
            target: B::table,
            link: Link::Many(relation.column),
            filter: None,
            counter: None,
        }
    }
}

impl Relation {
    /// Lists can be filtered by it; what such a filter says.
    pub(in crate::store) const fn filtered(mut self, description: &'static str) -> Self {
        self.filter = Some(description);
        self
    }

    /// The rows are counted elsewhere, so that a list need not count them.
    pub(in crate::store) const fn counted_by(mut self, counter: Counter) -> Self {
        self.counter = Some(counter);
        self
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its name in the API.
    #[must_use]
    pub fn api_name(&self) -> String {
        camel_case(self.name)
    }

    /// What a filter by it says; none where there are no such filters.
    #[must_use]
    pub const fn filter_description(&self) -> Option<&'static str> {
        self.filter
    }

    /// Whether it leads to one row at most.
    #[must_use]
    pub const fn is_to_one(&self) -> bool {
        matches!(self.link, Link::One(_))
    }

    /// The table of the rows that it leads to.
    #[must_use]
    pub fn target(&self) -> &'static Table {
        (self.target)()
    }
}

impl Table {
    /// The table of an entity, whose rows have an `id`.
    pub(in crate::store) fn of<E: EntityTrait<Model: Declared>>(
        type_name: &'static str,
        order: &[OrderKey],
        relations: Vec<Relation>,
    ) -> Self {
        Self {
            name: E::default().table_name(),
            type_name,
            source: Source::Table,
            columns: E::Model::COLUMNS.iter().map(Column::of).collect(),
            unique: &["id"],
            order: order.to_vec(),
            relations,
            counter: None,
            gone: None,
            part_of: None,
            scope: None,
        }
    }

    /// Its rows are left out of lists of all when the row that `relation` leads to is; they are
    /// found under it.
    pub(in crate::store) fn part_of(mut self, relation: &'static str) -> Self {
        self.part_of = Some(relation);
        self
    }

    /// A viewer sees only those rows that `scope` gives them, whichever way lists, ids, relations and
    /// filters lead to them. A row that a use case gives back is that use case's to check.
    pub(in crate::store) fn seen_by(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Rows that have something in `column` are left out of lists and counts, unless a filter
    /// asks for the column; they are found by their ids.
    pub(in crate::store) fn without(mut self, column: &'static str) -> Self {
        self.gone = Some(column);
        self
    }

    /// All rows are counted elsewhere, so that a list need not count them.
    pub(in crate::store) fn counted_by(mut self, counter: Counter) -> Self {
        self.counter = Some(counter);
        self
    }

    /// `column` holds the business day of the instant in the column `instant`, so that an index of
    /// the instants serves the days.
    pub(in crate::store) fn with_day(mut self, column: &str, instant: &'static str) -> Self {
        if let Some(place) = self.columns.iter().position(|known| known.name == column) {
            self.columns[place].instant = Some(instant);
        }
        self
    }

    /// A query that is read as a table, whose rows the columns `unique` tell apart.
    pub(in crate::store) fn derived<R: Declared>(
        name: &'static str,
        type_name: &'static str,
        query: fn() -> SelectStatement,
        unique: &'static [&'static str],
        order: &[OrderKey],
    ) -> Self {
        Self {
            name,
            type_name,
            source: Source::Query(query),
            columns: R::COLUMNS.iter().map(Column::of).collect(),
            unique,
            order: order.to_vec(),
            relations: Vec::new(),
            counter: None,
            gone: None,
            part_of: None,
            scope: None,
        }
    }

    /// Its name, which cursors carry in a fingerprint.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The type of the objects that show its rows.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// Which of its rows `viewer` may see; none where that is all.
    #[must_use]
    pub fn scope(&self, viewer: &Viewer) -> Option<Filter> {
        self.scope.and_then(|scope| scope(viewer))
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What its rows lead to.
    #[must_use]
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    /// The column that objects show as the field `name`, and its place.
    #[must_use]
    pub fn shown(&self, name: &str) -> Option<(usize, &Column)> {
        let mut columns = self.columns.iter().enumerate();
        columns.find(|(_, column)| column.api.is_some_and(|api| api.shown && api.name == name))
    }

    /// The order that is used when none is asked for, or that of `asked`: ended by a unique key.
    #[must_use]
    pub fn order(&self, asked: &[OrderKey]) -> Vec<OrderKey> {
        let mut order: Vec<OrderKey> = Vec::new();
        for key in if asked.is_empty() { &self.order } else { asked } {
            if !order.iter().any(|other| other.field == key.field) {
                order.push(*key);
            }
        }
        let descending = order.last().is_some_and(|key| key.descending);
        for &field in self.unique {
            if !order.iter().any(|key| key.field == field) {
                order.push(OrderKey { field, descending });
            }
        }
        order
    }

    /// What those may ask of a column who see telephone numbers masked; nothing of one that there is
    /// not.
    #[must_use]
    pub fn privacy(&self, column: &str) -> Privacy {
        self.column(column)
            .map_or(Privacy::Notes, |(_, column)| column.privacy)
    }

    /// Every test in a filter of its rows, those of related rows too, with the field that it is of and
    /// what may be asked of that.
    #[must_use]
    pub fn tests<'a>(&self, filter: &'a Filter) -> Vec<(&'static str, Privacy, &'a Test)> {
        let related = |name: &str, filter: &'a Filter| {
            let relation = self.relation(name);
            relation.map_or_else(Vec::new, |relation| relation.target().tests(filter))
        };
        match filter {
            Filter::All(filters) | Filter::Any(filters) => filters
                .iter()
                .flat_map(|filter| self.tests(filter))
                .collect(),
            Filter::Not(filter) => self.tests(filter),
            Filter::One(name, filter) | Filter::Many(name, _, filter) => related(name, filter),
            Filter::Field(name, test) => vec![(*name, self.privacy(name), test)],
        }
    }

    /// A column and its place.
    pub(in crate::store) fn column(&self, name: &str) -> Option<(usize, &Column)> {
        let place = self.columns.iter().position(|column| column.name == name)?;
        Some((place, &self.columns[place]))
    }

    pub(in crate::store) fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.name == name)
    }
}

/// Some columns of one table, by their places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::store) struct ColumnSet(u64);

impl ColumnSet {
    /// The first `count` columns: all, of a table that has as many.
    pub const fn first(count: usize) -> Self {
        Self(if count >= 64 {
            u64::MAX
        } else {
            (1 << count) - 1
        })
    }

    pub const fn insert(&mut self, place: usize) {
        self.0 |= 1 << place;
    }

    pub const fn contains(self, place: usize) -> bool {
        self.0 & (1 << place) != 0
    }

    /// How many they are.
    pub const fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// How many of them stand before `place`.
    pub const fn before(self, place: usize) -> usize {
        (self.0 & ((1 << place) - 1)).count_ones() as usize
    }

    /// The places, in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..64).filter(move |&place| self.contains(place))
    }
}
