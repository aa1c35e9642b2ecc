use std::time::Instant;

use async_graphql::{Context, Object, Subscription};
use futures_util::{Stream, StreamExt as _};

use super::{dashboard::Dashboard, grade_stats::GradeStats, metrics::MetricsSummary};
use crate::{
    graphql::{context::ContextExt, error::Result, permissions::Root, scalars::Date},
    service::live::DayChange,
};

/// Subscriptions to figures.
#[derive(Default)]
pub struct StatsSubscription;

#[Subscription(guard = "Root::Subscription")]
impl StatsSubscription {
    /// Tells when figures of a business day have changed, or how complete they are: because of a
    /// synchronisation, an import, or somebody's edit. At most once a second for each day, and
    /// nothing as long as nothing changes: ask a query for the figures to begin with. After a pause
    /// in which changes may have been missed, and when packages or prices have changed, it is told
    /// once, for the day asked for or today. Of the dashboard's other periods, changes are told with
    /// their own days.
    async fn stats_updated(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The business day; any day when left out.")] date: Option<Date>,
    ) -> Result<impl Stream<Item = StatsUpdate> + use<>> {
        let live = &context.services()?.live;
        Ok(live.days(date.map(|date| date.0)).map(StatsUpdate))
    }
}

pub(super) struct StatsUpdate(DayChange);

/// A business day whose figures have changed, and the figures as they are now.
#[Object]
impl StatsUpdate {
    /// The business day.
    async fn date(&self) -> Date {
        self.0.date.into()
    }

    /// The dashboard with this day as today.
    async fn dashboard(&self, context: &Context<'_>) -> Result<Dashboard> {
        let dashboard = context.services()?.live.dashboard(self.0).await;
        Ok(Dashboard(dashboard?))
    }

    /// What the day came to.
    async fn metrics_summary(&self, context: &Context<'_>) -> Result<MetricsSummary> {
        let summary = context.services()?.live.summary(self.0).await;
        Ok(MetricsSummary(summary?))
    }

    /// The grades of the day; null, with the error NOT_SYNCED, for a past day that was never
    /// synchronised.
    async fn grade_stats(&self, context: &Context<'_>) -> Result<Option<GradeStats>> {
        let asked = Instant::now();
        let stats = context.services()?.live.grade_stats(self.0).await?;
        Ok(Some(GradeStats { stats, asked }))
    }
}
