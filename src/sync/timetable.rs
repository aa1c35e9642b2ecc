//! What the schedule promises of today, for whoever watches that it is kept.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{run::Syncer, schedule::Schedule};
use crate::{
    domain::{
        business_time::BusinessZone,
        sync::{SyncTrack, SyncWindow},
    },
    guanke::PaceSnapshot,
    service::alerts::Timetable,
};

impl Timetable for Syncer {
    fn last_read_due(&self, track: SyncTrack, by: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let context = self.context();
        context.schedule.last_read_due(context.zone, track, by)
    }
}

impl Syncer {
    /// Asks how busy the platform is kept, as long as the syncer lives.
    pub fn pace(&self) -> impl Fn() -> Option<PaceSnapshot> + Send + Sync + use<> {
        let context = Arc::downgrade(self.context());
        move || Some(context.upgrade()?.client.pace())
    }
}

impl Schedule {
    /// The last time up to `by` at which `track` of the day that holds `by` is read.
    fn last_read_due(
        &self,
        zone: BusinessZone,
        track: SyncTrack,
        by: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        self.jobs
            .iter()
            .filter(|job| job.track == track && job.window == SyncWindow::Today)
            .filter_map(|job| job.last_before(zone, by))
            .filter(|at| zone.day_of(*at) == zone.day_of(by))
            .max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Job;

    #[test]
    fn today_is_due_from_the_first_time_of_its_own_day_on() {
        let job = |window, cron| Job::new(SyncTrack::CallRecords, window, cron).unwrap();
        let schedule = Schedule {
            jobs: vec![
                job(SyncWindow::T3, "5 1 * * *"),
                job(SyncWindow::Today, "*/10 9-23 * * *"),
            ],
        };
        let due = |track, by: &str| {
            let due = schedule.last_read_due(BusinessZone::default(), track, by.parse().unwrap());
            due.map(|at| at.to_string())
        };
        // 12:09 in Shanghai, then 08:59, 09:00, and half past midnight.
        let calls = SyncTrack::CallRecords;
        assert_eq!(
            due(calls, "2026-11-20T04:09:00Z").as_deref(),
            Some("2026-11-20 04:00:00 UTC")
        );
        assert_eq!(due(calls, "2026-11-20T00:59:00Z"), None);
        assert_eq!(
            due(calls, "2026-11-20T01:00:00Z").as_deref(),
            Some("2026-11-20 01:00:00 UTC")
        );
        assert_eq!(due(calls, "2026-11-20T16:30:00Z"), None);
        assert_eq!(due(SyncTrack::TaskStats, "2026-11-20T04:09:00Z"), None);
    }
}
