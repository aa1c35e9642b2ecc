use async_graphql::{Enum, Object, SimpleObject};

use crate::{
    graphql::scalars::{BigInt, Date, DateTime, Decimal},
    service::figures::{self, PeriodFigures},
};

/// What is known of the calls of a business day, or of several together.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::day_state::DayState")]
pub(super) enum DayState {
    /// It was read whole after it had ended; of several days, each was.
    Complete,
    /// It was read, but not whole yet, or a newer read of it failed or is unfinished (the first one, too,
    /// if calls were stored by it); of several days, not each is complete.
    Stale,
    /// It is not over: its figures still grow; of several days, one is not over.
    Running,
    /// It is over, and no read stored anything of it; of several days, none was read. Its figures count
    /// calls that came in another way, by imports say, and are null where there are none: nobody knows
    /// how many calls it had.
    NeverRead,
}

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
    /// When the oldest read of the platform's records began that the figures rest on: records that were
    /// edited on the platform since may not be here yet. Null when no day was read.
    read_at: Option<DateTime>,
    /// The same in one word.
    state: DayState,
    /// How many of the days are NEVER_READ: what sums miss.
    never_read_days: i64,
}

impl From<figures::Freshness> for Freshness {
    fn from(freshness: figures::Freshness) -> Self {
        Self {
            complete: freshness.complete,
            stale: freshness.stale,
            synced_through: freshness.synced_through.map(DateTime),
            read_at: freshness.read_at.map(DateTime),
            state: freshness.state.into(),
            never_read_days: freshness.never_read_days,
        }
    }
}

pub(super) struct PeriodStats(pub PeriodFigures);

impl PeriodStats {
    fn known<T>(&self, figure: T) -> Option<T> {
        (!self.0.is_unknown()).then_some(figure)
    }
}

/// The figures of a period of whole business days. Null are those of a period of which nothing is
/// known: none of its days was read, and no calls of it came in another way.
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
    async fn calls(&self) -> Option<i64> {
        self.known(self.0.figures.counts.calls)
    }

    /// Calls with result CONNECTED.
    async fn connected_calls(&self) -> Option<i64> {
        self.known(self.0.figures.counts.connected)
    }

    /// Connected ÷ dialled, 0–1; null while there are no calls.
    async fn connect_rate(&self) -> Option<f64> {
        self.0.figures.connect_rate()
    }

    /// Deals: calls whose grade is a success, connected or not.
    async fn total_success(&self) -> Option<i64> {
        self.known(self.0.figures.success)
    }

    /// Deals among the connected calls ÷ connected, 0–1; null while there are no connected calls.
    async fn success_rate(&self) -> Option<f64> {
        self.0.figures.success_rate()
    }

    /// Calls whose grade means interested or a deal, connected or not.
    async fn interested_calls(&self) -> Option<i64> {
        self.known(self.0.figures.interested)
    }

    /// Interested among the connected calls ÷ connected, 0–1; null while there are no connected calls.
    async fn interest_rate(&self) -> Option<f64> {
        self.0.figures.interest_rate()
    }

    /// Calls graded as 9-yuan deals (NINE_YUAN).
    async fn grade9(&self) -> Option<i64> {
        self.known(self.0.grade_nine)
    }

    /// Calls graded as 1-yuan deals (ONE_YUAN).
    async fn grade1(&self) -> Option<i64> {
        self.known(self.0.grade_one)
    }

    /// Talk time: seconds that the connected calls lasted.
    async fn total_duration(&self) -> Option<BigInt> {
        self.known(self.0.figures.counts.talk_time.into())
    }

    /// Ring time: seconds that the calls lasted that did not connect; no part of totalDuration.
    async fn total_ring_time(&self) -> Option<BigInt> {
        self.known(self.0.figures.counts.ring_time.into())
    }

    /// Talk time ÷ connected, in seconds; null while there are no connected calls.
    async fn average_handle_time(&self) -> Option<f64> {
        self.0.figures.average_handle_time()
    }

    /// Distinct seats with at least one call.
    async fn active_seats(&self) -> Option<i64> {
        self.known(self.0.active_seats)
    }

    /// Days with at least one call.
    async fn active_days(&self) -> Option<i64> {
        self.known(self.0.active_days)
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
    async fn revenue(&self) -> Option<Decimal> {
        self.known(self.0.revenue.into())
    }

    /// Packages created in the period, and what its calls were billed, in yuan.
    async fn cost(&self) -> Option<Decimal> {
        self.known(self.0.cost.into())
    }

    /// Return on investment: (revenue − cost) ÷ cost; null where there is no cost.
    async fn roi(&self) -> Option<f64> {
        self.known(self.0.roi()?)
    }

    /// What these figures are worth.
    async fn freshness(&self) -> Freshness {
        self.0.freshness.into()
    }

    /// What is known of its days together.
    async fn state(&self) -> DayState {
        self.0.freshness.state.into()
    }

    /// How many of its days are over and of which no read stored anything: these sums miss their calls, but
    /// for such as came in another way.
    async fn never_read_days(&self) -> i64 {
        self.0.freshness.never_read_days
    }
}
