//! Rows on their way into a table: by `COPY` into PostgreSQL, by inserts of many rows into SQLite.
//! Columns are named, so that a table may have more of them.

use std::fmt::Write as _;

use crate::database::Connection;

/// A table and the columns that are filled.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns, separated by commas.
    pub columns: &'static str,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// None.
    Null,
    /// A number.
    Number(i64),
    /// A word, a name, a day, an instant; without quotes, backslashes and control characters.
    Text(String),
    /// A truth value.
    Truth(bool),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row, in the order of the columns.
pub type Row = Vec<Value>;

/// Adds `rows` to `table`.
pub async fn add(connection: &mut Connection, table: Table, rows: &[Row]) -> anyhow::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let Table { name, columns } = table;
    match connection {
        Connection::Postgres(server) => {
            let statement = format!("COPY {name} ({columns}) FROM STDIN");
            let mut copy = server.copy_in_raw(&statement).await?;
            copy.send(lines(rows)?.as_bytes()).await?;
            copy.finish().await?;
            Ok(())
        }
        Connection::Sqlite(_) => {
            let values = literals(rows)?;
            let statement = format!("INSERT INTO {name} ({columns}) VALUES {values}");
            connection.execute(&statement).await
        }
    }
}

/// Rows in the text format of `COPY`.
fn lines(rows: &[Row]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for row in rows {
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                text.push('\t');
            }
            match value {
                Value::Null => text.push_str("\\N"),
                Value::Number(number) => write!(text, "{number}")?,
                Value::Text(word) => text.push_str(word),
                Value::Truth(truth) => write!(text, "{truth}")?,
            }
        }
        text.push('\n');
    }
    Ok(text)
}

/// Rows as `VALUES` takes them.
fn literals(rows: &[Row]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for row in rows {
        text.push_str(if text.is_empty() { "(" } else { ", (" });
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                text.push_str(", ");
            }
            match value {
                Value::Null => text.push_str("NULL"),
                Value::Number(number) => write!(text, "{number}")?,
                Value::Text(word) => write!(text, "'{word}'")?,
                Value::Truth(truth) => write!(text, "{truth}")?,
            }
        }
        text.push(')');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_for_both_databases() {
        let rows = [
            vec![1.into(), "杭州".into(), Value::Null],
            vec![2.into(), "a b".into(), true.into()],
        ];
        assert_eq!(lines(&rows).unwrap(), "1\t杭州\t\\N\n2\ta b\ttrue\n");
        assert_eq!(
            literals(&rows).unwrap(),
            "(1, '杭州', NULL), (2, 'a b', true)"
        );
    }
}
