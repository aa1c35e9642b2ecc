//! The right to something of which there is one over all instances: a row in the database that
//! expires.

use super::{
    context::{Context, insist},
    error::SyncError,
};
use crate::{
    store::{StoreError, Transaction, leases},
    telemetry::with_sources,
};

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
    pub async fn acquire(context: &Context, name: String) -> Result<Acquired, SyncError> {
        let mut waited = false;
        loop {
            if let Some(fence) = try_acquire(context, &name).await? {
                let lease = Self { name, fence };
                return Ok(Acquired { lease, waited });
            }
            if !waited {
                tracing::info!(
                    lease = name,
                    "waiting for another process to be done, or for its lease to expire if it has died"
                );
            }
            waited = true;
            if !context.pause(context.options.lease_poll).await {
                return Err(SyncError::Stopped);
            }
        }
    }

    /// Holds the lease on, as part of `tx`; `false` when it is another's by now.
    pub async fn renew_in(&self, tx: &Transaction, context: &Context) -> Result<bool, StoreError> {
        let expires_at = context.expiry();
        leases::renew(tx, &self.name, &context.instance, self.fence, expires_at).await
    }

    /// Holds the lease on while the platform is slow; returns only when it is lost.
    pub async fn keep(&self, context: &Context) -> SyncError {
        let pause = context.options.lease_ttl / 3;
        loop {
            tokio::time::sleep(pause).await;
            let renewed = context
                .db
                .transaction(async |tx: &Transaction| self.renew_in(tx, context).await);
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
    pub async fn release(self, context: &Context) {
        let release = context.db.transaction(async |tx: &Transaction| {
            leases::release(tx, &self.name, &context.instance, self.fence).await
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

async fn try_acquire(context: &Context, name: &str) -> Result<Option<i64>, SyncError> {
    insist!(context, |tx| {
        let (now, until) = (context.clock.now(), context.expiry());
        leases::acquire(tx, name, &context.instance, now, until).await?
    })
}
