//! Jobs whose time came while nobody was there.

use std::collections::HashMap;

use chrono::{DateTime, Days, Utc};

use super::schedule::{Job, Schedule, Tick};
use crate::domain::{
    business_time::{BusinessZone, DayRange},
    sync::SyncWindow,
};

/// Days that were missed are read again so far back; the platform may not have older ones.
pub(super) const MOST_DAYS: u64 = 92;

/// A job whose last time was missed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Missed<'a> {
    /// Its last time.
    pub tick: Tick<'a>,
    /// The days that it should have read since it last ran.
    pub days: DayRange,
}

impl Schedule {
    /// The jobs of which `ticked`, their last times by their names, says that they did not run when
    /// they should have; those of the newest days first.
    pub(super) fn missed(
        &self,
        zone: BusinessZone,
        ticked: &HashMap<String, DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Vec<Missed<'_>> {
        let missed = |job| missed(job, zone, ticked.get(&job.name()).copied(), now);
        let mut all: Vec<Missed<'_>> = self.jobs.iter().filter_map(missed).collect();
        all.sort_by_key(|missed| std::cmp::Reverse((missed.days.to(), missed.days.from())));
        // What a longer window reads need not be read for a shorter one of the same days.
        let is_covered = |one: &Missed<'_>| {
            all.iter().any(|other| {
                other.tick.job.track == one.tick.job.track
                    && other.days.from() < one.days.from()
                    && other.days.to() == one.days.to()
            })
        };
        all.iter().filter(|one| !is_covered(one)).copied().collect()
    }
}

fn missed(
    job: &Job,
    zone: BusinessZone,
    ticked: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<Missed<'_>> {
    let at = job.last_before(zone, now)?;
    if ticked >= Some(at) {
        return None;
    }
    let last = job.days(zone, at)?;
    let first = ticked.and_then(|ticked| job.next_after(zone, ticked));
    let first = first.and_then(|first| job.days(zone, first));
    let days = match (job.window, first) {
        // The longest window: days that fell out of it while nobody was there are in it still.
        (SyncWindow::T10, Some(first)) => {
            let oldest = last.to().checked_sub_days(Days::new(MOST_DAYS - 1));
            let from = Some(first.from()).max(oldest).unwrap_or(last.from());
            DayRange::new(from.min(last.from()), last.to())?
        }
        _ => last,
    };
    let tick = Tick { job, at };
    Some(Missed { tick, days })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sync::SyncTrack;

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

    fn missed_since(ticked: &[(&str, &str)], now: &str) -> Vec<(SyncWindow, String)> {
        let ticked = ticked
            .iter()
            .map(|(window, at)| (format!("job:CALL_RECORDS:{window}"), at.parse().unwrap()))
            .collect();
        schedule()
            .missed(BusinessZone::default(), &ticked, now.parse().unwrap())
            .iter()
            .map(|missed| {
                let days = format!("{}..{}", missed.days.from(), missed.days.to());
                (missed.tick.job.window, days)
            })
            .collect()
    }

    #[test]
    fn nothing_is_missed_by_one_who_was_there() {
        // It is 11:04 on the 20th in Shanghai.
        let ticked = [
            ("T10", "2026-11-19T23:05:00Z"),
            ("T3", "2026-11-20T02:05:00Z"),
            ("TODAY", "2026-11-20T03:00:00Z"),
        ];
        assert_eq!(missed_since(&ticked, "2026-11-20T03:04:00Z"), []);
    }

    #[test]
    fn today_comes_first_and_the_longest_window_has_all_days_since_it_last_ran() {
        // Down since the 5th: its window began with the 26th of October then.
        let ticked = [
            ("T10", "2026-11-04T23:05:00Z"),
            ("T3", "2026-11-05T02:05:00Z"),
            ("TODAY", "2026-11-05T03:00:00Z"),
        ];
        assert_eq!(
            missed_since(&ticked, "2026-11-20T03:04:00Z"),
            [
                (SyncWindow::Today, "2026-11-20..2026-11-20".to_owned()),
                (SyncWindow::T10, "2026-10-27..2026-11-19".to_owned()),
            ]
        );
    }

    #[test]
    fn who_never_ran_missed_the_last_time_of_each_job() {
        assert_eq!(
            missed_since(&[], "2026-11-20T03:04:00Z"),
            [
                (SyncWindow::Today, "2026-11-20..2026-11-20".to_owned()),
                (SyncWindow::T10, "2026-11-10..2026-11-19".to_owned()),
            ]
        );
    }

    #[test]
    fn after_a_very_long_time_the_newest_days_are_read() {
        let ticked = [("T10", "2026-01-04T23:05:00Z")];
        let missed = missed_since(&ticked, "2026-11-20T03:04:00Z");
        assert_eq!(missed[1].1, "2026-08-20..2026-11-19");
    }
}
