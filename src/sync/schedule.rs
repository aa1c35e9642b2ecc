//! When which days are read: cron expressions in the business time zone.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use croner::Cron;

use crate::domain::{
    business_time::{BusinessZone, DayRange},
    sync::{SyncTrack, SyncWindow},
};

/// A job of the schedule: one track, one window.
#[derive(Debug, Clone)]
pub struct Job {
    /// What it asks for.
    pub track: SyncTrack,
    /// The days it is about.
    pub window: SyncWindow,
    cron: Cron,
}

/// What is wrong with a cron expression. The expression itself is named by whoever asks for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Another number of fields.
    #[error(
        "a cron expression has five fields (minute hour day month weekday), such as `*/10 9-23 * * *`, and this has {0}"
    )]
    Fields(usize),
    /// A field cannot be read.
    #[error(
        "`{value}` is no {field} of a cron expression: {allowed}, lists (1,5), ranges (1-5), steps (*/5) and * are allowed"
    )]
    Field {
        /// Which.
        field: &'static str,
        /// What it says.
        value: String,
        /// What it may say.
        allowed: &'static str,
    },
    /// All fields can be read, and the whole cannot.
    #[error(
        "this is no cron expression: five fields (minute hour day month weekday), or @hourly, @daily, @weekly, @monthly or @yearly, are allowed"
    )]
    Unreadable,
    /// It names days that there are not, such as 30 February.
    #[error("this cron expression names a day that never comes")]
    Never,
}

/// The fields of a cron expression, and what each may say.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31, L (the last)"),
    ("month", "1 to 12, JAN to DEC"),
    ("weekday", "0 to 7 (0 and 7 are Sunday), SUN to SAT"),
];

fn parse(text: &str) -> Result<Cron, ScheduleError> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let is_nickname = text.trim_start().starts_with('@');
    if !is_nickname && fields.len() != FIELDS.len() {
        return Err(ScheduleError::Fields(fields.len()));
    }
    let cron = Cron::from_str(text).map_err(|_| {
        if is_nickname {
            return ScheduleError::Unreadable;
        }
        let wrong = fields.iter().zip(FIELDS).enumerate();
        let wrong = wrong.filter(|(at, (value, _))| {
            // By itself, beside fields that are right.
            let mut alone = ["*"; FIELDS.len()];
            alone[*at] = value;
            Cron::from_str(&alone.join(" ")).is_err()
        });
        let field =
            |(_, (value, (field, allowed))): (usize, (&&str, (&'static str, &'static str)))| {
                ScheduleError::Field {
                    field,
                    value: (*value).to_owned(),
                    allowed,
                }
            };
        wrong.map(field).next().unwrap_or(ScheduleError::Unreadable)
    })?;
    // A leap year is ahead.
    let day = DateTime::<Utc>::UNIX_EPOCH;
    cron.find_next_occurrence(&day, true)
        .map_err(|_| ScheduleError::Never)?;
    Ok(cron)
}

impl Job {
    /// A job that runs whenever `cron` says.
    ///
    /// # Errors
    /// [`ScheduleError`] for an expression that cannot be read.
    pub fn new(track: SyncTrack, window: SyncWindow, cron: &str) -> Result<Self, ScheduleError> {
        Ok(Self {
            track,
            window,
            cron: parse(cron)?,
        })
    }

    /// Its cron expression.
    #[must_use]
    pub fn cron(&self) -> String {
        self.cron.pattern.to_string()
    }

    /// A name for its lease and for logs.
    #[must_use]
    pub fn name(&self) -> String {
        format!("job:{}:{}", self.track, self.window)
    }

    /// The days that it reads at `at`, in the calendar of its track.
    #[must_use]
    pub fn days(&self, zone: BusinessZone, at: DateTime<Utc>) -> Option<DayRange> {
        self.window.days(self.track.zone(zone).day_of(at))
    }

    /// The last time up to `now` at which it should have run.
    pub(super) fn last_before(
        &self,
        zone: BusinessZone,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let local = now.with_timezone(&zone.tz());
        self.cron
            .find_previous_occurrence(&local, true)
            .ok()
            .map(|last| last.to_utc())
    }

    /// The first time after `after` at which it runs.
    #[must_use]
    pub fn next_after(&self, zone: BusinessZone, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = after.with_timezone(&zone.tz());
        self.cron
            .find_next_occurrence(&local, false)
            .ok()
            .map(|next| next.to_utc())
    }
}

/// All jobs.
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    /// The jobs, each with one track.
    pub jobs: Vec<Job>,
}

/// A tick: a job that is due.
#[derive(Debug, Clone, Copy)]
pub struct Tick<'a> {
    /// The job.
    pub job: &'a Job,
    /// The time it is due at.
    pub at: DateTime<Utc>,
}

