//! The right to something of which there is one over all instances: a row in the database that
//! expires.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{
    context::{delta, insist},
    error::SyncError,
};
use crate::{
    clock::Clock,
    store::{Database, Lane, StoreError, Transaction, leases},
    telemetry::with_sources,
};

/// Who asks for rights, and on what terms.
#[derive(Clone, Copy)]
pub(super) struct Holder<'a> {
    pub db: &'a Database,
    pub clock: &'a dyn Clock,
    /// This process among all instances.
    pub instance: &'a str,
    /// How long a silent process keeps a right.
    pub ttl: Duration,
    /// How often to look whether another process is done.
    pub poll: Duration,
    /// Ends the waiting.
    pub stop: &'a CancellationToken,
}

/// A right, held until it is released or expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lease {
    name: String,
    fence: i64,
}

/// A lease, and whether somebody else had it first.
pub(super) struct Acquired {
    pub lease: Lease,
    pub waited: bool,
}

impl Lease {
    /// Waits until nobody else has the right to `name`, then holds it.
    pub async fn acquire(holder: Holder<'_>, name: String) -> Result<Acquired, SyncError> {
        let mut waited = false;
        while !holder.stop.is_cancelled() {
            if let Some(fence) = holder.try_acquire(&name).await? {
                let lease = Self { name, fence };
                return Ok(Acquired { lease, waited });
            }
            if !waited {
                holder.log_wait(&name).await;
            }
            waited = true;
            let pause = tokio::time::sleep(holder.poll);
            holder.stop.run_until_cancelled(pause).await;
        }
        Err(SyncError::Stopped)
    }

    /// Holds the lease on, as part of `tx`; `false` when it is another's by now.
    pub async fn renew_in(&self, tx: &Transaction, holder: Holder<'_>) -> Result<bool, StoreError> {
        let expires_at = holder.clock.now() + delta(holder.ttl);
        leases::renew(tx, &self.name, holder.instance, self.fence, expires_at).await
    }

    /// Holds the lease on while the platform is slow; returns only when it is lost.
    pub async fn keep(&self, holder: Holder<'_>) -> SyncError {
        loop {
            tokio::time::sleep(holder.ttl / 3).await;
            let renewed = holder
                .db
                .transaction(async |tx: &Transaction| self.renew_in(tx, holder).await);
            match renewed.await {
                Ok(true) => {}
                Ok(false) => return SyncError::LeaseLost,
                // The database may come back before the lease expires.
                Err(error) => tracing::warn!(
                    error = with_sources(&error),
                    lease = self.name,
                    "could not renew a lease"
                ),
            }
        }
    }

    /// Gives the right back. Failing that, it expires by itself.
    pub async fn release(self, holder: Holder<'_>) {
        let release = holder.db.transaction(async |tx: &Transaction| {
            leases::release(tx, &self.name, holder.instance, self.fence).await
        });
        if let Err(error) = release.await {
            tracing::warn!(
                error = with_sources(&error),
                lease = self.name,
                "could not release a lease; it will expire"
            );
        }
    }
}

impl Holder<'_> {
    /// Says for whom this waits: another run of this process, or another process.
    async fn log_wait(self, lease: &str) {
        match leases::owner(self.db.read(), lease).await {
            Ok(Some(owner)) if owner == self.instance => {
                tracing::info!(lease, "waiting for another run of this process to be done");
            }
            // Or it has been given back meanwhile.
            Ok(owner) => tracing::info!(
                lease,
                owner,
                "waiting for another process to be done, or for its lease to expire if it has died"
            ),
            Err(error) => tracing::warn!(
                error = with_sources(&error),
                lease,
                "waiting for a lease, and could not find out whose it is"
            ),
        }
    }

    async fn try_acquire(self, name: &str) -> Result<Option<i64>, SyncError> {
        insist(self.db, Lane::Short, async |tx: &Transaction| {
            let now = self.clock.now();
            Ok(leases::acquire(tx, name, self.instance, now, now + delta(self.ttl)).await?)
        })
        .await
    }
}
