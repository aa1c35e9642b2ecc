//! How fast a run is, and how long it may still take.

use chrono::TimeDelta;

/// What the slices of a run come to; those that were cut in two count as the two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SliceTotals {
    /// How many there are.
    pub slices: i64,
    /// Of those, proven whole.
    pub done: i64,
    /// The days that they are parts of.
    pub days: i64,
    /// Slices of which it is known how many records they have: closed, or counted by the platform.
    pub known: i64,
    /// The records of those: seen if they are closed, expected if they are open.
    pub due: i64,
    /// Records seen so far.
    pub seen: i64,
}

/// What a run did so far, and in which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long it took, or takes until now.
    pub elapsed: TimeDelta,
    /// Rows read from the platform.
    pub fetched: i64,
    /// Days that it is about.
    pub days: i64,
}

impl Pace {
    /// Seconds since the run was started; never below 0, whatever the clocks of instances say.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.elapsed.as_seconds_f64().max(0.0)
    }

    /// Rows read in a second; `None` while nothing was read, or no time has passed.
    #[must_use]
    pub fn per_second(self) -> Option<f64> {
        let seconds = self.seconds();
        (self.fetched > 0 && seconds > 0.0).then(|| number(self.fetched) / seconds)
    }

    /// About how many seconds the rest takes, at the pace of what was read. Slices that nobody
    /// counted yet, and days without slices, are taken to be like the others. `None` while nothing
    /// can be said.
    #[must_use]
    pub fn remaining(self, slices: SliceTotals) -> Option<f64> {
        if slices.known <= 0 || slices.days <= 0 || slices.seen <= 0 {
            return None;
        }
        let planned = number(slices.due) * number(slices.slices) / number(slices.known);
        let days = self.days.max(slices.days);
        let all = planned * number(days) / number(slices.days);
        let seen = number(slices.seen);
        Some((all - seen).max(0.0) * self.seconds() / seen)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of records stay far below 2^52"
)]
const fn number(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        elapsed: TimeDelta::seconds(20),
        fetched: 600,
        days: 2,
    };

    #[test]
    fn the_rest_is_estimated_by_what_was_read() {
        assert_eq!(PACE.per_second(), Some(30.0));
        // A day of four slices, three of them of 300 records each: 1,200 are likely, and as many of
        // the other day. 600 took 20 s, so 1,800 take 60 s.
        let slices = SliceTotals {
            slices: 4,
            done: 2,
            days: 1,
            known: 3,
            due: 900,
            seen: 600,
        };
        assert_eq!(PACE.remaining(slices), Some(60.0));
        // The other day has no records: everything is planned, and read.
        let all = SliceTotals {
            slices: 2,
            done: 2,
            days: 2,
            known: 2,
            due: 600,
            seen: 600,
        };
        assert_eq!(PACE.remaining(all), Some(0.0));
    }

    #[test]
    fn nothing_is_said_of_what_nobody_knows() {
        assert_eq!(PACE.remaining(SliceTotals::default()), None);
        let uncounted = SliceTotals {
            slices: 4,
            days: 1,
            ..SliceTotals::default()
        };
        assert_eq!(PACE.remaining(uncounted), None);
        let idle = Pace { fetched: 0, ..PACE };
        assert_eq!(idle.per_second(), None);
        let backwards = Pace {
            elapsed: TimeDelta::seconds(-3),
            ..PACE
        };
        assert_eq!((backwards.seconds(), backwards.per_second()), (0.0, None));
    }
}
