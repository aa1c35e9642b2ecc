//! Figures: dashboard, trend and grades.

mod dashboard;
mod figures;
mod grade_stats;
mod query;
mod trend;

pub use query::StatsQuery;
