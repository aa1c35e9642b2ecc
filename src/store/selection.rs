//! What to bring of a list: which columns, which related rows, which nested lists.

use std::sync::Arc;

use sea_orm::{
    QueryResult,
    sea_query::{Alias, Expr, ExprTrait, JoinType, SelectStatement},
};

use super::{
    Result,
    record::{AnyRecord, Reader},
    table::{ColumnSet, Link, Relation, Table},
};
use crate::domain::page::{List, OrderKey};

/// Some columns of a table's rows, and what to load along with them.
///
/// Related rows that a row leads to are joined into its own statement; each nested list is one
/// statement more, whatever the number of rows.
#[derive(Clone)]
pub struct Selection {
    pub(super) table: &'static Table,
    pub(super) columns: ColumnSet,
    pub(super) ones: Vec<(&'static Relation, Selection)>,
    pub(super) lists: Vec<Nested>,
}

/// A list under each row.
#[derive(Clone)]
pub(super) struct Nested {
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

    /// The columns of the sort keys.
    pub(super) fn keys(&mut self, order: &[OrderKey]) {
        for key in order {
            self.column(key.field);
        }
    }

    /// The row that `relation` leads to: what to bring of it. None where there is no such relation.
    pub fn one(&mut self, relation: &str) -> Option<&mut Self> {
        let relation = self.table.relation(relation)?;
        let Link::One(column) = relation.link else {
            return None;
        };
        self.column(column);
        let place = self
            .ones
            .iter()
            .position(|(known, _)| known.name == relation.name)
            .unwrap_or_else(|| {
                self.ones.push((relation, Self::new(relation.target)));
                self.ones.len() - 1
            });
        Some(&mut self.ones[place].1)
    }

    /// The rows that `relation` leads to, those that `list` asks for or all: what to bring of
    /// them. None where there is no such relation.
    pub fn list(&mut self, relation: &str, list: Option<List>) -> Option<&mut Self> {
        let relation = self.table.relation(relation)?;
        let Link::Many(column) = relation.link else {
            return None;
        };
        let known = |nested: &Nested| {
            nested.relation.name == relation.name && nested.list.as_deref() == list.as_ref()
        };
        let place = self.lists.iter().position(known).unwrap_or_else(|| {
            let mut selection = Self::new(relation.target);
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
        Some(&mut self.lists[place].selection)
    }

    /// Selects the columns of rows that go by `alias`, and joins the rows that they lead to.
    pub(super) fn project(&self, alias: &str, query: &mut SelectStatement) {
        for place in self.columns.iter() {
            query.column((Alias::new(alias), self.table.columns[place].name));
        }
        for (relation, selection) in &self.ones {
            let Link::One(column) = relation.link else {
                continue;
            };
            let other = format!("{alias}_{}", relation.name);
            query.join_as(
                JoinType::LeftJoin,
                selection.table.name,
                Alias::new(&other),
                Expr::col((Alias::new(&other), "id")).equals((Alias::new(alias), column)),
            );
            selection.project(&other, query);
        }
    }

    /// Reads a row, and those joined to it, whose columns start at `at`.
    pub(super) fn read(&self, row: &QueryResult, at: &mut usize) -> Result<AnyRecord> {
        let mut reader = Reader::new(row, self.columns, *at);
        let mut record = (self.table.read)(&mut reader)?;
        *at = reader.end();
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
        self.columns.iter().count() + joined
    }
}
