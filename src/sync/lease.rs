//! One reader a day over all instances: a row in the database that expires.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};

use super::{day::SyncError, run::Context};
use crate::{
    domain::sync::SyncTrack,
    store::{StoreError, Transaction, leases, sync_runs},
    telemetry::with_sources,
};

/// The right to read a day, held until it is released or expires.
#[derive(Debug)]
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
    /// Waits until nobody else reads `day`, then holds it.
    pub async fn acquire(
        context: &Context,
        track: SyncTrack,
        day: NaiveDate,
    ) -> Result<Acquired, SyncError> {
        let name = format!("{track}:{day}");
        let mut waited = false;
        loop {
            if let Some(fence) = try_acquire(context, &name).await? {
                let lease = Self { name, fence };
                return Ok(Acquired { lease, waited });
            }
            if !waited {
                tracing::warn!(
                    lease = name,
                    "waiting for another process that reads this day, or for its lease to expire if it has died"
                );
            }
            waited = true;
            tokio::time::sleep(context.options.lease_poll).await;
        }
    }

    /// Holds the lease on, as part of `tx`; `false` when it is another's by now.
    pub async fn renew_in(&self, tx: &Transaction, context: &Context) -> Result<bool, StoreError> {
        let expires_at = context.clock.now() + ttl(context);
        leases::renew(tx, &self.name, &context.instance, self.fence, expires_at).await
    }

    /// Holds the lease, and shows that the run lives, while the platform is slow; returns only when
    /// the lease is lost.
    pub async fn keep(&self, context: &Context, run_id: i64) -> SyncError {
        let pause = context.options.lease_ttl / 3;
        loop {
            tokio::time::sleep(pause).await;
            match self.renew(context, run_id).await {
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

    async fn renew(&self, context: &Context, run_id: i64) -> Result<bool, StoreError> {
        let work = async |tx: &Transaction| {
            sync_runs::heartbeat(tx, run_id, context.clock.now()).await?;
            self.renew_in(tx, context).await
        };
        context.db.transaction(work).await
    }

    /// Gives the day back. Failing that, it expires by itself.
    pub async fn release(self, context: &Context) {
        let release = context.db.transaction(async |tx| {
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

async fn try_acquire(context: &Context, name: &str) -> Result<Option<i64>, StoreError> {
    let now = context.clock.now();
    let work = async |tx: &Transaction| {
        leases::acquire(tx, name, &context.instance, now, now + ttl(context)).await
    };
    context.db.transaction(work).await
}

fn ttl(context: &Context) -> TimeDelta {
    delta(context.options.lease_ttl)
}

/// The same span of time, for instants.
pub(super) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
