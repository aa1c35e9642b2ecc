//! What is known of dial tasks before they are looked at, to tell filters that leave none out.

use chrono::{DateTime, TimeDelta, Utc};
use strum::VariantArray as _;

use crate::domain::{
    dialing::{CallResult, CallSource, TaskStatus},
    filter::{Facts, Filter, Measure},
};

/// How far the clocks of other instances may be ahead.
const CLOCKS_APART: TimeDelta = TimeDelta::days(1);

/// Whether the filter lets every task pass, whatever tasks there are at `now`.
pub(in crate::service) fn leaves_none_out(filter: &Filter, now: DateTime<Utc>) -> bool {
    let written = Measure::Before(now.checked_add_signed(CLOCKS_APART).unwrap_or(now));
    let statuses: Vec<&str> = TaskStatus::VARIANTS.iter().map(<&str>::from).collect();
    let sources: Vec<&str> = CallSource::VARIANTS.iter().map(<&str>::from).collect();
    let results: Vec<&str> = CallResult::VARIANTS.iter().map(<&str>::from).collect();
    let package = Facts {
        always_there: &[
            "id",
            "name",
            "total_leads",
            "valid_leads",
            "cost_per_lead",
            "total_cost",
            "created_date",
            "created_at",
            "updated_at",
            "version",
        ],
        measures: &[
            ("id", Measure::Ordinal),
            ("version", Measure::Ordinal),
            ("total_leads", Measure::Count),
            ("valid_leads", Measure::Count),
            ("cost_per_lead", Measure::Money),
            ("total_cost", Measure::Money),
            ("created_at", written),
            ("updated_at", written),
        ],
        ..Facts::default()
    };
    let call = Facts {
        always_there: &[
            "id",
            "call_time",
            "call_date",
            "call_hour",
            "duration",
            "created_at",
            "updated_at",
            "version",
        ],
        words: &[("source", &sources), ("result", &results)],
        measures: &[
            ("id", Measure::Ordinal),
            ("task_id", Measure::Ordinal),
            ("agent_id", Measure::Ordinal),
            ("version", Measure::Ordinal),
            ("call_hour", Measure::Count),
            ("duration", Measure::Count),
            ("billed_amount", Measure::Money),
            ("call_time", Measure::Event),
            ("created_at", written),
            ("updated_at", written),
        ],
        ..Facts::default()
    };
    filter.is_always_true(&Facts {
        always_there: &[
            "id",
            "task_name",
            "package_claims",
            "version",
            "created_at",
            "updated_at",
        ],
        words: &[("status", &statuses), ("source", &sources)],
        measures: &[
            ("id", Measure::Ordinal),
            ("package_id", Measure::Ordinal),
            ("version", Measure::Ordinal),
            ("package_claims", Measure::Count),
            ("start_time", Measure::Instant),
            ("end_time", Measure::Instant),
            ("created_at", written),
            ("updated_at", written),
        ],
        related: &[("package", &package), ("calls", &call)],
    })
}
