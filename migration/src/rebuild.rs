//! Changing what SQLite's `ALTER TABLE` cannot: the constraints of a table that exists.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, Statement},
};

/// Copies a table into one of another definition, and puts that in its place, in the order that SQLite
/// documents (<https://sqlite.org/lang_altertable.html#otheralter>). Rows, ids, indexes and triggers stay.
///
/// `redefine` gets the table's columns and constraints as SQL, and gives those to be. Foreign keys have to
/// be off: dropping the table would delete what refers to it.
pub async fn rebuild(
    manager: &SchemaManager<'_>,
    table: &'static str,
    redefine: impl FnOnce(&str) -> Option<String>,
) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let failed = |what: &str| DbErr::Migration(format!("{table}: {what}"));
    let foreign_keys = one(manager, "PRAGMA foreign_keys").await?;
    if foreign_keys.is_none_or(|on: i32| on != 0) {
        return Err(failed("foreign keys have to be off to change it"));
    }
    let parts = Statement::from_string(
        manager.get_database_backend(),
        format!(
            "SELECT type, sql FROM sqlite_schema WHERE tbl_name = '{table}' AND sql IS NOT NULL"
        ),
    );
    let mut definition = None;
    let mut others = Vec::new();
    for row in db.query_all_raw(parts).await? {
        let (kind, sql): (String, String) = (row.try_get_by(0)?, row.try_get_by(1)?);
        if kind == "table" {
            definition = Some(sql);
        } else {
            others.push(sql);
        }
    }
    let definition = definition.ok_or_else(|| failed("there is no such table"))?;
    let columns = definition
        .find('(')
        .and_then(|begin| redefine(&definition[begin..]));
    let columns = columns.ok_or_else(|| failed("its definition is not the expected one"))?;
    for statement in [
        format!(r#"CREATE TABLE "{table}_new" {columns}"#),
        format!(r#"INSERT INTO "{table}_new" SELECT * FROM "{table}""#),
        // An id that was used once is not used again.
        format!("DELETE FROM sqlite_sequence WHERE name = '{table}_new'"),
        format!(
            "INSERT INTO sqlite_sequence (name, seq)
             SELECT '{table}_new', seq FROM sqlite_sequence WHERE name = '{table}'"
        ),
        format!(r#"DROP TABLE "{table}""#),
        format!(r#"ALTER TABLE "{table}_new" RENAME TO "{table}""#),
    ]
    .into_iter()
    .chain(others)
    {
        db.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// The definition with, or without, `UNIQUE` on `column`; `None` where there is no such column, or it is
/// like that already.
pub fn with_unique(definition: &str, column: &str, unique: bool) -> Option<String> {
    const UNIQUE: &str = " UNIQUE";
    let begin = definition.find(&format!(r#""{column}" "#))?;
    let end = begin + definition[begin..].find([',', ')'])?;
    let present = &definition[begin..end];
    let wanted = if unique {
        (!present.contains(UNIQUE)).then(|| format!("{}{UNIQUE}", present.trim_end()))?
    } else {
        present
            .contains(UNIQUE)
            .then(|| present.replace(UNIQUE, ""))?
    };
    Some(format!(
        "{}{wanted}{}",
        &definition[..begin],
        &definition[end..]
    ))
}

/// The one value that a statement gives.
pub async fn one<T: sea_orm_migration::sea_orm::TryGetable>(
    manager: &SchemaManager<'_>,
    sql: &str,
) -> Result<Option<T>, DbErr> {
    let statement = Statement::from_string(manager.get_database_backend(), sql);
    let row = manager.get_connection().query_one_raw(statement).await?;
    row.map(|row| row.try_get_by(0)).transpose()
}
