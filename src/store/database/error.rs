//! What can go wrong in the database, as far as callers need to tell cases apart.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::{domain::business_zone::OtherDays, store::DatabasePlace};

/// A statement failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another writer was in the way; the same transaction may succeed when tried again.
    #[error("the transaction met another one and has to be tried again")]
    Contended(#[source] DbErr),
    /// The write would break a unique key, a foreign key or a check.
    #[error("the write breaks a rule of the database")]
    Constraint(#[source] DbErr),
    /// The database could not be opened in the first place: which one, and why.
    #[error("{0}")]
    Open(String),
    /// Too many wait to write already. Nothing was begun.
    #[error("too many writes are waiting; try again in {} s", retry_after.as_secs().max(1))]
    Busy {
        /// When those that wait now should have had their turn.
        retry_after: Duration,
    },
    /// The database takes no writes at present, whoever they are of.
    #[error("{trouble}")]
    Unwritable {
        /// Why.
        trouble: Trouble,
        /// What the database said.
        #[source]
        error: DbErr,
    },
    /// The database could not be reached or gave no connection in time.
    #[error("the database cannot be reached")]
    Unavailable(#[source] DbErr),
    /// The business days of the database are not those that this process counts by.
    #[error(transparent)]
    OtherDays(#[from] OtherDays),
    /// A list was asked for by a field or relation that its table does not have: our mistake.
    #[error("there is no {0}")]
    Unknown(String),
    /// A migration that cannot be done, or taken back: the reason.
    #[error("{}", words(.0))]
    Refused(#[source] DbErr),
    /// Anything else.
    #[error("the database failed")]
    Other(#[source] DbErr),
}

/// Why the database takes no writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No room is left.
    #[error("the database's disk is full: somebody has to make room on it")]
    DiskFull,
    /// It may be read only: a standby, a file without the right to write, or switched so.
    #[error("the database is read-only: somebody has to look at it")]
    ReadOnly,
    /// Its disk fails.
    #[error("the database's disk fails: somebody has to look at it and at the database's log")]
    DiskFails,
}

impl StoreError {
    /// That the database in this place cannot be opened, in one sentence.
    pub(in crate::store) fn cannot_open(place: &DatabasePlace, error: &sqlx::Error) -> Self {
        Self::Open(format!("cannot open {place}: {}", words_of_sqlx(error)))
    }

    /// Whether the whole transaction may be tried again.
    #[must_use]
    pub const fn is_contended(&self) -> bool {
        matches!(self, Self::Contended(_))
    }

    /// Whether the whole transaction may succeed a little later: another one was in the way, or the
    /// database is being restarted.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Contended(_) | Self::Unavailable(_) | Self::Busy { .. }
        )
    }
}

fn words_of_sqlx(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Tls(error) => format!("no encrypted connection: {error}"),
        error => error.to_string(),
    }
}

/// What is wrong, without the names of what wraps it.
fn words(error: &DbErr) -> String {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => words_of_sqlx(error),
        DbErr::Migration(reason) | DbErr::Custom(reason) => reason.clone(),
        error => error.to_string(),
    }
}

/// What `error` says, if it is the database's own, in a few words: of one that takes no writes, why.
#[must_use]
pub fn reason(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(StoreError::Unwritable { trouble, .. }) = error.downcast_ref() {
        return Some(trouble.to_string());
    }
    let error = error.downcast_ref::<DbErr>()?;
    Some(match StoreError::from(error.clone()) {
        StoreError::Unwritable { trouble, .. } => trouble.to_string(),
        _ => words(error),
    })
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
            DbErr::Migration(_) => Self::Refused(error),
            DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => match sqlstate(cause).as_deref() {
                Some(code) if CONTENDED.contains(&code) => Self::Contended(error),
                Some(code) if CHECK_VIOLATED.contains(&code) => Self::Constraint(error),
                Some(code) if UNAVAILABLE.contains(&code) => Self::Unavailable(error),
                Some(code) => match trouble(code) {
                    Some(trouble) => Self::Unwritable { trouble, error },
                    None => Self::Other(error),
                },
                None if matches!(
                    cause.as_ref(),
                    sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_)
                ) =>
                {
                    Self::Unavailable(error)
                }
                None => Self::Other(error),
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

/// PostgreSQL: disk full, read-only transaction, input/output error. SQLite says more in the upper bits of
/// its numbers: SQLITE_FULL, SQLITE_READONLY, SQLITE_IOERR.
fn trouble(code: &str) -> Option<Trouble> {
    match code {
        "53100" => return Some(Trouble::DiskFull),
        "25006" => return Some(Trouble::ReadOnly),
        "58030" => return Some(Trouble::DiskFails),
        code if code.len() >= 5 => return None,
        _ => {}
    }
    match code.parse::<u32>().ok()? & 0xff {
        13 => Some(Trouble::DiskFull),
        8 => Some(Trouble::ReadOnly),
        10 => Some(Trouble::DiskFails),
        _ => None,
    }
}

fn sqlstate(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_all_writers_out_is_known_by_its_code() {
        for (code, expected) in [
            ("53100", Some(Trouble::DiskFull)),
            ("13", Some(Trouble::DiskFull)),
            ("25006", Some(Trouble::ReadOnly)),
            ("8", Some(Trouble::ReadOnly)),
            // The file was moved, and is not the one in the folder any more.
            ("1032", Some(Trouble::ReadOnly)),
            ("58030", Some(Trouble::DiskFails)),
            // A write that failed, and a sync.
            ("778", Some(Trouble::DiskFails)),
            ("1034", Some(Trouble::DiskFails)),
            // A unique key, a busy database, no such table.
            ("23505", None),
            ("2067", None),
            ("5", None),
            ("1", None),
        ] {
            assert_eq!(trouble(code), expected, "{code}");
        }
    }
}
