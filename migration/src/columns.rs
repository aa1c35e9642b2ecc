//! Columns and constraints that many tables share.

use sea_orm_migration::{prelude::*, schema::*};

/// `created_at` and `updated_at`, set by the program from its clock.
pub fn timestamps(table: &mut TableCreateStatement) -> &mut TableCreateStatement {
    table
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
}

/// A check that `column` holds one of `words`.
pub fn one_of(column: &'static str, words: &[&'static str]) -> Expr {
    Expr::col(column).is_in(words.iter().copied())
}

/// A check that `column` is not below zero.
pub fn not_negative(column: &'static str) -> Expr {
    Expr::col(column).gte(0)
}

/// A foreign key of `table`, named after its column.
pub fn foreign_key(
    table: &'static str,
    column: &'static str,
    to: (&'static str, &'static str),
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(table, column)
        .to(to.0, to.1)
        .on_delete(on_delete)
        .to_owned()
}

/// An index of `table`, named after its columns.
pub fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index
        .name(format!("ix_{table}_{}", columns.join("_")))
        .table(table);
    for &column in columns {
        index.col(column);
    }
    index
}
