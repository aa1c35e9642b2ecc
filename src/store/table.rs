//! What can be listed: the columns of a table, its usual order, and what its rows lead to.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::LazyLock,
};

use sea_orm::{
    ColumnTrait, DatabaseBackend, EntityTrait, Iterable,
    sea_query::{ColumnType, SelectStatement, SimpleExpr},
};

use super::{
    Result,
    record::{AnyRecord, Reader},
};
use crate::domain::{
    filter::{Filter, Test},
    page::OrderKey,
    scalar::Kind,
};

/// A table, or a query that is read as one.
pub struct Table {
    pub(super) name: &'static str,
    pub(super) source: Source,
    pub(super) columns: Vec<Column>,
    /// The columns that tell a row from every other, the last keys of every order.
    pub(super) unique: &'static [&'static str],
    pub(super) order: Vec<OrderKey>,
    pub(super) relations: Vec<Relation>,
    /// Counts all its rows.
    pub(super) counter: Option<Counter>,
    /// Rows that have something in this column are no longer there for lists and counts, unless
    /// they are asked for by it.
    pub(super) gone: Option<&'static str>,
    /// The relation to the row that its rows are a part of, and are gone with.
    pub(super) part_of: Option<&'static str>,
    pub(super) read: fn(&mut Reader<'_>) -> Result<AnyRecord>,
}

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
pub(super) enum Source {
    /// The table of the same name, with an `id`.
    Table,
    /// A query, grouped for instance.
    Query(fn() -> SelectStatement),
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may hold nothing.
    pub nullable: bool,
    /// The column of the instant whose business day it holds.
    pub instant: Option<&'static str>,
    /// What those may ask of it who see telephone numbers masked.
    pub privacy: Privacy,
}

/// What those may ask of a column who see telephone numbers and addresses masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Everything: it holds numbers, times or words of the program's own.
    Open,
    /// A text in which people or other systems may have written a number. They may ask for a whole one;
    /// in an order those that may hold a number stand at the end. Every text, unless it is declared to
    /// be something else.
    Text,
    /// A text about the person dialled: as [`Self::Text`], and nothing is ordered by it.
    Person,
    /// The number itself, and texts that mostly have one: they may ask nothing, but for a number that
    /// they have.
    Number,
}

impl Column {
    /// A column that always holds something.
    pub(super) const fn required(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            nullable: false,
            instant: None,
            privacy: privacy(kind),
        }
    }
}

/// That of a column of which nothing else is said.
const fn privacy(kind: Kind) -> Privacy {
    match kind {
        Kind::Text => Privacy::Text,
        _ => Privacy::Open,
    }
}

/// What a row leads to.
pub struct Relation {
    pub(super) name: &'static str,
    pub(super) target: &'static LazyTable,
    pub(super) link: Link,
    /// Counts its rows, by the id of the row above.
    pub(super) counter: Option<Counter>,
}

