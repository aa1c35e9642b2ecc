//! Trying again what other writers, or the database for the moment, were in the way of.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::store::{Database, Lane, StoreError, Transaction};

/// How often something is tried again, after which errors of the database, and after which pauses.
#[derive(Debug, Clone, Copy)]
pub struct Retry<'a> {
    /// Most times that it is tried again.
    times: u32,
    /// The first pause; each is twice the one before.
    pause: Duration,
    /// Whether it is, after this error.
    is_passing: fn(&StoreError) -> bool,
    /// Ends it.
    stop: Option<&'a CancellationToken>,
}

impl Retry<'static> {
    /// Of a write whose answer somebody waits for: at once, when other writers were in the way.
    pub const FOREGROUND: Self = Self::new(4, 0, StoreError::is_contended);
    /// Of work in many transactions that nobody waits for: at once, when other writers were in the way.
    pub const BATCHES: Self = Self::new(10, 0, StoreError::is_contended);
    /// Of what synchronisation notes: when other writers were in the way, or the database is being
    /// restarted. 12.7 s in all, within the time that a lease holds.
    pub const LEDGER: Self = Self::new(7, 100, StoreError::is_passing);
    /// Of the start of a scheduled job: after any error.
    pub const SCHEDULE: Self = Self::new(5, 2_000, |_| true);

    const fn new(times: u32, pause_ms: u64, is_passing: fn(&StoreError) -> bool) -> Self {
        Self {
            times,
            pause: Duration::from_millis(pause_ms),
            is_passing,
            stop: None,
        }
    }
}

impl<'a> Retry<'a> {
    /// The same, but nothing is tried again once `stop` is cancelled.
    #[must_use]
    pub const fn until(self, stop: &'a CancellationToken) -> Self {
        Self {
            stop: Some(stop),
            ..self
        }
    }

    /// What `attempt` comes to, which gets the number of the attempt, from 1.
    ///
    /// # Errors
    /// What the last attempt failed with.
    pub async fn run<T, E: MaybeStoreError, F: Future<Output = Result<T, E>>>(
        self,
        attempt: impl Fn(u32) -> F,
    ) -> Result<T, E> {
        let (mut number, mut pause) = (1, self.pause);
        loop {
            let done = attempt(number).await;
            let error = done.as_ref().err().and_then(E::store);
            let is_over = number > self.times || !error.is_some_and(self.is_passing);
            if is_over || !self.wait(pause).await {
                return done;
            }
            number += 1;
            pause *= 2;
        }
    }

    /// Waits; `false` when it is to end.
    async fn wait(self, pause: Duration) -> bool {
        let paused = async {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        };
        if let Some(stop) = self.stop {
            stop.run_until_cancelled(paused).await.is_some()
        } else {
            paused.await;
            true
        }
    }
}

/// An error that may be the database's.
pub trait MaybeStoreError: From<StoreError> {
    /// The database's error.
    fn store(&self) -> Option<&StoreError>;
}

impl MaybeStoreError for StoreError {
    fn store(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl Database {
    /// Does `work` in a transaction when it is the turn of `lane`: all of it, or nothing when it fails;
    /// again, in a new transaction, as `retry` says.
    ///
    /// `work` is called by value and can be copied, because the future of a closure that is called more
    /// than once cannot be sent between threads if it borrows anything.
    ///
    /// # Errors
    /// What `work` fails with the last time, or when the transaction cannot be opened or committed.
    pub async fn retrying<T, E: MaybeStoreError>(
        &self,
        retry: Retry<'_>,
        lane: Lane,
        work: impl AsyncFnOnce(&Transaction) -> Result<T, E> + Copy,
    ) -> Result<T, E> {
        retry
            .run(|_| async {
                let tx = self.begin_in(lane).await?;
                let done = work(&tx).await?;
                tx.commit().await.map_err(StoreError::from)?;
                Ok(done)
            })
            .await
    }
}
