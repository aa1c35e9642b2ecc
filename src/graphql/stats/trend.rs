use async_graphql::Object;

use super::figures::{DayState, Freshness};
use crate::{
    domain::stats::DailyFigures,
    graphql::scalars::{BigInt, Date},
    service::figures,
};

pub(super) struct TrendPoint {
    pub day: DailyFigures,
    pub freshness: figures::Freshness,
}

impl TrendPoint {
    fn known<T>(&self, figure: T) -> Option<T> {
        let is_unknown = self.freshness.is_unknown(self.day.figures.counts.calls);
        (!is_unknown).then_some(figure)
    }
}

/// The figures of one business day in a row of days: zeros for a day without calls, null for one that
/// is NEVER_READ and of which no calls came in another way.
#[Object]
impl TrendPoint {
    /// The business day.
    async fn date(&self) -> Date {
        self.day.date.into()
    }

    /// Calls dialled.
    async fn calls(&self) -> Option<i64> {
        self.known(self.day.figures.counts.calls)
    }

    /// Calls with result CONNECTED.
    async fn connected_calls(&self) -> Option<i64> {
        self.known(self.day.figures.counts.connected)
    }

    /// Connected ÷ dialled, 0–1; null on a day without calls.
    async fn connect_rate(&self) -> Option<f64> {
        self.day.figures.connect_rate()
    }

    /// Deals: calls whose grade is a success, connected or not.
    async fn total_success(&self) -> Option<i64> {
        self.known(self.day.figures.success)
    }

    /// Deals among the connected calls ÷ connected, 0–1; null on a day without connected calls.
    async fn success_rate(&self) -> Option<f64> {
        self.day.figures.success_rate()
    }

    /// Calls whose grade means interested or a deal, connected or not.
    async fn interested_calls(&self) -> Option<i64> {
        self.known(self.day.figures.interested)
    }

    /// Interested among the connected calls ÷ connected, 0–1; null on a day without connected calls.
    async fn interest_rate(&self) -> Option<f64> {
        self.day.figures.interest_rate()
    }

    /// Talk time: seconds that the connected calls lasted.
    async fn total_duration(&self) -> Option<BigInt> {
        self.known(self.day.figures.counts.talk_time.into())
    }

    /// Ring time: seconds that the calls lasted that did not connect; no part of totalDuration.
    async fn total_ring_time(&self) -> Option<BigInt> {
        self.known(self.day.figures.counts.ring_time.into())
    }

    /// Talk time ÷ connected, in seconds; null on a day without connected calls.
    async fn average_handle_time(&self) -> Option<f64> {
        self.day.figures.average_handle_time()
    }

    /// Distinct seats with at least one call.
    async fn active_seats(&self) -> Option<i64> {
        self.known(self.day.active_seats)
    }

    /// What is known of the day.
    async fn state(&self) -> DayState {
        self.freshness.state.into()
    }

    /// What these figures are worth.
    async fn freshness(&self) -> Freshness {
        self.freshness.into()
    }
}
