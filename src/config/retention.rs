use clap::Args;

use super::whole;
use crate::service::retention::{LEAST_CALL_DAYS, RetentionOptions};

/// More days than anybody means.
const MOST_DAYS: u32 = 36_500;

/// How long what is kept.
#[expect(
    clippy::struct_field_names,
    reason = "clap makes the flags of the names"
)]
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Retention")]
pub struct RetentionArgs {
    /// For how many days the platform's records are kept as they came, compressed, for `dialgraph sync
    /// replay` (0-36500; 0 keeps none). What was pushed of a call is kept as long, at least 12 days
    #[arg(long, env = "RETENTION_RAW_DAYS", value_name = "DAYS", default_value_t = 30,
        value_parser = whole::<u32>(0..=MOST_DAYS))]
    retention_raw_days: u32,

    /// For how many days calls and their tags are kept (11-36500; for ever if this is not set). Figures
    /// of days and counts of tags stay
    #[arg(long, env = "RETENTION_CALL_DAYS", value_name = "DAYS", value_parser = call_days)]
    retention_call_days: Option<u32>,

    /// For how many days the runs of the synchronisation are kept, with their slices (1-36500)
    #[arg(long, env = "RETENTION_SYNC_RUN_DAYS", value_name = "DAYS", default_value_t = 90,
        value_parser = whole::<u32>(1..=MOST_DAYS))]
    retention_sync_run_days: u32,
}

fn call_days(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|days| (LEAST_CALL_DAYS..=MOST_DAYS).contains(days))
        .ok_or_else(|| {
            format!(
                "calls must be kept for more than 10 days, {LEAST_CALL_DAYS} to {MOST_DAYS}: the schedule reads the last ten days again, and would bring younger ones back"
            )
        })
}

impl RetentionArgs {
    /// How long what is kept.
    #[must_use]
    pub const fn options(&self) -> RetentionOptions {
        RetentionOptions {
            raw_days: self.retention_raw_days,
            call_days: self.retention_call_days,
            run_days: self.retention_sync_run_days,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Alone {
        #[command(flatten)]
        retention: RetentionArgs,
    }

    #[test]
    fn calls_are_kept_unless_told_otherwise_and_never_for_too_short() {
        let read = |arguments: &[&str]| {
            Alone::try_parse_from(["test"].iter().chain(arguments))
                .map(|alone| alone.retention.options())
        };
        assert_eq!(read(&[]).unwrap(), RetentionOptions::default());
        let options = read(&["--retention-call-days", "11"]).unwrap();
        assert_eq!(options.call_days, Some(11));
        for days in ["10", "0", "-1", "x", "36501"] {
            let flag = format!("--retention-call-days={days}");
            let error = read(&[&flag]).unwrap_err().to_string();
            assert!(error.contains("more than 10 days"), "{error}");
        }
        assert!(!read(&["--retention-raw-days=0"]).unwrap().keeps_raw());
    }
}
