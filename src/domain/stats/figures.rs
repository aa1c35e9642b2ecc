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
    /// Talk time of all, in seconds.
    pub duration: i64,
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
            duration: self.duration + other.duration,
            billed: self.billed.plus(other.billed),
        }
    }

    /// What has to be added to undo adding these.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self {
            calls: -self.calls,
            connected: -self.connected,
            duration: -self.duration,
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
    /// Calls whose grade is a deal.
    pub success: i64,
    /// Calls whose grade is interested or a deal.
    pub interested: i64,
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
            let calls = part.counts.calls;
            let grade = grades.get(&part.grade_code);
            let is_success = grade.is_some_and(|grade| grade.is_success);
            let is_interested = is_success || grade.is_some_and(|grade| grade.is_interested);
            let price = grade.map_or(Money::ZERO, |grade| grade.unit_price);
            Self {
                counts: sum.counts.plus(part.counts),
                success: sum.success + if is_success { calls } else { 0 },
                interested: sum.interested + if is_interested { calls } else { 0 },
                grade_revenue: sum.grade_revenue.plus(price.times(calls)),
            }
        })
    }

    /// Connect rate: connected ÷ dialled.
    #[must_use]
    pub fn connect_rate(&self) -> Option<f64> {
        ratio(self.counts.connected, self.counts.calls)
    }

    /// Success rate: deals ÷ connected.
    #[must_use]
    pub fn success_rate(&self) -> Option<f64> {
        ratio(self.success, self.counts.connected)
    }

    /// Interest rate: interested ÷ connected.
    #[must_use]
    pub fn interest_rate(&self) -> Option<f64> {
        ratio(self.interested, self.counts.connected)
    }

    /// Average handle time in seconds: total duration ÷ connected.
    #[must_use]
    pub fn average_handle_time(&self) -> Option<f64> {
        ratio(self.counts.duration, self.counts.connected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::grade::default_grades;

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

    #[test]
    fn a_deal_is_interested_too_and_earns_its_price() {
        let figures = figures(10, 5, 2);
        assert_eq!((figures.success, figures.interested), (2, 2));
        assert_eq!(figures.grade_revenue.to_decimal().to_string(), "18.00");
    }
}
