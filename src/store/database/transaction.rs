//! A transaction that may write, and that tells what it changed once that is committed.

use std::sync::{Mutex, PoisonError};

use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, ExecResult, QueryResult,
    Statement,
};

use crate::{
    domain::business_time::BusinessZone,
    store::{
        StoreError,
        changes::{Change, Changes},
        health::WriteHealth,
        statistics::Growth,
        write_queue::Place,
    },
};

/// An open transaction, as the store's write functions ask for. When it is dropped without
/// [`Self::commit`], all that it did is undone, and nobody is told of it.
#[derive(Debug)]
pub struct Transaction {
    inner: DatabaseTransaction,
    changes: Changes,
    noted: Mutex<Vec<Change>>,
    zone: Option<BusinessZone>,
    health: WriteHealth,
    growth: Growth,
    /// Given back after all else: the next writer finds the connection free.
    _place: Place,
}

impl Transaction {
    pub(in crate::store) fn new(
        inner: DatabaseTransaction,
        changes: Changes,
        zone: Option<BusinessZone>,
        health: WriteHealth,
        growth: Growth,
        place: Place,
    ) -> Self {
        Self {
            inner,
            changes,
            noted: Mutex::default(),
            zone,
            health,
            growth,
            _place: place,
        }
    }

    /// Whose days the process counts by that writes, if it does.
    pub(in crate::store) const fn zone(&self) -> Option<BusinessZone> {
        self.zone
    }

    /// How many calls this process has added.
    pub(in crate::store) const fn growth(&self) -> &Growth {
        &self.growth
    }

    /// Notes a failure of a kind that every writer would meet.
    fn noting<T>(&self, done: Result<T, DbErr>) -> Result<T, DbErr> {
        if let Err(error) = &done {
            self.health.failed(&StoreError::from(error.clone()));
        }
        done
    }

    /// What migrations work in.
    pub(in crate::store) const fn inner(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// Notes what subscribers have to be told once this is committed.
    pub(in crate::store) fn note(&self, change: Change) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.push(change);
    }

    /// Keeps all that was written, and tells subscribers.
    ///
    /// # Errors
    /// When the database fails. Whether all or nothing was kept is not known then.
    pub async fn commit(self) -> Result<(), DbErr> {
        let noted = self.noted.into_inner();
        // From here on it may be kept, even if nobody waits for the end of this any more or the
        // answer is lost: one telling too many does no harm.
        let _telling = Telling {
            noted: noted.unwrap_or_else(PoisonError::into_inner),
            changes: self.changes,
        };
        let committed = self.inner.commit().await;
        if let Err(error) = &committed {
            self.health.failed(&StoreError::from(error.clone()));
        }
        committed
    }
}

/// Tells what was noted when it is dropped.
struct Telling {
    noted: Vec<Change>,
    changes: Changes,
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.changes.tell(std::mem::take(&mut self.noted));
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.noting(self.inner.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.noting(self.inner.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.noting(self.inner.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.noting(self.inner.query_all_raw(statement).await)
    }

    fn support_returning(&self) -> bool {
        self.inner.support_returning()
    }
}
