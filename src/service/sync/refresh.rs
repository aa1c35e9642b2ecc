//! Asking for a synchronisation, whoever carries it out.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    domain::{
        business_time::DayRange,
        sync::{SyncTrack, SyncTrigger, SyncWindow},
    },
    store::{StoreError, sync_runs::SyncRunRow},
};

/// Most days of one request.
pub const MAX_DAYS: i64 = 92;

/// A run that was started, or was at work on the same days already.
#[derive(Debug, Clone)]
pub struct StartedRun {
    /// The run as it is now.
    pub run: SyncRunRow,
    /// Whether it was at work already.
    pub joined: bool,
}

/// Why no run was started.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RefreshError {
    /// There is no platform to ask.
    #[error(
        "the calling platform is not configured: set GUANKE_USERNAME and GUANKE_PASSWORD, or GUANKE_API_SECRET"
    )]
    NotConfigured,
    /// The program is about to end.
    #[error("the service is shutting down")]
    ShuttingDown,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Starts synchronisations. Implemented by `sync`.
#[async_trait]
pub trait Refresher: Send + Sync {
    /// The process that would carry a run out.
    ///
    /// # Errors
    /// Why none can be started.
    fn instance(&self) -> Result<&str, RefreshError>;

    /// Starts a run of `track` over `days` in the background, or joins one that covers them.
    async fn start(
        &self,
        track: SyncTrack,
        days: DayRange,
        trigger: SyncTrigger,
    ) -> Result<StartedRun, RefreshError>;

    /// Carries a run that was just recorded as this instance's out in the background.
    fn carry_out(&self, run: SyncRunRow);

    /// When the schedule will next start a run of `window` on `track`, seen from `now`; `None` when
    /// it will not.
    fn next_run(
        &self,
        track: SyncTrack,
        window: SyncWindow,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>>;

    /// When the schedule will next read `day` on `track`, seen from `now`; `None` when it will not.
    fn next_scheduled(
        &self,
        track: SyncTrack,
        day: NaiveDate,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>>;
}

/// Where there is no platform: nothing is ever started.
#[derive(Debug, Clone, Copy)]
pub struct NoPlatform;

#[async_trait]
impl Refresher for NoPlatform {
    fn instance(&self) -> Result<&str, RefreshError> {
        Err(RefreshError::NotConfigured)
    }

    fn carry_out(&self, run: SyncRunRow) {
        tracing::error!(sync.run = run.id, "there is no platform to carry a run out");
    }

    fn next_run(&self, _: SyncTrack, _: SyncWindow, _: DateTime<Utc>) -> Option<DateTime<Utc>> {
        None
    }

    async fn start(
        &self,
        _: SyncTrack,
        _: DayRange,
        _: SyncTrigger,
    ) -> Result<StartedRun, RefreshError> {
        Err(RefreshError::NotConfigured)
    }

    fn next_scheduled(
        &self,
        _: SyncTrack,
        _: NaiveDate,
        _: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        None
    }
}

/// The days that somebody asked for, checked.
///
/// # Errors
/// Every problem with them, as field, code and message.
pub fn requested_days(
    date: Option<NaiveDate>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<DayRange, DaysError> {
    let (from, to, fields) = match (date, from, to) {
        (Some(date), None, None) => (date, date, ("date", "date")),
        (None, Some(from), Some(to)) => (from, to, ("from", "to")),
        (None, None, Some(_)) => return Err(DaysError::Missing("from")),
        (None, Some(_), None) => return Err(DaysError::Missing("to")),
        (None, None, None) => return Err(DaysError::Missing("date")),
        (Some(_), _, _) => return Err(DaysError::DateAndRange),
    };
    if to > today {
        return Err(DaysError::Future {
            field: fields.1,
            today,
        });
    }
    let range = DayRange::new(from, to).ok_or(DaysError::Backwards)?;
    if range.days() > MAX_DAYS {
        return Err(DaysError::TooMany(range.days()));
    }
    Ok(range)
}

/// Days that cannot be refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DaysError {
    /// Neither a day nor a range, or half a range.
    #[error("give either `date`, or both `from` and `to`")]
    Missing(&'static str),
    /// Both a day and a range.
    #[error("give either `date`, or `from` and `to`, not both")]
    DateAndRange,
    /// The end lies before the start.
    #[error("`to` must not lie before `from`")]
    Backwards,
    /// A day that has not begun.
    #[error("`{field}` must not lie in the future: today is {today}")]
    Future {
        /// Which field.
        field: &'static str,
        /// The business day it is.
        today: NaiveDate,
    },
    /// More days than a request may ask for.
    #[error("at most {MAX_DAYS} days can be refreshed at once, and {0} were asked for")]
    TooMany(i64),
}

impl DaysError {
    /// The input field to mend.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Missing(field) | Self::Future { field, .. } => field,
            Self::DateAndRange => "date",
            Self::Backwards | Self::TooMany(_) => "to",
        }
    }

    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing(_) => "REQUIRED",
            Self::DateAndRange => "CONFLICTING",
            Self::Backwards => "RANGE_REVERSED",
            Self::Future { .. } => "IN_THE_FUTURE",
            Self::TooMany(_) => "TOO_MANY_DAYS",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_or_a_range_up_to_today_is_taken_and_anything_else_is_refused() {
        let today = day("2026-11-20");
        let days = |date, from, to| requested_days(date, from, to, today).map(DayRange::days);
        assert_eq!(days(Some(day("2026-11-20")), None, None), Ok(1));
        assert_eq!(
            days(None, Some(day("2026-11-11")), Some(day("2026-11-20"))),
            Ok(10)
        );
        assert_eq!(days(None, None, None), Err(DaysError::Missing("date")));
        assert_eq!(
            days(None, Some(day("2026-11-11")), None),
            Err(DaysError::Missing("to"))
        );
        assert_eq!(
            days(Some(day("2026-11-20")), Some(day("2026-11-20")), None),
            Err(DaysError::DateAndRange)
        );
        assert_eq!(
            days(None, Some(day("2026-11-20")), Some(day("2026-11-19"))),
            Err(DaysError::Backwards)
        );
        assert_eq!(
            days(Some(day("2026-11-21")), None, None),
            Err(DaysError::Future {
                field: "date",
                today
            })
        );
        assert_eq!(
            days(None, Some(day("2026-01-01")), Some(day("2026-11-20"))),
            Err(DaysError::TooMany(324))
        );
    }
}
