//! What rows declare of their columns; see [`catalogue::row`].

use std::{fmt, marker::PhantomData};

use sea_orm::{DbErr, QueryResult, TryGetable, Value};

use crate::domain::column::{Api, Privacy, Shape};

/// A row whose columns are declared.
pub trait Declared: Sized {
    /// Its columns, in the order of the table.
    const COLUMNS: &'static [Declaration];

    /// Their values.
    fn values(self) -> Vec<Value>;
}

/// What is declared of a column.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub shape: Shape,
    /// Whether there may be none.
    pub nullable: bool,
    /// Who may ask what of it, where that does not follow from its shape.
    pub privacy: Option<Privacy>,
    /// What the API says of it, if it has it.
    pub api: Option<Api>,
    /// Reads its value out of a result.
    pub read: Read,
}

/// Reads the value in a column of a result.
pub type Read = fn(&QueryResult, usize) -> Result<Value, DbErr>;

/// Reads a `T`, which is checked to be one.
pub fn read<T: TryGetable + Into<Value>>(row: &QueryResult, at: usize) -> Result<Value, DbErr> {
    Ok(row.try_get_by::<T, usize>(at)?.into())
}

/// A column of the rows `R` that holds a `T`.
pub struct Field<R, T> {
    /// Its place in the table.
    pub place: usize,
    /// Its name.
    pub name: &'static str,
    of: PhantomData<fn(R) -> T>,
}

impl<R, T> Field<R, T> {
    /// The column of this name, at this place.
    #[must_use]
    pub const fn new(place: usize, name: &'static str) -> Self {
        Self {
            place,
            name,
            of: PhantomData,
        }
    }
}

impl<R, T> Clone for Field<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T> Copy for Field<R, T> {}

impl<R, T> fmt::Debug for Field<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
