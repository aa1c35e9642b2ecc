use chrono_tz::Tz;
use clap::Args;

use crate::{
    domain::{
        business_time::BusinessZone,
        sync::{SyncTrack, SyncWindow},
    },
    sync::{Job, Schedule, ScheduleError, SyncOptions},
};

/// What is a day, and when which days are read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Business days and synchronisation")]
pub struct SyncArgs {
    /// Time zone (IANA name) whose days are the business days, and in which the schedule is written
    #[arg(long, env = "BUSINESS_TIMEZONE", default_value = "Asia/Shanghai", value_parser = time_zone)]
    business_timezone: Tz,

    /// How many pages of a day are asked for at a time (1-32)
    #[arg(long, env = "SYNC_PAGE_CONCURRENCY", default_value_t = 4,
        value_parser = clap::value_parser!(u8).range(1..=32))]
    sync_page_concurrency: u8,

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

fn time_zone(text: &str) -> Result<Tz, &'static str> {
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
        self.business_timezone.into()
    }

    /// How runs go about their work.
    #[must_use]
    pub fn options(&self) -> SyncOptions {
        SyncOptions {
            page_concurrency: usize::from(self.sync_page_concurrency),
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
