//! Many rows in statements of few texts: each text is made once, and prepared once a connection.

use std::sync::{Mutex, PoisonError};

use sea_orm::{
    ConnectionTrait, DatabaseBackend, QueryResult, Statement,
    sea_query::{Expr, InsertStatement, Values},
};

use crate::store::{Result, Transaction};

pub(in crate::store) use sea_orm::Value;

/// An insert of rows of `COLUMNS` values.
///
/// A statement has so many rows at most, or the half of that, or the half of that, and so on: any
/// number of rows is put together of few statements, whose texts stay in the connections' caches.
pub(in crate::store) struct Bulk<const COLUMNS: usize> {
    statement: fn() -> InsertStatement,
    most: [usize; 2],
    texts: Mutex<Vec<Text>>,
}

/// The text of a statement for so many rows, and the values that it has behind theirs.
struct Text {
    backend: DatabaseBackend,
    rows: usize,
    sql: String,
    rest: Vec<Value>,
}

impl<const COLUMNS: usize> Bulk<COLUMNS> {
    /// `statement` says into what, and what else, without rows.
    ///
    /// PostgreSQL gets at most `postgres` rows a statement, which should fit one TLS record of
    /// 16 kB: sqlx leaves Nagle's algorithm on (its `connect_tcp` sets no TCP_NODELAY), so what is
    /// sent in a second write waits some 40 ms for a delayed acknowledgement. SQLite gets at most
    /// `sqlite` rows, of at most 32,766 values.
    pub const fn new(statement: fn() -> InsertStatement, postgres: usize, sqlite: usize) -> Self {
        Self {
            statement,
            most: [postgres, sqlite],
            texts: Mutex::new(Vec::new()),
        }
    }

    /// Inserts `rows`, in their order. Returns how many were inserted or changed.
    pub async fn execute<T>(
        &self,
        tx: &Transaction,
        rows: &[T],
        values: impl Fn(&T) -> [Value; COLUMNS],
    ) -> Result<u64> {
        let mut affected = 0;
        for rows in self.statements(tx, rows) {
            let statement = self.fill(tx, rows, &values);
            affected += tx.execute_raw(statement).await?.rows_affected();
        }
        Ok(affected)
    }

    /// Inserts `rows`, in their order. Returns what the statement returns of each.
    pub async fn returning<T>(
        &self,
        tx: &Transaction,
        rows: &[T],
        values: impl Fn(&T) -> [Value; COLUMNS],
    ) -> Result<Vec<QueryResult>> {
        let mut returned = Vec::with_capacity(rows.len());
        for rows in self.statements(tx, rows) {
            let statement = self.fill(tx, rows, &values);
            returned.extend(tx.query_all_raw(statement).await?);
        }
        Ok(returned)
    }

    /// The rows of each statement.
    fn statements<'a, T>(
        &self,
        tx: &Transaction,
        rows: &'a [T],
    ) -> impl Iterator<Item = &'a [T]> + use<'a, T, COLUMNS> {
        let [postgres, sqlite] = self.most;
        let most = match tx.get_database_backend() {
            DatabaseBackend::Postgres => postgres,
            _ => sqlite,
        };
        parts(rows, most)
    }

    fn fill<T>(
        &self,
        tx: &Transaction,
        rows: &[T],
        values: impl Fn(&T) -> [Value; COLUMNS],
    ) -> Statement {
        let backend = tx.get_database_backend();
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |text: &Text| text.backend == backend && text.rows == rows.len();
        let place = texts.iter().position(known).unwrap_or_else(|| {
            texts.push(self.text(backend, rows.len()));
            texts.len() - 1
        });
        let Text { sql, rest, .. } = &texts[place];
        let (sql, rest) = (sql.clone(), rest.clone());
        drop(texts);
        Statement {
            sql,
            values: Some(Values(rows.iter().flat_map(values).chain(rest).collect())),
            db_backend: backend,
        }
    }

    fn text(&self, backend: DatabaseBackend, rows: usize) -> Text {
        let mut insert = (self.statement)();
        for _ in 0..rows {
            insert.values_panic([const { 0_i32 }; COLUMNS].map(Expr::value));
        }
        let built = backend.build(&insert);
        let values = built.values.map(|values| values.0).unwrap_or_default();
        Text {
            backend,
            rows,
            sql: built.sql,
            rest: values.into_iter().skip(rows * COLUMNS).collect(),
        }
    }
}

/// Parts of `most` rows, or the half of it, or the half of that, and so on.
fn parts<T>(rows: &[T], most: usize) -> impl Iterator<Item = &[T]> {
    let mut size = most;
    let mut left = rows;
    std::iter::from_fn(move || {
        while size > left.len() {
            size /= 2;
        }
        let (part, rest) = left.split_at(size);
        left = rest;
        (size > 0).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The sizes of statements for so many rows.
    fn sizes(rows: usize) -> Vec<usize> {
        let rows = vec![(); rows];
        super::parts(&rows, 50).map(<[()]>::len).collect()
    }

    #[test]
    fn any_number_of_rows_is_put_together_of_few_sizes() {
        assert!(sizes(0).is_empty());
        assert_eq!(sizes(100), [50, 50]);
        assert_eq!(sizes(99), [50, 25, 12, 12]);
        let all: BTreeSet<usize> = (0..500).flat_map(sizes).collect();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), [1, 3, 6, 12, 25, 50]);
    }
}
