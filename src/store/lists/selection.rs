//! What to bring of a list: which columns, which related rows, which nested lists.

use std::sync::Arc;

use sea_orm::{
    QueryResult,
    sea_query::{Alias, Expr, ExprTrait, JoinType, SelectStatement},
};

use crate::{
    domain::page::{List, OrderKey},
    store::{
        Result,
        filters::{Conditions, unknown},
        record::AnyRecord,
        table::{Column, ColumnSet, Link, Relation, Table},
    },
};

/// Some columns of a table's rows, and what to load along with them.
///
/// Related rows that a row leads to are joined into its own statement; each nested list is one
/// statement more, whatever the number of rows.
#[derive(Clone)]
pub struct Selection {
    pub(in crate::store) table: &'static Table,
    pub(in crate::store) columns: ColumnSet,
    pub(in crate::store) ones: Vec<(&'static Relation, Selection)>,
    pub(in crate::store) lists: Vec<Nested>,
}

/// A list under each row.
#[derive(Clone)]
pub(in crate::store) struct Nested {
    pub relation: &'static Relation,
    /// The column of the nested rows that holds the id of the row above.
    pub column: &'static str,
    /// Which of them; all where there is none.
    pub list: Option<Arc<List>>,
    pub selection: Selection,
}

impl Selection {
    /// Nothing yet but what tells the rows from each other.
    #[must_use]
    pub fn new(table: &'static Table) -> Self {
        let mut selection = Self {
            table,
            columns: ColumnSet::default(),
            ones: Vec::new(),
            lists: Vec::new(),
        };
        for name in table.unique {
            selection.column(name);
        }
        selection
    }

    /// Every column, and nothing else.
    #[must_use]
    pub fn whole(table: &'static Table) -> Self {
        let mut selection = Self::new(table);
        selection.every_column();
        selection
    }

    /// Every column.
    pub fn every_column(&mut self) {
        self.columns = ColumnSet::first(self.table.columns.len());
    }

    /// The column, if the table has it; otherwise nothing.
    pub fn column(&mut self, name: &str) {
        if let Some((place, _)) = self.table.column(name) {
            self.columns.insert(place);
        }
    }

    /// The column that a field of the API shows, if there is one.
    pub fn field(&mut self, name: &str) {
        let known = |column: &Column| column.api.is_some_and(|api| api.name == name);
        if let Some(place) = self.table.columns.iter().position(known) {
            self.columns.insert(place);
        }
    }

    /// The columns of the sort keys.
    pub(in crate::store) fn keys(&mut self, order: &[OrderKey]) {
        for key in order {
            self.column(key.field);
        }
    }

    /// The row that `relation` leads to: what to bring of it.
    pub fn one(&mut self, relation: &str) -> Result<&mut Self> {
        let relation = self.relation(relation)?;
        let Link::One(column) = relation.link else {
            return Err(unknown(self.table, relation.name));
        };
        self.column(column);
        let place = self
            .ones
            .iter()
            .position(|(known, _)| known.name == relation.name)
            .unwrap_or_else(|| {
                self.ones.push((relation, Self::new(relation.target())));
                self.ones.len() - 1
            });
        Ok(&mut self.ones[place].1)
    }

    fn relation(&self, name: &str) -> Result<&'static Relation> {
        let relation = self.table.relation(name);
        relation.ok_or_else(|| unknown(self.table, name))
    }

    /// The rows that `relation` leads to, those that `list` asks for or all: what to bring of
    /// them.
    pub fn list(&mut self, relation: &str, list: Option<List>) -> Result<&mut Self> {
        let relation = self.relation(relation)?;
        let Link::Many(column) = relation.link else {
            return Err(unknown(self.table, relation.name));
        };
        let known = |nested: &Nested| {
            nested.relation.name == relation.name && nested.list.as_deref() == list.as_ref()
        };
        let place = self.lists.iter().position(known).unwrap_or_else(|| {
            let mut selection = Self::new(relation.target());
            selection.column(column);
            selection.keys(
                list.as_ref()
                    .map_or(&selection.table.order, |list| &list.order),
            );
            self.lists.push(Nested {
                relation,
                column,
                list: list.map(Arc::new),
                selection,
            });
            self.lists.len() - 1
        });
        Ok(&mut self.lists[place].selection)
    }

    /// Selects the columns of rows that go by `alias`, and joins the rows that they lead to.
    pub(in crate::store) fn project(
        &self,
        alias: &str,
        conditions: &mut Conditions<'_>,
        query: &mut SelectStatement,
    ) -> Result<()> {
        for place in self.columns.iter() {
            query.column((Alias::new(alias), self.table.columns[place].name));
        }
        for (relation, selection) in &self.ones {
            let Link::One(column) = relation.link else {
                continue;
            };
            let other = format!("{alias}_{}", relation.name);
            let mut on = Expr::col((Alias::new(&other), "id")).equals((Alias::new(alias), column));
            if let Some(seen) = conditions.seen(selection.table, &other)? {
                on = on.and(seen);
            }
            query.join_as(
                JoinType::LeftJoin,
                selection.table.name,
                Alias::new(&other),
                on,
            );
            selection.project(&other, conditions, query)?;
        }
        Ok(())
    }

    /// Reads a row, and those joined to it, whose columns start at `at`.
    pub(in crate::store) fn read(&self, row: &QueryResult, at: &mut usize) -> Result<AnyRecord> {
        let mut record = AnyRecord::read(self.table, self.columns, row, at)?;
        let mut ones = Vec::with_capacity(self.ones.len());
        for (relation, selection) in &self.ones {
            ones.push((relation.name, selection.read_joined(row, at)?));
        }
        if let Some(related) = record.related() {
            related.ones = ones;
        }
        Ok(record)
    }

    /// Reads a joined row, if there was one to join: its id, its first column, says so.
    fn read_joined(&self, row: &QueryResult, at: &mut usize) -> Result<Option<AnyRecord>> {
        if row.try_get_by::<Option<i64>, _>(*at)?.is_none() {
            *at += self.width();
            return Ok(None);
        }
        self.read(row, at).map(Some)
    }

    fn width(&self) -> usize {
        let joined: usize = self.ones.iter().map(|(_, one)| one.width()).sum();
        self.columns.count() + joined
    }
}
