//! What all writes of people have in common: one transaction for the change, the figures and the
//! record of it, tried again when other writers were in the way, and refused with every problem.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{
    caller::{self, Claim, Lost},
    passwords::HashError,
};
use crate::{
    domain::{
        audit::Origin,
        business_time::BusinessZone,
        change::{Change, GivenId},
        principal::Principal,
        problem::{Code, Path, Problem, Problems},
        viewer::Viewer,
    },
    store::{
        Database, Lane, MaybeStoreError, Retry, Row, Rows, StoreError, Transaction, hold_rows,
        lock_row,
    },
};

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The input cannot be used; the caller can mend it.
    #[error("the input cannot be used")]
    Refused(Problems),
    /// The caller may not write any more.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// A password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WriteError {
    /// Refuses an input for one problem.
    pub(super) fn refused(path: Path, code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Refused(
            Problem {
                path,
                code,
                message,
            }
            .into(),
        )
    }
}

impl MaybeStoreError for WriteError {
    fn store(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Refused(_) | Self::Lost(_) | Self::Hash(_) => None,
        }
    }
}

/// The result of a write.
pub type Result<T, E = WriteError> = std::result::Result<T, E>;

/// Who writes where, and when.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// The database.
    pub db: &'a Database,
    /// The zone of business days.
    pub zone: BusinessZone,
    /// The present instant.
    pub now: DateTime<Utc>,
    /// Who.
    pub viewer: &'a Viewer,
    /// From where.
    pub origin: &'a Origin,
}

impl Writer<'_> {
    /// Does the work in one transaction, and again in a new one when other writers were in the way;
    /// see [`Database::retrying`].
    pub(super) async fn write<T>(
        &self,
        operation: &'static str,
        work: impl AsyncFnOnce(&Work) -> Result<T> + Copy,
    ) -> Result<T> {
        self.write_claiming(Claim::Nothing, operation, work).await
    }

    /// The same for what changes users and what they come in with, which claims some of it first.
    pub(super) async fn write_claiming<T>(
        &self,
        claim: Claim,
        operation: &'static str,
        work: impl AsyncFnOnce(&Work) -> Result<T> + Copy,
    ) -> Result<T> {
        Retry::FOREGROUND
            .run(|_| async {
                let open = self.begin(claim, operation).await?;
                // What was written goes with the transaction when it fails.
                let done = work(&open).await?;
                open.commit().await?;
                Ok(done)
            })
            .await
    }

    /// The one place where it is asked once more whether the caller may come in.
    async fn begin(&self, claim: Claim, operation: &'static str) -> Result<Work> {
        let tx = self.db.begin_in(Lane::People).await?;
        caller::check(&tx, self.viewer, claim, self.now).await?;
        Ok(Work {
            tx,
            zone: self.zone,
            now: self.now,
            actor: self.viewer.principal.clone(),
            role: self.viewer.role.into(),
            operation,
            origin: self.origin.clone(),
        })
    }
}

/// A write at work. It borrows nothing, so that futures which hold it can go from thread to thread.
pub(super) struct Work {
    /// Its transaction.
    pub tx: Transaction,
    /// The zone of business days.
    pub zone: BusinessZone,
    /// The present instant.
    pub now: DateTime<Utc>,
    /// Who it is.
    pub actor: Principal,
    /// The role of whoever it is.
    pub role: &'static str,
    /// The mutation.
    pub operation: &'static str,
    /// From where.
    pub origin: Origin,
}

impl Work {
    async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await.map_err(StoreError::from)?)
    }

    /// Locks the row that the input's field `name` refers to, or notes why there is none; `what`
    /// is the type's name.
    pub async fn lock_noting<E: Rows>(
        &self,
        name: &str,
        what: &str,
        id: &GivenId,
        problems: &mut Problems,
    ) -> Result<Option<Row<E>>> {
        let path = Path::input().field(name);
        match id {
            Err(message) => {
                problems.note(path, Code::InvalidId, message);
                Ok(None)
            }
            Ok(id) => {
                let row = lock_row::<E>(&self.tx, *id).await?;
                if row.is_none() {
                    problems.note(path, Code::NotFound, no(what));
                }
                Ok(row)
            }
        }
    }

    /// Locks the row that the input's field `id` refers to, and refuses the input when there is
    /// none.
    pub async fn lock<E: Rows>(&self, what: &str, id: &GivenId) -> Result<Row<E>> {
        let mut problems = Problems::default();
        let row = self.lock_noting::<E>("id", what, id, &mut problems).await?;
        accepted(row, problems)
    }

    /// Keeps the row that `id` refers to from being deleted, or notes that there is none. A
    /// malformed id is noted by whoever reads the field.
    pub async fn hold<E: Rows>(
        &self,
        name: &str,
        what: &str,
        id: &Change<GivenId>,
        problems: &mut Problems,
    ) -> Result<()> {
        if let Change::Set(Ok(id)) = id
            && hold_rows::<E>(&self.tx, [*id]).await?.is_empty()
        {
            problems.note(Path::input().field(name), Code::NotFound, no(what));
        }
        Ok(())
    }

    /// Which of these rows exist; those cannot be deleted meanwhile.
    pub async fn hold_all<E: Rows>(
        &self,
        ids: impl IntoIterator<Item = i64>,
    ) -> Result<HashSet<i64>> {
        let mut ids: Vec<i64> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(hold_rows::<E>(&self.tx, ids).await?)
    }
}

/// That an id refers to nothing.
pub(super) fn no(what: &str) -> String {
    format!("there is no {what} with this id")
}

/// Notes when a row is not in the version that the caller changed.
pub(super) fn check_version(expected: Option<i64>, present: i64, problems: &mut Problems) {
    if let Some(expected) = expected
        && expected != present
    {
        let message = format!(
            "somebody changed it meanwhile: it has version {present}, and {expected} was expected; read it again"
        );
        let path = Path::input().field("expectedVersion");
        problems.note(path, Code::Conflict, message);
    }
}

/// What was read, if there was nothing wrong with it.
pub(super) fn accepted<T>(read: Option<T>, problems: Problems) -> Result<T> {
    match read {
        Some(read) if problems.is_empty() => Ok(read),
        _ => Err(WriteError::Refused(problems)),
    }
}
