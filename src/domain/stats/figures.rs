//! Sums over calls and the ratios made of them.

use std::collections::HashMap;

use crate::domain::{grade::Grade, money::Money};

/// Sums over some calls. They add up: the counts of two disjoint sets are the counts of both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// How many.
    pub calls: i64,
    /// Of those, with result CONNECTED.
    pub connected: i64,
    /// Seconds that the connected ones lasted.
    pub talk_time: i64,
    /// Seconds that the others lasted: the time that they rang, or that a voicemail took.
    pub ring_time: i64,
    /// What the platform billed for them.
    pub billed: Money,
}

impl CallCounts {
    /// The counts of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            connected: self.connected + other.connected,
            talk_time: self.talk_time + other.talk_time,
            ring_time: self.ring_time + other.ring_time,
            billed: self.billed.plus(other.billed),
        }
    }

    /// What has to be added to undo adding these.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self {
            calls: -self.calls,
            connected: -self.connected,
            talk_time: -self.talk_time,
            ring_time: -self.ring_time,
            billed: Money::ZERO.minus(self.billed),
        }
    }

    /// Whether there is nothing to add.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }
}

/// Counts of the calls of one grade; the code is empty for calls without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GradeCounts {
    /// The grade's code, or empty.
    pub grade_code: String,
    /// The counts.
    pub counts: CallCounts,
}

/// A number of things as figures hold it.
#[must_use]
pub fn count(things: usize) -> i64 {
    i64::try_from(things).unwrap_or(i64::MAX)
}

/// A share of a whole, 0–1; `None` over nothing.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of calls stay far below 2^52"
)]
pub fn ratio(part: i64, whole: i64) -> Option<f64> {
    (whole != 0).then(|| part as f64 / whole as f64)
}

/// What some calls come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Sums over all of them.
    pub counts: CallCounts,
    /// Calls whose grade is a deal, connected or not.
    pub success: i64,
    /// Of those, connected.
    pub connected_success: i64,
    /// Calls whose grade is interested or a deal, connected or not.
    pub interested: i64,
    /// Of those, connected.
    pub connected_interested: i64,
    /// Σ unit price of their grades.
    pub grade_revenue: Money,
}

