use async_graphql::{Object, SimpleObject};

use crate::{
    graphql::scalars::{Date, DateTime, Decimal},
    service::figures::{self, PeriodFigures},
};

/// What figures are worth: how much of the platform's records they rest on. Figures always count
/// the calls that are stored, each in its latest known version.
#[derive(SimpleObject)]
pub(super) struct Freshness {
    /// Every day was read whole at least once, after it had ended, and as many records were found
    /// as the platform counts. Never true of a day that is still going on.
    complete: bool,
    /// A newer read of a day failed or is unfinished: there may be changes that are not here yet.
    stale: bool,
    /// The instant up to which the platform's records of the last day were read; null when they
    /// never were.
    synced_through: Option<DateTime>,
}

impl From<figures::Freshness> for Freshness {
    fn from(freshness: figures::Freshness) -> Self {
        Self {
            complete: freshness.complete,
            stale: freshness.stale,
            synced_through: freshness.synced_through.map(DateTime),
        }
    }
}

pub(super) struct PeriodStats(pub PeriodFigures);

/// The figures of a period of whole business days.
#[Object]
impl PeriodStats {
    /// Its first day.
    async fn from(&self) -> Date {
        self.0.range.from().into()
    }

    /// Its last day, included.
    async fn to(&self) -> Date {
        self.0.range.to().into()
    }

    /// Calls dialled.
    async fn calls(&self) -> i64 {
        self.0.figures.counts.calls
    }

    /// Calls with result CONNECTED.
    async fn connected_calls(&self) -> i64 {
        self.0.figures.counts.connected
    }

    /// Connected ÷ dialled, 0–1; null while there are no calls.
    async fn connect_rate(&self) -> Option<f64> {
        self.0.figures.connect_rate()
    }

    /// Deals: calls whose grade is a success, connected or not.
    async fn total_success(&self) -> i64 {
        self.0.figures.success
    }

    /// Deals among the connected calls ÷ connected, 0–1; null while there are no connected calls.
    async fn success_rate(&self) -> Option<f64> {
        self.0.figures.success_rate()
    }

    /// Calls whose grade means interested or a deal, connected or not.
    async fn interested_calls(&self) -> i64 {
        self.0.figures.interested
    }

    /// Interested among the connected calls ÷ connected, 0–1; null while there are no connected calls.
    async fn interest_rate(&self) -> Option<f64> {
        self.0.figures.interest_rate()
    }

    /// Calls graded as 9-yuan deals (NINE_YUAN).
    async fn grade9(&self) -> i64 {
        self.0.grade_nine
    }

    /// Calls graded as 1-yuan deals (ONE_YUAN).
    async fn grade1(&self) -> i64 {
        self.0.grade_one
    }

    /// Talk time: seconds that the connected calls lasted.
    async fn total_duration(&self) -> i64 {
        self.0.figures.counts.talk_time
    }

    /// Ring time: seconds that the calls lasted that did not connect; no part of totalDuration.
    async fn total_ring_time(&self) -> i64 {
        self.0.figures.counts.ring_time
    }

    /// Talk time ÷ connected, in seconds; null while there are no connected calls.
    async fn average_handle_time(&self) -> Option<f64> {
        self.0.figures.average_handle_time()
    }

    /// Distinct seats with at least one call.
    async fn active_seats(&self) -> i64 {
        self.0.active_seats
    }

    /// Days with at least one call.
    async fn active_days(&self) -> i64 {
        self.0.active_days
    }

    /// Calls ÷ active days; null while there are none.
    async fn daily_average_calls(&self) -> Option<f64> {
        self.0.daily_average(self.0.figures.counts.calls)
    }

    /// Connected calls ÷ active days; null while there are none.
    async fn daily_average_connected(&self) -> Option<f64> {
        self.0.daily_average(self.0.figures.counts.connected)
    }

    /// Deals ÷ active days; null while there are none.
    async fn daily_average_success(&self) -> Option<f64> {
        self.0.daily_average(self.0.figures.success)
    }

    /// Σ unit price of the calls' grades, in yuan.
    async fn revenue(&self) -> Decimal {
        self.0.revenue.into()
    }

    /// Packages created in the period, and what its calls were billed, in yuan.
    async fn cost(&self) -> Decimal {
        self.0.cost.into()
    }

    /// Return on investment: (revenue − cost) ÷ cost; null where there is no cost.
    async fn roi(&self) -> Option<f64> {
        self.0.roi()
    }

    /// What these figures are worth.
    async fn freshness(&self) -> Freshness {
        self.0.freshness.into()
    }
}
