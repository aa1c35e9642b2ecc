use std::time::Instant;

use crate::graphql::error::Result;
use async_graphql::{Context, Object};

use super::{
    dashboard::Dashboard, figures::PeriodStats, grade_stats::GradeStats, metrics::MetricsSummary,
    parts, trend::TrendPoint,
};
use crate::{
    domain::business_time::DayRange,
    graphql::{context::ContextExt, error::ApiError, permissions::Root, scalars::Date},
    service::{dashboard, grade_stats, metrics, trend},
};

/// Queries for figures.
#[derive(Default)]
pub struct StatsQuery;

#[Object(guard = "Root::Query")]
impl StatsQuery {
    /// The grades of a business day. A past day of which nothing is known, because it was never
    /// synchronised, is a NOT_SYNCED error that names the next scheduled synchronisation.
    async fn grade_stats(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The business day; today by default.")] date: Option<Date>,
    ) -> Result<GradeStats> {
        let asked = Instant::now();
        let services = context.services()?;
        let wanted = parts::of_grades(&context.field());
        let stats = grade_stats::grade_stats(
            &services.db,
            services.refresher.as_ref(),
            services.zone,
            date.map_or_else(|| services.today(), |date| date.0),
            services.clock.now(),
            wanted,
        )
        .await?;
        Ok(GradeStats { stats, asked })
    }

    /// Today, yesterday and this month at a glance.
    async fn dashboard(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The business day that counts as today; the real one by default.")]
        date: Option<Date>,
    ) -> Result<Dashboard> {
        let services = context.services()?;
        let date = date.map_or_else(|| services.today(), |date| date.0);
        let wanted = parts::of_dashboard(&context.field());
        let dashboard = dashboard::dashboard(&services.db, date, services.today(), wanted).await;
        Ok(Dashboard(dashboard?))
    }

    /// What a business day came to.
    async fn metrics_summary(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The business day; today by default.")] date: Option<Date>,
    ) -> Result<MetricsSummary> {
        let services = context.services()?;
        let date = date.map_or_else(|| services.today(), |date| date.0);
        let wanted = parts::of_summary(&context.field());
        let summary = metrics::summary(&services.db, date, services.today(), wanted).await;
        Ok(MetricsSummary(summary?))
    }

    /// The figures of all days from `from` to `to` together; neverReadDays says how many of them are
    /// missing.
    async fn call_stats(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first business day.")] from: Date,
        #[graphql(desc = "The last business day, included; at most 366 days in all.")] to: Date,
    ) -> Result<PeriodStats> {
        let services = context.services()?;
        let wanted = parts::of_period(&context.field());
        let days = range(from, to)?;
        let figures = trend::period(&services.db, days, services.today(), wanted).await;
        Ok(PeriodStats(figures?))
    }

    /// The figures of each day from `from` to `to`, oldest first, days without calls included. Each
    /// says what is known of it; those of a day that was never read are null, not zeros.
    async fn trend(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first business day.")] from: Date,
        #[graphql(desc = "The last business day, included; at most 366 days in all.")] to: Date,
    ) -> Result<Vec<TrendPoint>> {
        let services = context.services()?;
        let wanted = parts::of_trend(&context.field());
        let days = range(from, to)?;
        let days = trend::trend(&services.db, days, services.today(), wanted).await;
        Ok(days?
            .into_iter()
            .map(|(day, freshness)| TrendPoint { day, freshness })
            .collect())
    }
}

/// The days asked for, which must not be too many.
fn range(from: Date, to: Date) -> Result<DayRange> {
    let range = DayRange::new(from.0, to.0)
        .ok_or_else(|| bad_range("`to` must not lie before `from`".to_owned()))?;
    if range.days() > trend::MAX_DAYS {
        return Err(bad_range(format!(
            "at most {} days can be asked for at once, and {} were",
            trend::MAX_DAYS,
            range.days()
        )));
    }
    Ok(range)
}

fn bad_range(message: String) -> ApiError {
    ApiError::BadInput {
        argument: "to",
        message,
    }
}