impl Schedule {
    /// The jobs that run next after `after`: those of the earliest time.
    #[must_use]
    pub fn next_after(&self, zone: BusinessZone, after: DateTime<Utc>) -> Vec<Tick<'_>> {
        let ticks: Vec<Tick<'_>> = self
            .jobs
            .iter()
            .filter_map(|job| {
                Some(Tick {
                    job,
                    at: job.next_after(zone, after)?,
                })
            })
            .collect();
        let earliest = ticks.iter().map(|tick| tick.at).min();
        ticks
            .into_iter()
            .filter(|tick| Some(tick.at) == earliest)
            .collect()
    }

    /// When the next run of `window` on `track` is due; `None` when there is no such job.
    #[must_use]
    pub fn next_run(
        &self,
        zone: BusinessZone,
        track: SyncTrack,
        window: SyncWindow,
        after: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        self.jobs
            .iter()
            .filter(|job| job.track == track && job.window == window)
            .filter_map(|job| job.next_after(zone, after))
            .min()
    }

    /// When `day` will next be read on `track`; `None` when it never will: windows only move on,
    /// so a day that the next run of a job leaves out is left out for good, unless it is yet to come.
    #[must_use]
    pub fn next_read(
        &self,
        zone: BusinessZone,
        track: SyncTrack,
        day: NaiveDate,
        after: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        self.jobs
            .iter()
            .filter(|job| job.track == track)
            .filter_map(|job| {
                let at = job.next_after(zone, after)?;
                let days = job.days(zone, at)?;
                days.covers(DayRange::day(day)).then_some(at)
            })
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        let job = |window, cron| Job::new(SyncTrack::CallRecords, window, cron).unwrap();
        Schedule {
            jobs: vec![
                job(SyncWindow::T10, "5 7 * * *"),
                job(SyncWindow::T3, "5 1,10,15,21 * * *"),
                job(SyncWindow::Today, "*/10 9-23 * * *"),
            ],
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn hours_are_those_of_the_business_time_zone() {
        // 06:59 in Shanghai: the next job is the one at 07:05, which is 23:05 the day before in UTC.
        let schedule = schedule();
        let ticks = schedule.next_after(BusinessZone::default(), at("2026-11-19T22:59:00Z"));
        let ticks: Vec<_> = ticks
            .iter()
            .map(|tick| (tick.job.window, tick.at.to_rfc3339()))
            .collect();
        assert_eq!(
            ticks,
            [(SyncWindow::T10, "2026-11-19T23:05:00+00:00".to_owned())]
        );
    }

    #[test]
    fn the_next_read_of_a_day_is_that_of_the_first_window_that_covers_it() {
        let next = |day: &str| {
            schedule()
                .next_read(
                    BusinessZone::default(),
                    SyncTrack::CallRecords,
                    day.parse().unwrap(),
                    at("2026-11-20T03:00:00Z"),
                )
                .map(|at| at.to_rfc3339())
        };
        // It is 11:00 on the 20th in Shanghai.
        assert_eq!(
            next("2026-11-20"),
            Some("2026-11-20T03:10:00+00:00".to_owned())
        );
        assert_eq!(
            next("2026-11-18"),
            Some("2026-11-20T07:05:00+00:00".to_owned())
        );
        assert_eq!(
            next("2026-11-12"),
            Some("2026-11-20T23:05:00+00:00".to_owned())
        );
        assert_eq!(next("2026-11-01"), None);
    }

    #[test]
    fn nonsense_is_refused_with_the_field_that_is_wrong() {
        for (cron, said) in [
            ("", "this has 0"),
            ("every day", "this has 2"),
            ("* * *", "this has 3"),
            ("0 */10 9-23 * * *", "this has 6"),
            (
                "61 * * * *",
                "`61` is no minute of a cron expression: 0 to 59",
            ),
            (
                "0 25 * * *",
                "`25` is no hour of a cron expression: 0 to 23",
            ),
            ("0 9-25 * * *", "`9-25` is no hour"),
            ("0 23-9 * * *", "`23-9` is no hour"),
            ("0 7 32 * *", "`32` is no day of the month"),
            ("0 7 * 13 *", "`13` is no month"),
            ("0 7 * * 8", "`8` is no weekday"),
            ("0 7 * * noday", "`noday` is no weekday"),
            ("0 -7 * * *", "`-7` is no hour"),
            ("@sometimes", "no cron expression"),
            ("0 0 30 2 *", "a day that never comes"),
        ] {
            let refused = Job::new(SyncTrack::TaskStats, SyncWindow::T3, cron).unwrap_err();
            assert!(refused.to_string().contains(said), "{cron:?}: {refused}");
        }
        for cron in ["0 7 * * *", "@daily", "0 0 29 2 *", "30 8 L * MON-FRI"] {
            let job = Job::new(SyncTrack::TaskStats, SyncWindow::T3, cron);
            assert!(job.is_ok(), "{cron:?}: {job:?}");
        }
    }
}
