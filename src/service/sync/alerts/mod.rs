//! Telling people when synchronisation or the database is in trouble, and when that is over.
//!
//! Twice a minute one instance looks at what the database says of days, tracks and runs, notes what is
//! wrong or over, and in the same transaction what is to be told. Every instance sends what is to be
//! told, each message by one of them at a time. A message may come twice, when a process ends between
//! sending it and noting that; it is never lost.

mod database;
mod outbox;
mod watch;

pub use database::DatabaseWatch;
pub use outbox::{Channels, Outbox, OutboxError};
pub use watch::{Timetable, Watch};

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    domain::{alert::AlertRules, business_time::BusinessZone},
    store::Database,
    telemetry::with_sources,
};

/// How long after the start to look for the first time.
const LOOK_AFTER: Duration = Duration::from_mins(1);
/// How often to look what is wrong, or over.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How often to look for messages that another instance wrote, or that are to be tried again.
const SEND_EVERY: Duration = Duration::from_secs(10);

/// What watching needs.
pub struct AlertParts {
    /// The database.
    pub db: Database,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The zone of business days.
    pub zone: BusinessZone,
    /// When people are told.
    pub rules: AlertRules,
    /// When days are read; none where nothing is synchronised, and nothing is told of it.
    pub timetable: Option<Arc<dyn Timetable>>,
    /// How people are told.
    pub channels: Channels,
    /// This process among all instances.
    pub instance: String,
}

/// Watches, and tells people.
pub struct Alerts {
    /// Looks what is wrong.
    pub watch: Watch,
    /// Sends what is to be told.
    pub outbox: Outbox,
    /// Looks whether the database takes writes, and tells by itself.
    pub database: DatabaseWatch,
    /// There is something new to be told.
    news: Notify,
}

impl Alerts {
    /// Watches and tells as `parts` say.
    #[must_use]
    pub fn new(parts: AlertParts) -> Self {
        let outbox = Outbox::new(
            parts.db.clone(),
            parts.clock.clone(),
            parts.channels.clone(),
            parts.zone,
            parts.instance.clone(),
        );
        Self {
            database: DatabaseWatch::new(&parts),
            watch: Watch::new(parts),
            outbox,
            news: Notify::new(),
        }
    }

    /// Watches and tells until `stop`. What is being sent then is sent again by the next process. Where
    /// nothing is synchronised, only the database is watched.
    pub async fn follow(&self, stop: &CancellationToken) {
        if !self.watch.has_timetable() {
            stop.run_until_cancelled(self.watch_the_database()).await;
            return;
        }
        let work = async {
            tokio::join!(
                self.look_again_and_again(),
                self.send_again_and_again(),
                self.watch_the_database(),
            )
        };
        // A future of this size is moved once.
        stop.run_until_cancelled(Box::pin(work)).await;
    }

    async fn look_again_and_again(&self) {
        // First of all whatever was missed while nobody was there gets a chance to be made up for.
        tokio::time::sleep(LOOK_AFTER).await;
        loop {
            match self.watch.look().await {
                Ok(told) if told.count() > 0 => self.news.notify_one(),
                Ok(_) => {}
                Err(error) => tracing::error!(
                    error = with_sources(&error),
                    "could not look whether something is wrong with synchronisation"
                ),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn watch_the_database(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.database.look().await;
        }
    }

    async fn send_again_and_again(&self) {
        loop {
            if let Err(error) = self.outbox.send_due().await {
                tracing::error!(error = with_sources(&error), "could not send alerts");
            }
            // What was just noted is sent at once.
            let _ = tokio::time::timeout(SEND_EVERY, self.news.notified()).await;
        }
    }
}
