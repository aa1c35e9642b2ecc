//! Whether the database takes writes, for whoever asks often: it is tried seldom.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use crate::{
    clock::Clock,
    store::{Database, StoreError, Trouble, probe},
    telemetry::with_sources,
};

/// How long what a probe came to holds.
const HOLDS: TimeDelta = TimeDelta::seconds(30);
/// How long a probe may take. The database is busy then, which does not keep it from being written.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tries to write, at most twice a minute. Clones share what they know.
#[derive(Debug, Clone)]
pub struct Readiness {
    db: Database,
    clock: Arc<dyn Clock>,
    probed_at: Arc<Mutex<Option<DateTime<Utc>>>>,
}

impl Readiness {
    /// One that knows nothing yet.
    #[must_use]
    pub fn new(db: Database, clock: Arc<dyn Clock>) -> Self {
        Self {
            db,
            clock,
            probed_at: Arc::default(),
        }
    }

    /// Why the database takes no writes, if it takes none: by the last probe, and by all writes since.
    pub async fn trouble(&self) -> Option<Trouble> {
        // Whoever comes while it is tried is answered by what is known.
        if let Ok(mut probed_at) = self.probed_at.try_lock() {
            let now = self.clock.now();
            let is_fresh = probed_at.is_some_and(|at| (at..at + HOLDS).contains(&now));
            if !is_fresh {
                self.probe(now).await;
                *probed_at = Some(now);
            }
        }
        self.db.health().trouble()
    }

    async fn probe(&self, now: DateTime<Utc>) {
        match tokio::time::timeout(PATIENCE, probe(&self.db, now)).await {
            // The first is noted where it arises.
            Ok(Ok(()) | Err(StoreError::Unwritable { .. })) => {}
            Ok(Err(error)) => {
                tracing::warn!(
                    error = with_sources(&error),
                    "could not find out whether the database takes writes"
                );
            }
            Err(_) => tracing::debug!("no turn to find out whether the database takes writes"),
        }
    }
}
