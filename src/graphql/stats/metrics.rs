use async_graphql::Object;

use super::figures::DayState;
use crate::{
    graphql::scalars::{BigInt, Date, DateTime, Decimal},
    service::metrics,
};

pub(in crate::graphql) struct MetricsSummary(pub metrics::MetricsSummary);

impl MetricsSummary {
    fn known<T>(&self, figure: T) -> Option<T> {
        (!self.0.figures.is_unknown()).then_some(figure)
    }
}

/// What a business day came to. What its calls came to is null where nothing is known of them: it is
/// NEVER_READ, and no calls of it came in another way.
#[Object]
impl MetricsSummary {
    /// The business day.
    async fn date(&self) -> Date {
        self.0.date.into()
    }

    /// Packages that there were at the end of the day.
    async fn total_packages(&self) -> i64 {
        self.0.totals.packages
    }

    /// Packages created that day.
    async fn new_packages(&self) -> i64 {
        self.0.new_packages
    }

    /// Leads of all packages that there were at the end of the day.
    async fn total_leads(&self) -> BigInt {
        self.0.totals.total_leads.into()
    }

    /// Calls dialled.
    async fn total_calls(&self) -> Option<i64> {
        self.known(self.0.figures.figures.counts.calls)
    }

    /// Calls with result CONNECTED.
    async fn connected_calls(&self) -> Option<i64> {
        self.known(self.0.figures.figures.counts.connected)
    }

    /// Talk time: seconds that the connected calls lasted.
    async fn total_duration(&self) -> Option<BigInt> {
        self.known(self.0.figures.figures.counts.talk_time.into())
    }

    /// Ring time: seconds that the calls lasted that did not connect; no part of totalDuration.
    async fn total_ring_time(&self) -> Option<BigInt> {
        self.known(self.0.figures.figures.counts.ring_time.into())
    }

    /// Connected ÷ dialled over all calls of the day, 0–1; null while there are no calls.
    async fn avg_contact_rate(&self) -> Option<f64> {
        self.0.figures.figures.connect_rate()
    }

    /// Interested among the connected calls ÷ connected, over all calls of the day, 0–1; null while
    /// there are no connected calls.
    async fn avg_interest_rate(&self) -> Option<f64> {
        self.0.figures.figures.interest_rate()
    }

    /// Talk time ÷ connected, in seconds; null while there are no connected calls.
    async fn avg_call_duration(&self) -> Option<f64> {
        self.0.figures.figures.average_handle_time()
    }

    /// Packages created that day, and what its calls were billed, in yuan.
    async fn total_cost(&self) -> Option<Decimal> {
        self.known(self.0.figures.cost.into())
    }

    /// Σ unit price of the calls' grades, in yuan.
    async fn total_revenue(&self) -> Option<Decimal> {
        self.known(self.0.figures.revenue.into())
    }

    /// Return on investment: (revenue − cost) ÷ cost; null where there is no cost.
    async fn roi(&self) -> Option<f64> {
        self.known(self.0.figures.roi()?)
    }

    /// What is known of the day.
    async fn state(&self) -> DayState {
        self.0.figures.freshness.state.into()
    }

    /// Whether the whole day was read from the platform at least once, after it had ended, and as
    /// many records were found as the platform counts.
    async fn complete(&self) -> bool {
        self.0.figures.freshness.complete
    }

    /// Whether a newer read of the day failed or is unfinished.
    async fn stale(&self) -> bool {
        self.0.figures.freshness.stale
    }

    /// The instant up to which the platform's records of the day were read; null when they never
    /// were.
    async fn synced_through(&self) -> Option<DateTime> {
        self.0.figures.freshness.synced_through.map(DateTime)
    }
}
