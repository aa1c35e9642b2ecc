//! Rows that hold the columns that were read, and what was loaded along with them.

use std::{fmt, marker::PhantomData, sync::Arc};

use sea_orm::{QueryResult, Value, sea_query::ValueType};

use crate::{
    domain::{
        page::{List, Page},
        scalar::{Fraction, Scalar},
        viewer::Viewer,
    },
    entity::declared::{Declared, Field},
    store::{
        Result, StoreError,
        table::{ColumnSet, Privacy, Table, TableId, ToOne},
    },
};

/// A row of a table that can be listed.
pub trait Stored: Declared + Send + Sync + 'static {
    /// Its table.
    fn table() -> &'static Table;
}

/// A row of any table: the columns of it that were read, and what was loaded along with it.
#[derive(Debug, Clone)]
pub struct AnyRecord(Arc<Contents>);

#[derive(Debug, Clone)]
struct Contents {
    table: TableId,
    columns: ColumnSet,
    /// The values of those columns, in their order.
    values: Vec<Value>,
    related: Related,
}

#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Related {
    pub ones: Vec<(&'static str, Option<AnyRecord>)>,
    pub lists: Vec<LoadedList>,
}

/// A list under a row.
#[derive(Debug, Clone)]
pub(in crate::store) struct LoadedList {
    pub relation: &'static str,
    /// Which of the rows; all where there is none.
    pub list: Option<Arc<List>>,
    pub page: Arc<Page<AnyRecord>>,
}

impl Related {
    /// The related row, to load more along with it.
    pub fn one_mut(&mut self, relation: &str) -> Option<&mut AnyRecord> {
        let mut ones = self.ones.iter_mut();
        ones.find(|(name, _)| *name == relation)?.1.as_mut()
    }
}

impl AnyRecord {
    /// A row whose columns begin at `at` of a result; `at` stands behind them then.
    pub(in crate::store) fn read(
        table: &'static Table,
        columns: ColumnSet,
        row: &QueryResult,
        at: &mut usize,
    ) -> Result<Self> {
        let mut values = Vec::with_capacity(columns.count());
        for place in columns.iter() {
            values.push((table.columns[place].read)(row, *at)?);
            *at += 1;
        }
        Ok(Self(Arc::new(Contents {
            table: TableId(table),
            columns,
            values,
            related: Related::default(),
        })))
    }

    /// Its id.
    pub fn id(&self) -> Result<i64> {
        match self.0.table.0.column("id") {
            Some((place, _)) => match self.value(place)? {
                Scalar::Int(id) => Ok(id),
                _ => Err(self.not_read("id")),
            },
            None => Err(self.not_read("id")),
        }
    }

    /// The value of the column at `place`, as it is stored.
    fn stored(&self, place: usize) -> Result<&Value> {
        let contents = &*self.0;
        if !contents.columns.contains(place) {
            let column = contents.table.0.columns.get(place);
            return Err(self.not_read(column.map_or("?", |column| column.name)));
        }
        let value = contents.values.get(contents.columns.before(place));
        value.ok_or_else(|| self.not_read("?"))
    }

    /// The value of the column at `place`, as filters and cursors have it.
    pub(super) fn value(&self, place: usize) -> Result<Scalar> {
        self.stored(place).map(scalar)
    }

    /// The value of the column at `place` as `viewer` sees it: what is personal is masked for those who
    /// may not see it. Every door shows rows by this.
    pub fn shown(&self, place: usize, viewer: &Viewer) -> Result<Scalar> {
        Ok(match self.value(place)? {
            Scalar::Text(text) => {
                let column = self.0.table.0.columns.get(place);
                let privacy = column.map_or(Privacy::Notes, |column| column.privacy);
                Scalar::Text(privacy.shown_to(viewer, text))
            }
            value => value,
        })
    }

    fn not_read(&self, column: &str) -> StoreError {
        StoreError::Unknown(format!(
            "value of {column} in this row of {}: it was not read",
            self.0.table.0.name
        ))
    }

    /// To load more along with it, while nobody else has it.
    pub(in crate::store) fn related(&mut self) -> Option<&mut Related> {
        Arc::get_mut(&mut self.0).map(|contents| &mut contents.related)
    }
}

