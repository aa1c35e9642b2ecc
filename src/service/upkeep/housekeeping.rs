//! Deleting once a day what is older than it has to be kept.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Days, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    domain::business_time::BusinessZone,
    service::retention::{RetentionOptions, RetentionReport, retain},
    store::{Database, StoreError, Transaction, leases},
    telemetry::with_sources,
};

/// Half past three in the morning, when nobody dials and nothing is scheduled.
const TIME_OF_DAY: TimeDelta = TimeDelta::minutes(3 * 60 + 30);
/// How often to look whether it is time.
const LOOK: Duration = Duration::from_mins(10);
/// Its lease, of which the tick says when it was last done.
const LEASE: &str = "retention";

/// Deletes what is old.
#[derive(Clone)]
pub struct Housekeeping {
    /// The database.
    pub db: Database,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The zone of business days.
    pub zone: BusinessZone,
    /// How long what is kept.
    pub options: RetentionOptions,
    /// This process among all instances.
    pub instance: String,
}

impl Housekeeping {
    /// Does it once a day until `stop`. A failure is logged, and tried again the next day.
    pub async fn follow(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.once(&stop).await {
                Ok(None) => {}
                Ok(Some(report)) if report.is_empty() => {
                    tracing::debug!("nothing is older than it has to be kept");
                }
                Ok(Some(report)) => tracing::info!(
                    raw_pages = report.raw_pages,
                    pushes = report.pushes,
                    runs = report.runs,
                    calls = report.calls,
                    finished = report.finished,
                    "what is older than it has to be kept was deleted"
                ),
                Err(error) => tracing::error!(
                    error = with_sources(&error),
                    "what is older than it has to be kept could not be deleted"
                ),
            }
            stop.run_until_cancelled(tokio::time::sleep(LOOK)).await;
        }
    }

    /// Does it if it is time, and no instance has done it since.
    ///
    /// # Errors
    /// When the database fails; what was deleted before stays deleted.
    pub async fn once(
        &self,
        stop: &CancellationToken,
    ) -> Result<Option<RetentionReport>, StoreError> {
        let now = self.clock.now();
        let claimed = self
            .db
            .transaction(async |tx: &Transaction| {
                let due = self.last_due(now);
                let fence = leases::acquire_tick(tx, LEASE, &self.instance, now, now, due).await?;
                Ok(fence.is_some())
            })
            .await?;
        if !claimed {
            return Ok(None);
        }
        let report = retain(&self.db, self.options, self.zone, now, stop).await?;
        Ok(Some(report))
    }

    fn last_due(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let today = self.zone.day_of(now);
        let at = self.zone.start_of(today) + TIME_OF_DAY;
        if at <= now {
            return at;
        }
        let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
        self.zone.start_of(yesterday) + TIME_OF_DAY
    }
}
