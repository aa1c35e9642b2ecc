//! What can go wrong in the database, as far as callers need to tell cases apart.

use std::sync::Arc;

use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::domain::business_zone::OtherDays;

/// A statement failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another writer was in the way; the same transaction may succeed when tried again.
    #[error("the transaction met another one and has to be tried again")]
    Contended(#[source] DbErr),
    /// The write would break a unique key, a foreign key or a check.
    #[error("the write breaks a rule of the database")]
    Constraint(#[source] DbErr),
    /// The database could not be opened in the first place.
    #[error("the database cannot be opened")]
    Open(#[source] Arc<sqlx::Error>),
    /// The database could not be reached or gave no connection in time.
    #[error("the database cannot be reached")]
    Unavailable(#[source] DbErr),
    /// The business days of the database are not those that this process counts by.
    #[error(transparent)]
    OtherDays(#[from] OtherDays),
    /// A list was asked for by a field or relation that its table does not have: our mistake.
    #[error("there is no {0}")]
    Unknown(String),
    /// Anything else.
    #[error("the database failed")]
    Other(#[source] DbErr),
}

impl StoreError {
    /// Whether the whole transaction may be tried again.
    #[must_use]
    pub const fn is_contended(&self) -> bool {
        matches!(self, Self::Contended(_))
    }

    /// Whether the whole transaction may succeed a little later: another one was in the way, or the
    /// database is being restarted.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Contended(_) | Self::Unavailable(_))
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(kind) = error.sql_err() {
            return match kind {
                SqlErr::UniqueConstraintViolation(_) | SqlErr::ForeignKeyConstraintViolation(_) => {
                    Self::Constraint(error)
                }
                _ => Self::Other(error),
            };
        }
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unavailable(error),
            DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => match sqlstate(cause).as_deref() {
                Some(code) if CONTENDED.contains(&code) => Self::Contended(error),
                Some(code) if CHECK_VIOLATED.contains(&code) => Self::Constraint(error),
                Some(code) if UNAVAILABLE.contains(&code) => Self::Unavailable(error),
                _ if matches!(
                    cause.as_ref(),
                    sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_)
                ) =>
                {
                    Self::Unavailable(error)
                }
                _ => Self::Other(error),
            },
            _ => Self::Other(error),
        }
    }
}

/// PostgreSQL: serialization failure, deadlock. SQLite: busy, busy snapshot, locked.
const CONTENDED: [&str; 5] = ["40001", "40P01", "5", "517", "6"];
/// PostgreSQL: shut down by an administrator, after a crash, or not started yet; too many connections;
/// a statement or a lock that took too long, behind a rebuild for instance.
const UNAVAILABLE: [&str; 6] = ["57P01", "57P02", "57P03", "53300", "57014", "55P03"];
/// PostgreSQL and SQLite: a check constraint.
const CHECK_VIOLATED: [&str; 2] = ["23514", "275"];

fn sqlstate(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .map(std::borrow::Cow::into_owned)
}
