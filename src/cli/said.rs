//! An error of a command, as people read it.

use crate::store;

/// What `error` says, with what led to it, each once. What the database says of itself is said without the
/// names of what wraps it, and what comes of it not again.
pub(super) fn said(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let reason = store::reason(cause);
        let is_last = reason.is_some();
        let part = reason.unwrap_or_else(|| cause.to_string());
        if parts.last() != Some(&part) {
            parts.push(part);
        }
        if is_last {
            break;
        }
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use sea_orm::DbErr;

    use super::*;
    use crate::store::{StoreError, Trouble};

    /// As services wrap what fails in the store.
    #[derive(Debug, thiserror::Error)]
    enum Wrapped {
        #[error(transparent)]
        Store(#[from] StoreError),
    }

    #[test]
    fn a_reason_is_said_once() {
        let migration = DbErr::Migration("it cannot be taken back".to_owned());
        let refused = StoreError::from(migration);
        assert_eq!(said(&refused.clone().into()), "it cannot be taken back");
        let wrapped = Err::<(), _>(Wrapped::from(refused)).context("a migration failed");
        assert_eq!(
            said(&wrapped.unwrap_err()),
            "a migration failed: it cannot be taken back"
        );
        let other = StoreError::from(DbErr::Custom("no such table: calls".to_owned()));
        assert_eq!(
            said(&other.into()),
            "the database failed: no such table: calls"
        );
        let read_only = StoreError::Unwritable {
            trouble: Trouble::ReadOnly,
            error: DbErr::Custom("cannot execute INSERT in a read-only transaction".to_owned()),
        };
        let text = said(&read_only.into());
        assert!(text.starts_with("the database is read-only: "), "{text}");
        assert_eq!(text.matches("read-only").count(), 1, "{text}");
        let twice = anyhow::anyhow!("no room").context("no room");
        assert_eq!(said(&twice), "no room");
    }
}
