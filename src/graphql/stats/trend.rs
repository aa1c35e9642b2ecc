use async_graphql::Object;

use super::figures::Freshness;
use crate::{domain::stats::DailyFigures, graphql::scalars::Date, service::figures};

pub(super) struct TrendPoint {
    pub day: DailyFigures,
    pub freshness: figures::Freshness,
}

/// The figures of one business day in a row of days; zeros for a day without calls.
#[Object]
impl TrendPoint {
    /// The business day.
    async fn date(&self) -> Date {
        self.day.date.into()
    }

    /// Calls dialled.
    async fn calls(&self) -> i64 {
        self.day.figures.counts.calls
    }

    /// Calls with result CONNECTED.
    async fn connected_calls(&self) -> i64 {
        self.day.figures.counts.connected
    }

    /// Connected ÷ dialled, 0–1; null on a day without calls.
    async fn connect_rate(&self) -> Option<f64> {
        self.day.figures.connect_rate()
    }

    /// Deals: calls whose grade is a success, connected or not.
    async fn total_success(&self) -> i64 {
        self.day.figures.success
    }

    /// Deals among the connected calls ÷ connected, 0–1; null on a day without connected calls.
    async fn success_rate(&self) -> Option<f64> {
        self.day.figures.success_rate()
    }

    /// Calls whose grade means interested or a deal, connected or not.
    async fn interested_calls(&self) -> i64 {
        self.day.figures.interested
    }

    /// Interested among the connected calls ÷ connected, 0–1; null on a day without connected calls.
    async fn interest_rate(&self) -> Option<f64> {
        self.day.figures.interest_rate()
    }

    /// Talk time: seconds that the connected calls lasted.
    async fn total_duration(&self) -> i64 {
        self.day.figures.counts.talk_time
    }

    /// Ring time: seconds that the calls lasted that did not connect; no part of totalDuration.
    async fn total_ring_time(&self) -> i64 {
        self.day.figures.counts.ring_time
    }

    /// Talk time ÷ connected, in seconds; null on a day without connected calls.
    async fn average_handle_time(&self) -> Option<f64> {
        self.day.figures.average_handle_time()
    }

    /// Distinct seats with at least one call.
    async fn active_seats(&self) -> i64 {
        self.day.active_seats
    }

    /// What these figures are worth.
    async fn freshness(&self) -> Freshness {
        self.freshness.into()
    }
}
