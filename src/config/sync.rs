use std::time::Duration;

use chrono_tz::Tz;
use clap::Args;

use super::whole;
use crate::{
    domain::{
        business_time::BusinessZone,
        sync::{SyncTrack, SyncWindow},
    },
    sync::{Job, Schedule, ScheduleError, SyncOptions},
};

/// What is a day.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Business days and synchronisation")]
pub struct ZoneArgs {
    /// Time zone (IANA name) whose days are the business days, and in which the schedule is written. It is
    /// kept in the database: another one is refused, and `dialgraph rezone` moves all days to it
    #[arg(long, env = "BUSINESS_TIMEZONE", default_value = "Asia/Shanghai", value_parser = time_zone)]
    business_timezone: Tz,
}

impl ZoneArgs {
    /// The zone of business days.
    #[must_use]
    pub fn zone(self) -> BusinessZone {
        self.business_timezone.into()
    }
}

/// What is a day, and when which days are read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Business days and synchronisation")]
pub struct SyncArgs {
    #[command(flatten)]
    zone: ZoneArgs,

    /// How many parts of a day a process reads at a time; twice as many pages are in memory (1-32)
    #[arg(long, env = "SYNC_PAGE_CONCURRENCY", default_value_t = 8,
        value_parser = whole::<u8>(1..=32))]
    sync_page_concurrency: u8,

    /// How far before the end of the last read of today the next one begins, for calls that arrive late, and how long after its end a day may not be called complete, in minutes (0-1440)
    #[arg(long, env = "SYNC_OVERLAP_MINUTES", default_value_t = 15,
        value_parser = whole::<u64>(0..=1_440))]
    sync_overlap_minutes: u64,

    /// How long after it was read whole today is read whole again, for calls that were edited, in minutes (1-1440)
    #[arg(long, env = "SYNC_VERIFY_MINUTES", default_value_t = 60,
        value_parser = whole::<u64>(1..=1_440))]
    sync_verify_minutes: u64,

    /// After how many seconds without a sign of life a process is taken for dead, and others go on with its work (2-600)
    #[arg(long, env = "SYNC_LEASE_SECONDS", default_value_t = 60,
        value_parser = whole::<u64>(2..=600))]
    sync_lease_seconds: u64,

    /// When to read the platform's figures of the last ten days (cron: minute hour day month weekday)
    #[arg(long, env = "SYNC_TASK_STATS_T10", default_value = "0 7 * * *", value_parser = cron)]
    sync_task_stats_t10: String,

    /// When to read the platform's figures of the last three days
    #[arg(long, env = "SYNC_TASK_STATS_T3", default_value = "0 1,10,15,21 * * *", value_parser = cron)]
    sync_task_stats_t3: String,

    /// When to read the platform's figures of today
    #[arg(long, env = "SYNC_TASK_STATS_TODAY", default_value = "0 9-23 * * *", value_parser = cron)]
    sync_task_stats_today: String,

    /// When to read the call records of the last ten days
    #[arg(long, env = "SYNC_CALL_RECORDS_T10", default_value = "5 7 * * *", value_parser = cron)]
    sync_call_records_t10: String,

    /// When to read the call records of the last three days
    #[arg(long, env = "SYNC_CALL_RECORDS_T3", default_value = "5 1,10,15,21 * * *", value_parser = cron)]
    sync_call_records_t3: String,

    /// When to read the call records of today
    #[arg(long, env = "SYNC_CALL_RECORDS_TODAY", default_value = "*/10 9-23 * * *", value_parser = cron)]
    sync_call_records_today: String,
}

/// A time zone by its IANA name.
pub fn time_zone(text: &str) -> Result<Tz, &'static str> {
    text.parse()
        .map_err(|_| "it must be an IANA time zone, such as Asia/Shanghai")
}

/// Checked here so that the message names the variable.
fn cron(text: &str) -> Result<String, ScheduleError> {
    Job::new(SyncTrack::CallRecords, SyncWindow::Today, text)?;
    Ok(text.to_owned())
}

impl SyncArgs {
    /// The zone of business days.
    #[must_use]
    pub fn zone(&self) -> BusinessZone {
        self.zone.zone()
    }

    /// How runs go about their work.
    #[must_use]
    pub fn options(&self) -> SyncOptions {
        SyncOptions {
            page_concurrency: usize::from(self.sync_page_concurrency),
            overlap: Duration::from_mins(self.sync_overlap_minutes),
            verify_interval: Duration::from_mins(self.sync_verify_minutes),
            lease_ttl: Duration::from_secs(self.sync_lease_seconds),
            ..SyncOptions::default()
        }
    }

    /// The schedule.
    ///
    /// # Errors
    /// For a cron expression that cannot be read.
    pub fn schedule(&self) -> Result<Schedule, ScheduleError> {
        use SyncTrack::{CallRecords, TaskStats};
        use SyncWindow::{T3, T10, Today};
        let jobs = [
            (TaskStats, T10, &self.sync_task_stats_t10),
            (TaskStats, T3, &self.sync_task_stats_t3),
            (TaskStats, Today, &self.sync_task_stats_today),
            (CallRecords, T10, &self.sync_call_records_t10),
            (CallRecords, T3, &self.sync_call_records_t3),
            (CallRecords, Today, &self.sync_call_records_today),
        ];
        let jobs = jobs
            .into_iter()
            .map(|(track, window, cron)| Job::new(track, window, cron))
            .collect::<Result<_, _>>()?;
        Ok(Schedule { jobs })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use SyncTrack::{CallRecords, TaskStats};

    #[derive(Parser)]
    struct Defaults {
        #[command(flatten)]
        sync: SyncArgs,
    }

    /// The ticks of a business day, in Shanghai, as `HH:MM track window`.
    #[test]
    fn the_default_schedule_is_that_of_the_design() {
        let arguments = Defaults::parse_from(["test"]).sync;
        let (schedule, zone) = (arguments.schedule().unwrap(), arguments.zone());
        let mut at = zone.start_of("2026-11-20".parse().unwrap()) - chrono::TimeDelta::seconds(1);
        let end = zone.end_of("2026-11-20".parse().unwrap());
        let mut ticks = Vec::new();
        loop {
            let next = schedule.next_after(zone, at);
            at = next[0].at;
            if at >= end {
                break;
            }
            let time = at.with_timezone(&zone.tz()).format("%H:%M").to_string();
            ticks.extend(
                next.iter()
                    .map(|tick| (time.clone(), tick.job.track, tick.job.window)),
            );
        }
        let times = |track, window| -> Vec<&str> {
            ticks
                .iter()
                .filter(|tick| (tick.1, tick.2) == (track, window))
                .map(|tick| tick.0.as_str())
                .collect()
        };
        assert_eq!(times(TaskStats, SyncWindow::T10), ["07:00"]);
        assert_eq!(
            times(TaskStats, SyncWindow::T3),
            ["01:00", "10:00", "15:00", "21:00"]
        );
        let hourly = times(TaskStats, SyncWindow::Today);
        assert_eq!(
            (hourly.len(), hourly[0], hourly[14]),
            (15, "09:00", "23:00")
        );
        assert_eq!(times(CallRecords, SyncWindow::T10), ["07:05"]);
        assert_eq!(
            times(CallRecords, SyncWindow::T3),
            ["01:05", "10:05", "15:05", "21:05"]
        );
        let often = times(CallRecords, SyncWindow::Today);
        assert_eq!(
            (often.len(), often[0], often[1], often[89]),
            (90, "09:00", "09:10", "23:50")
        );
    }
}
