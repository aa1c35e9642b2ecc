//! Figures: dashboard, trend and grades.

mod dashboard;
mod figures;
mod grade_stats;
mod metrics;
mod parts;
mod query;
mod subscription;
mod trend;

pub(super) use metrics::MetricsSummary;
pub use query::StatsQuery;
pub use subscription::StatsSubscription;