/// A row of the table of `R`.
pub struct Record<R> {
    any: AnyRecord,
    of: PhantomData<fn() -> R>,
}

impl<R> Clone for Record<R> {
    fn clone(&self) -> Self {
        Self {
            any: self.any.clone(),
            of: PhantomData,
        }
    }
}

impl<R> fmt::Debug for Record<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.fmt(f)
    }
}

impl<R: Stored> Record<R> {
    /// The record, which must be of this table.
    pub fn of(any: AnyRecord) -> Result<Self> {
        if any.0.table == TableId(R::table()) {
            return Ok(Self {
                any,
                of: PhantomData,
            });
        }
        Err(StoreError::Unknown(format!(
            "row of {}: this is one of {}",
            R::table().name,
            any.0.table.0.name
        )))
    }

    /// A whole row, with nothing loaded along with it.
    #[must_use]
    pub fn alone(row: R) -> Self {
        let any = AnyRecord(Arc::new(Contents {
            table: TableId(R::table()),
            columns: ColumnSet::first(R::COLUMNS.len()),
            values: row.values(),
            related: Related::default(),
        }));
        Self {
            any,
            of: PhantomData,
        }
    }

    /// The value of a column, which must have been read, and is nothing personal: that is shown to
    /// somebody, see [`AnyRecord::shown`].
    pub fn get<T: ValueType>(&self, field: Field<R, T>) -> Result<T> {
        let column = R::table().columns.get(field.place);
        if column.is_none_or(|column| column.privacy != Privacy::Open) {
            return Err(StoreError::Unknown(format!(
                "open column {} of {}: it is personal",
                field.name,
                R::table().name
            )));
        }
        let value = self.any.stored(field.place)?;
        T::try_from(value.clone()).map_err(|_| {
            StoreError::Unknown(format!(
                "{} in {} of {}",
                T::type_name(),
                field.name,
                R::table().name
            ))
        })
    }

    /// Its id.
    pub fn id(&self) -> Result<i64> {
        self.any.id()
    }

    /// The id of the row that `relation` leads to; none where it leads to none.
    pub fn id_in<B>(&self, relation: &ToOne<R, B>) -> Result<Option<i64>> {
        let column = relation.column();
        let Some((place, _)) = R::table().column(column) else {
            return Err(self.any.not_read(column));
        };
        match self.any.value(place)? {
            Scalar::Int(id) => Ok(Some(id)),
            _ => Ok(None),
        }
    }

    /// As a row of any table.
    #[must_use]
    pub const fn any(&self) -> &AnyRecord {
        &self.any
    }

    /// The related row, if it was loaded along; `Some(None)` where there is none.
    #[must_use]
    pub fn one(&self, relation: &str) -> Option<Option<AnyRecord>> {
        let ones = &self.any.0.related.ones;
        let (_, record) = ones.iter().find(|(name, _)| *name == relation)?;
        Some(record.clone())
    }

    /// The page of related rows that `list` asks for, if it was loaded along; all of them with
    /// none.
    #[must_use]
    pub fn list(&self, relation: &str, list: Option<&List>) -> Option<Arc<Page<AnyRecord>>> {
        let mut lists = self.any.0.related.lists.iter();
        let asked =
            |loaded: &&LoadedList| loaded.relation == relation && loaded.list.as_deref() == list;
        Some(lists.find(asked)?.page.clone())
    }
}

/// A value that was read, as filters and cursors have it.
fn scalar(value: &Value) -> Scalar {
    match value {
        Value::SmallInt(Some(number)) => Scalar::Int((*number).into()),
        Value::Int(Some(number)) => Scalar::Int((*number).into()),
        Value::BigInt(Some(number)) => Scalar::Int(*number),
        Value::String(Some(text)) => Scalar::Text(text.clone()),
        Value::ChronoDateTimeUtc(Some(instant)) => Scalar::Time(*instant),
        Value::ChronoDate(Some(day)) => Scalar::Date(*day),
        Value::Bool(Some(yes)) => Scalar::Bool(*yes),
        Value::Double(Some(number)) => Scalar::Fraction(Fraction::new(*number)),
        _ => Scalar::Null,
    }
}
