//! Looking whether something is wrong, and noting what is to be told.

use std::sync::Arc;

use chrono::{DateTime, Days, DurationRound as _, NaiveDate, TimeDelta, Utc};
use strum::VariantArray as _;

use super::{AlertParts, Channels};
use crate::{
    clock::Clock,
    domain::{
        alert::{
            AlertEvent, AlertKind, AlertRules, ChangedAlert, Condition, DueRead, GIVEN_UP_AFTER,
            GRADE_DAYS, KnownAlert, Observed, Step, conditions, judge, recovered,
        },
        business_time::{BusinessZone, DayRange},
        sync::SyncTrack,
    },
    service::grade_stats::unknown_grades,
    store::{
        Database, StoreError, Transaction, alert_deliveries,
        alerts::{self, TrackReads},
        leases, sync_tracks,
    },
};

/// When the schedule reads today. Implemented by `sync`.
pub trait Timetable: Send + Sync {
    /// The last time up to `by` at which `track` of the day that holds `by` should have been read;
    /// `None` when there was none yet.
    fn last_read_due(&self, track: SyncTrack, by: DateTime<Utc>) -> Option<DateTime<Utc>>;
}

/// Looks whether something is wrong.
pub struct Watch {
    db: Database,
    clock: Arc<dyn Clock>,
    zone: BusinessZone,
    rules: AlertRules,
    /// None where nothing is synchronised.
    timetable: Option<Arc<dyn Timetable>>,
    channels: Channels,
    instance: String,
}

/// What looking came to, for the log.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Told(Vec<(AlertEvent, AlertKind, String)>);

impl Told {
    /// How many events people are told of.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    fn log(&self) {
        for (event, kind, message) in &self.0 {
            match event {
                AlertEvent::Opened | AlertEvent::Repeated => {
                    tracing::warn!(alert.kind = %kind, alert.event = %event, "{message}");
                }
                AlertEvent::Resolved => {
                    tracing::info!(alert.kind = %kind, alert.event = %event, "{message}");
                }
            }
        }
    }
}

/// The last days, up to `today`.
fn grade_days(today: NaiveDate) -> Option<DayRange> {
    let first = today.checked_sub_days(Days::new(u64::from(GRADE_DAYS) - 1))?;
    DayRange::new(first, today)
}

impl Watch {
    pub(super) fn new(parts: AlertParts) -> Self {
        Self {
            db: parts.db,
            clock: parts.clock,
            zone: parts.zone,
            rules: parts.rules,
            timetable: parts.timetable,
            channels: parts.channels,
            instance: parts.instance,
        }
    }

    /// Whether this process synchronises anything.
    pub(super) const fn has_timetable(&self) -> bool {
        self.timetable.is_some()
    }

    /// Looks, unless another instance did in this half of a minute; notes what is wrong and what is over, with what
    /// is to be told. A process that synchronises nothing leaves that to those that do.
    ///
    /// # Errors
    /// When the database fails; nothing is noted then.
    pub async fn look(&self) -> Result<Told, StoreError> {
        if !self.has_timetable() {
            return Ok(Told::default());
        }
        let now = self.clock.now();
        let turn_of = now.duration_trunc(TimeDelta::seconds(30)).unwrap_or(now);
        let told = self
            .db
            .transaction(async |tx: &Transaction| {
                // Held by the transaction, so that two instances never look at the same time.
                let turn = leases::acquire_tick(tx, "alerts", &self.instance, now, now, turn_of);
                match turn.await? {
                    Some(_) => self.note(tx, now).await,
                    None => Ok(Told::default()),
                }
            })
            .await?;
        told.log();
        Ok(told)
    }

    async fn note(&self, tx: &Transaction, now: DateTime<Utc>) -> Result<Told, StoreError> {
        let observed = self.observe(tx, now).await?;
        let known = alerts::known(tx, now - self.rules.quiet).await?;
        let is_undecided = |alert: &KnownAlert| {
            let due = observed.due.iter();
            let mut due = due.filter(|due| due.track.to_string() == alert.subject);
            alert.kind == AlertKind::Lag && due.all(|due| due.due_at.is_none())
        };
        let now_wrong = conditions(&observed, self.zone);
        let mut told = Told::default();
        for step in judge(&known, now_wrong, is_undecided, &self.rules, now) {
            match step {
                Step::Open(condition) => self.open(tx, &condition, now, &mut told).await?,
                Step::Change(changed) => {
                    if let Some(alert) = known.iter().find(|alert| alert.id == changed.id) {
                        self.change(tx, alert, &changed, now, &mut told).await?;
                    }
                }
            }
        }
        let reason = "no instance has this channel any more";
        let given_up = alert_deliveries::give_up(tx, now - GIVEN_UP_AFTER, reason, now).await?;
        if given_up > 0 {
            tracing::error!(messages = given_up, "alerts could not be sent for a day");
        }
        Ok(told)
    }

    async fn observe(&self, tx: &Transaction, now: DateTime<Utc>) -> Result<Observed, StoreError> {
        let today = self.zone.day_of(now);
        let reads = alerts::track_reads(tx, today).await?;
        let reads_of = |track| {
            reads
                .iter()
                .find(|reads: &&TrackReads| reads.track == track)
        };
        let tracks = sync_tracks::list(tx).await?;
        let tracks = tracks.into_iter().map(|row| {
            let read_at = reads_of(row.track).and_then(|reads| reads.read_at);
            sync_tracks::observed(row, read_at)
        });
        let due = SyncTrack::VARIANTS.iter().map(|&track| DueRead {
            track,
            due_at: self.due_at(track, now),
            synced_through: reads_of(track).and_then(|reads| reads.synced_through),
        });
        Ok(Observed {
            days: alerts::failed_days(tx).await?,
            tracks: tracks.collect(),
            due: due.collect(),
            runs: alerts::silent_runs(tx, now - self.rules.silence, now).await?,
            unknown_grades: match grade_days(today) {
                Some(days) => unknown_grades(tx, days).await?,
                None => Vec::new(),
            },
        })
    }

    /// The last time at which today should have been read, if that is long enough ago.
    fn due_at(&self, track: SyncTrack, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let by = now - self.rules.lag;
        if self.zone.day_of(by) != self.zone.day_of(now) {
            return None;
        }
        self.timetable.as_ref()?.last_read_due(track, by)
    }

    async fn open(
        &self,
        tx: &Transaction,
        condition: &Condition,
        now: DateTime<Utc>,
        told: &mut Told,
    ) -> Result<(), StoreError> {
        let alert = alerts::open(tx, condition, now).await?;
        let event = AlertEvent::Opened;
        alert_deliveries::add(tx, alert.id, event, &self.channels.kinds(), now).await?;
        told.0.push((event, alert.kind, alert.message));
        Ok(())
    }

    async fn change(
        &self,
        tx: &Transaction,
        alert: &KnownAlert,
        changed: &ChangedAlert,
        now: DateTime<Utc>,
        told: &mut Told,
    ) -> Result<(), StoreError> {
        alerts::change(tx, changed, now).await?;
        if let Some(event) = changed.tell {
            alert_deliveries::add(tx, changed.id, event, &self.channels.kinds(), now).await?;
            let message = if event == AlertEvent::Resolved {
                recovered(alert.kind, &alert.about, now - alert.opened_at)
            } else {
                changed.message.clone()
            };
            told.0.push((event, alert.kind, message.en));
        }
        Ok(())
    }
}
