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

/// A cron expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no cron expression: five fields are wanted (minute hour day month weekday), such as `*/10 9-23 * * *`"
)]
pub struct ScheduleError(String);

impl Job {
    /// A job that runs whenever `cron` says.
    ///
    /// # Errors
    /// [`ScheduleError`] for an expression that cannot be read.
    pub fn new(track: SyncTrack, window: SyncWindow, cron: &str) -> Result<Self, ScheduleError> {
        let cron = Cron::from_str(cron).map_err(|_| ScheduleError(cron.to_owned()))?;
        Ok(Self {
            track,
            window,
            cron,
        })
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
    fn nonsense_is_refused() {
        for cron in ["", "every day", "61 * * * *", "* * *"] {
            assert!(
                Job::new(SyncTrack::TaskStats, SyncWindow::T3, cron).is_err(),
                "{cron:?}"
            );
        }
    }
}
