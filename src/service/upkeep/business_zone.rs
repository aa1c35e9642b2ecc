//! Whose days the business days of the database are, and that this process counts by them.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    domain::{
        business_time::BusinessZone,
        business_zone::{OtherDays, fitting},
    },
    store::{Database, StoreError, Transaction, business_zones, schema},
    telemetry::with_sources,
};

/// The same database for a process that counts by the days of `zone`, if these are its days. Where no
/// zone is recorded yet, `zone` is, if the calls that are stored have its days. A database that has not
/// this program's schema yet is taken as it is: see [`watch`].
///
/// # Errors
/// [`StoreError::OtherDays`] where they are not, or when the database fails.
pub async fn settle(
    db: Database,
    zone: BusinessZone,
    clock: &dyn Clock,
) -> Result<Database, StoreError> {
    let mut stored = zone;
    if schema::is_current(db.read()).await? {
        stored = admit(&db, zone, clock).await?;
    }
    Ok(db.in_zone(stored))
}

/// The same as [`settle`], but where no zone is recorded yet it stays so: for commands that look or clean
/// up, which may run with another environment than the service.
///
/// # Errors
/// As [`settle`].
pub async fn check(db: Database, zone: BusinessZone) -> Result<Database, StoreError> {
    let stored = recorded(&db, zone).await?;
    Ok(db.in_zone(stored.unwrap_or(zone)))
}

/// The zone that is recorded, if there is one.
async fn recorded(db: &Database, zone: BusinessZone) -> Result<Option<BusinessZone>, StoreError> {
    if let Some(stored) = business_zones::find(db.read()).await? {
        return Ok(Some(stored.admit(zone)?));
    }
    let sample = business_zones::sample(db.read()).await?;
    if let Some(&stored) = sample.iter().find(|stored| !stored.fits(zone)) {
        return Err(OtherDays::Stored {
            configured: zone,
            stored,
            fitting: fitting(&sample, zone),
        }
        .into());
    }
    Ok(None)
}

async fn admit(
    db: &Database,
    zone: BusinessZone,
    clock: &dyn Clock,
) -> Result<BusinessZone, StoreError> {
    if let Some(stored) = recorded(db, zone).await? {
        return Ok(stored);
    }
    let recorded = db
        .transaction(async |tx: &Transaction| {
            business_zones::record(tx, zone, clock.now()).await?;
            business_zones::find(tx).await
        })
        .await?;
    tracing::info!(%zone, "the business days of this database are those of BUSINESS_TIMEZONE from now on");
    // Another instance may have been first.
    match recorded {
        Some(stored) => Ok(stored.admit(zone)?),
        None => Ok(zone),
    }
}

/// How often to look whether the days are moved: writers are refused at once, readers only by this.
const LOOK: Duration = Duration::from_secs(5);

/// Looks until `stop` that the days of the database are those of `zone`.
///
/// # Errors
/// When they no longer are: what this process answers from then on may be wrong.
pub async fn watch(
    db: Database,
    zone: BusinessZone,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<(), OtherDays> {
    let mut is_settled = false;
    while !stop.is_cancelled() {
        match look(&db, zone, &*clock, &mut is_settled).await {
            Ok(()) => {}
            Err(StoreError::OtherDays(reason)) => return Err(reason),
            // Whoever waits for the database will be told by others.
            Err(error) => tracing::debug!(
                error = with_sources(&error),
                "the recorded time zone could not be read"
            ),
        }
        stop.run_until_cancelled(tokio::time::sleep(LOOK)).await;
    }
    Ok(())
}

async fn look(
    db: &Database,
    zone: BusinessZone,
    clock: &dyn Clock,
    is_settled: &mut bool,
) -> Result<(), StoreError> {
    if *is_settled {
        if let Some(stored) = business_zones::find(db.read()).await? {
            stored.admit(zone)?;
        }
    } else if schema::is_current(db.read()).await? {
        // Somebody may have brought it to this program's schema just now.
        admit(db, zone, clock).await?;
        *is_settled = true;
    }
    Ok(())
}