impl Figures {
    /// Adds counts by grade up, with what each grade means now.
    #[must_use]
    pub fn of<'a>(
        counts: impl IntoIterator<Item = &'a GradeCounts>,
        grades: &HashMap<String, Grade>,
    ) -> Self {
        counts.into_iter().fold(Self::default(), |sum, part| {
            let CallCounts {
                calls, connected, ..
            } = part.counts;
            let grade = grades.get(&part.grade_code);
            let is_success = grade.is_some_and(|grade| grade.is_success);
            let is_interested = is_success || grade.is_some_and(|grade| grade.is_interested);
            let price = grade.map_or(Money::ZERO, |grade| grade.unit_price);
            let if_so = |so: bool, count: i64| if so { count } else { 0 };
            Self {
                counts: sum.counts.plus(part.counts),
                success: sum.success + if_so(is_success, calls),
                connected_success: sum.connected_success + if_so(is_success, connected),
                interested: sum.interested + if_so(is_interested, calls),
                connected_interested: sum.connected_interested + if_so(is_interested, connected),
                grade_revenue: sum.grade_revenue.plus(price.times(calls)),
            }
        })
    }

    /// Connect rate: connected ÷ dialled.
    #[must_use]
    pub fn connect_rate(&self) -> Option<f64> {
        ratio(self.counts.connected, self.counts.calls)
    }

    /// Success rate: deals among the connected calls ÷ connected. A deal whose call did not connect
    /// (its grade came after a call back) is none of the rate's.
    #[must_use]
    pub fn success_rate(&self) -> Option<f64> {
        ratio(self.connected_success, self.counts.connected)
    }

    /// Interest rate: interested among the connected calls ÷ connected.
    #[must_use]
    pub fn interest_rate(&self) -> Option<f64> {
        ratio(self.connected_interested, self.counts.connected)
    }

    /// Average handle time in seconds: talk time ÷ connected.
    #[must_use]
    pub fn average_handle_time(&self) -> Option<f64> {
        ratio(self.counts.talk_time, self.counts.connected)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        grade::default_grades,
        stats::{CountedCall, Dimension, RollupDeltas},
    };

    fn figures(calls: i64, connected: i64, success: i64) -> Figures {
        let part = |code: &str, calls, connected| GradeCounts {
            grade_code: code.to_owned(),
            counts: CallCounts {
                calls,
                connected,
                ..CallCounts::default()
            },
        };
        let grades = default_grades()
            .into_iter()
            .map(|grade| (grade.code.clone(), grade))
            .collect();
        Figures::of(
            &[
                part("", calls - success, connected - success),
                part("NINE_YUAN", success, success),
            ],
            &grades,
        )
    }

    fn percent(rate: Option<f64>) -> String {
        format!("{:.2}", rate.unwrap() * 100.0)
    }

    #[test]
    fn the_known_answers_come_out() {
        for (calls, connected, success, connect_rate, success_rate) in [
            (15_305, 2_496, 24, "16.31", "0.96"),
            (28_719, 4_753, 60, "16.55", "1.26"),
            (774_449, 85_887, 446, "11.09", "0.52"),
        ] {
            let figures = figures(calls, connected, success);
            assert_eq!(percent(figures.connect_rate()), connect_rate);
            assert_eq!(percent(figures.success_rate()), success_rate);
        }
    }

    #[test]
    fn a_ratio_over_nothing_is_none() {
        let nothing = Figures::default();
        assert_eq!(nothing.connect_rate(), None);
        assert_eq!(nothing.success_rate(), None);
        assert_eq!(nothing.interest_rate(), None);
        assert_eq!(nothing.average_handle_time(), None);
    }

    fn a_call() -> impl Strategy<Value = CountedCall> {
        let grades = [
            None,
            Some("NINE_YUAN"),
            Some("ONE_YUAN"),
            Some("A"),
            Some("OTHER"),
            Some("GONE"),
        ];
        let outcome = (
            prop::sample::select(grades.to_vec()),
            any::<bool>(),
            0..100_i32,
        );
        outcome.prop_map(|(grade, connected, duration)| CountedCall {
            call_date: "2026-11-19".parse().unwrap(),
            call_hour: 9,
            task_id: None,
            agent_id: None,
            province: None,
            grade_code: grade.map(str::to_owned),
            connected,
            duration,
            billed: Money::ZERO,
        })
    }

    proptest! {
        /// Whatever calls there are, counted and taken back: each rate is a share, and counts what it says.
        #[test]
        fn every_rate_is_a_share(
            calls in prop::collection::vec(a_call(), 0..40),
            gone in prop::collection::vec(a_call(), 0..10),
        ) {
            let mut deltas = RollupDeltas::default();
            for call in calls.iter().chain(&gone) {
                deltas.add(call);
            }
            for call in &gone {
                deltas.remove(call);
            }
            let days = deltas.iter().filter(|(cell, _)| cell.dimension == Dimension::Day);
            let counts: Vec<GradeCounts> = days
                .map(|(cell, counts)| GradeCounts { grade_code: cell.grade_code.clone(), counts })
                .collect();
            let grades = default_grades().into_iter().map(|grade| (grade.code.clone(), grade)).collect();
            let figures = Figures::of(&counts, &grades);

            let among = |which: &dyn Fn(&CountedCall) -> bool| count(calls.iter().filter(|call| which(call)).count());
            let is_deal = |call: &CountedCall| matches!(call.grade_code.as_deref(), Some("NINE_YUAN" | "ONE_YUAN"));
            let is_interested = |call: &CountedCall| is_deal(call) || call.grade_code.as_deref() == Some("A");
            let connected = among(&|call| call.connected);
            prop_assert_eq!(figures.success, among(&is_deal));
            prop_assert_eq!(figures.success_rate(), ratio(among(&|call| call.connected && is_deal(call)), connected));
            prop_assert_eq!(figures.interest_rate(), ratio(among(&|call| call.connected && is_interested(call)), connected));
            prop_assert_eq!(figures.connect_rate(), ratio(connected, count(calls.len())));
            for rate in [figures.connect_rate(), figures.success_rate(), figures.interest_rate()] {
                prop_assert!(rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)), "{:?}", rate);
            }
            let longest = calls.iter().filter(|call| call.connected).map(|call| call.duration).max();
            prop_assert!(figures.average_handle_time().unwrap_or_default() <= f64::from(longest.unwrap_or_default()));
        }
    }

    #[test]
    fn a_deal_is_interested_too_and_earns_its_price() {
        let figures = figures(10, 5, 2);
        assert_eq!((figures.success, figures.interested), (2, 2));
        assert_eq!(figures.grade_revenue.to_decimal().to_string(), "18.00");
    }

    #[test]
    fn a_rate_counts_the_connected_and_sums_count_all() {
        let part = |code: &str, calls, connected| GradeCounts {
            grade_code: code.to_owned(),
            counts: CallCounts {
                calls,
                connected,
                ..CallCounts::default()
            },
        };
        let grades = default_grades()
            .into_iter()
            .map(|grade| (grade.code.clone(), grade))
            .collect();
        // Three deals and an A of calls that were not answered, an A and two others of answered ones.
        let parts = [part("NINE_YUAN", 3, 0), part("A", 2, 1), part("", 2, 2)];
        let figures = Figures::of(&parts, &grades);
        assert_eq!((figures.success, figures.interested), (3, 5));
        assert_eq!(figures.success_rate(), Some(0.0));
        assert_eq!(figures.interest_rate(), Some(1.0 / 3.0));
        assert_eq!(figures.grade_revenue.to_decimal().to_string(), "27.00");
    }
}