/// Where most of some rows are counted already.
#[derive(Clone, Copy)]
pub(super) struct Counter {
    /// How many are counted, or of those under the row with this id: one row with the sum.
    pub counted: fn(Option<SimpleExpr>) -> SelectStatement,
    /// 1 if any may be left that is not counted, else 0.
    pub any_left: fn(DatabaseBackend) -> SimpleExpr,
    /// That the row that goes by an alias is one of these.
    pub is_left: fn(DatabaseBackend, &'static str) -> SimpleExpr,
}

/// How rows are linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// Our column holds the id of the other row.
    One(&'static str),
    /// The others' column holds the id of our row.
    Many(&'static str),
}

impl Relation {
    /// To the row whose id is in `column`.
    pub(super) const fn one(
        name: &'static str,
        column: &'static str,
        target: &'static LazyTable,
    ) -> Self {
        Self {
            name,
            target,
            link: Link::One(column),
            counter: None,
        }
    }

    /// To the rows of `target` whose `column` has our id.
    pub(super) const fn many(
        name: &'static str,
        target: &'static LazyTable,
        column: &'static str,
    ) -> Self {
        Self {
            name,
            target,
            link: Link::Many(column),
            counter: None,
        }
    }

    /// The rows are counted elsewhere, so that a list need not count them.
    pub(super) const fn counted_by(mut self, counter: Counter) -> Self {
        self.counter = Some(counter);
        self
    }
}

impl Table {
    /// The table of an entity, whose rows have an `id`.
    pub(super) fn of<E: EntityTrait>(
        order: &[OrderKey],
        relations: Vec<Relation>,
        read: fn(&mut Reader<'_>) -> Result<AnyRecord>,
    ) -> Self {
        Self {
            name: E::default().table_name(),
            source: Source::Table,
            columns: E::Column::iter().map(column).collect(),
            unique: &["id"],
            order: order.to_vec(),
            relations,
            counter: None,
            gone: None,
            part_of: None,
            read,
        }
    }

    /// Its rows are left out of lists of all when the row that `relation` leads to is; they are
    /// found under it.
    pub(super) fn part_of(mut self, relation: &'static str) -> Self {
        self.part_of = Some(relation);
        self
    }

    /// Rows that have something in `column` are left out of lists and counts, unless a filter
    /// asks for the column; they are found by their ids.
    pub(super) fn without(mut self, column: &'static str) -> Self {
        self.gone = Some(column);
        self
    }

    /// All rows are counted elsewhere, so that a list need not count them.
    pub(super) fn counted_by(mut self, counter: Counter) -> Self {
        self.counter = Some(counter);
        self
    }

    /// `column` holds the business day of the instant in the column `instant`, so that an index of
    /// the instants serves the days.
    pub(super) fn with_day(mut self, column: &str, instant: &'static str) -> Self {
        if let Some(place) = self.columns.iter().position(|known| known.name == column) {
            self.columns[place].instant = Some(instant);
        }
        self
    }

    /// These columns hold words of the program's own, and no text that came from elsewhere.
    pub(super) fn with_words(self, columns: &[&str]) -> Self {
        self.with_privacy(columns, Privacy::Open)
    }

    /// These columns are about the person dialled.
    pub(super) fn with_person(self, columns: &[&str]) -> Self {
        self.with_privacy(columns, Privacy::Person)
    }

    /// These columns hold telephone numbers, or texts that mostly have one.
    pub(super) fn with_numbers(self, columns: &[&str]) -> Self {
        self.with_privacy(columns, Privacy::Number)
    }

    fn with_privacy(mut self, columns: &[&str], privacy: Privacy) -> Self {
        for column in &mut self.columns {
            if columns.contains(&column.name) {
                column.privacy = privacy;
            }
        }
        self
    }

    /// A query that is read as a table, whose rows the columns `unique` tell apart.
    pub(super) fn derived(
        name: &'static str,
        query: fn() -> SelectStatement,
        columns: Vec<Column>,
        unique: &'static [&'static str],
        order: &[OrderKey],
        read: fn(&mut Reader<'_>) -> Result<AnyRecord>,
    ) -> Self {
        Self {
            name,
            source: Source::Query(query),
            columns,
            unique,
            order: order.to_vec(),
            relations: Vec::new(),
            counter: None,
            gone: None,
            part_of: None,
            read,
        }
    }

    /// Its name, which cursors carry in a fingerprint.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
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
            .map_or(Privacy::Number, |(_, column)| column.privacy)
    }

    /// Every test in a filter of its rows, those of related rows too, with the field that it is of and
    /// what may be asked of that.
    #[must_use]
    pub fn tests<'a>(&self, filter: &'a Filter) -> Vec<(&'static str, Privacy, &'a Test)> {
        let related = |name: &str, filter: &'a Filter| {
            let relation = self.relation(name);
            relation.map_or_else(Vec::new, |relation| relation.target.tests(filter))
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
    pub(super) fn column(&self, name: &str) -> Option<(usize, &Column)> {
        let place = self.columns.iter().position(|column| column.name == name)?;
        Some((place, &self.columns[place]))
    }

    pub(super) fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.name == name)
    }
}

fn column(column: impl ColumnTrait) -> Column {
    let definition = column.def();
    let kind = match definition.get_column_type() {
        ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger => Kind::Int,
        ColumnType::String(_) | ColumnType::Text => Kind::Text,
        ColumnType::TimestampWithTimeZone => Kind::Time,
        ColumnType::Date => Kind::Date,
        ColumnType::Boolean => Kind::Bool,
        _ => Kind::Other,
    };
    Column {
        name: column.as_str(),
        kind,
        nullable: definition.is_null(),
        instant: None,
        privacy: privacy(kind),
    }
}

/// Some columns of one table, by their places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ColumnSet(u64);

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

    /// The places, in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..64).filter(move |&place| self.contains(place))
    }
}
