//! What is known of a business day's calls: whether its figures can be believed.

use chrono::NaiveDate;

/// What is known of a day, or of several together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DayState {
    /// It was read whole after it had ended, and nothing is known to be missing.
    Complete,
    /// It was read, but not whole, or a newer read of it failed or is unfinished; the first one, too, if
    /// calls were stored by it.
    Stale,
    /// It is not over: its figures still grow.
    Running,
    /// It is over, and no read stored anything of it: calls that nobody read are not counted.
    #[default]
    NeverRead,
}

/// What reads of a day came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reads {
    /// A read of it ended well, or stored calls before it failed.
    pub read: bool,
    /// It was read whole, after it had ended.
    pub complete: bool,
    /// A newer read failed or is unfinished.
    pub stale: bool,
}

impl Reads {
    /// Whether nothing is known of the day by them.
    #[must_use]
    pub const fn know_nothing(self) -> bool {
        !self.read && !self.complete
    }
}

impl DayState {
    /// Of `day`, seen from `today`.
    #[must_use]
    pub fn of(day: NaiveDate, today: NaiveDate, reads: Reads) -> Self {
        if day >= today {
            Self::Running
        } else if reads.complete && !reads.stale {
            Self::Complete
        } else if reads.know_nothing() {
            Self::NeverRead
        } else {
            Self::Stale
        }
    }

    /// Of several days together: NEVER_READ if no day was read, RUNNING if one is not over, STALE if
    /// one is not complete.
    #[must_use]
    pub fn together(days: impl IntoIterator<Item = Self>) -> Self {
        let days: Vec<Self> = days.into_iter().collect();
        let is = |state: Self| move |day: &Self| *day == state;
        if days.iter().all(is(Self::NeverRead)) {
            Self::NeverRead
        } else if days.iter().any(is(Self::Running)) {
            Self::Running
        } else if days.iter().all(is(Self::Complete)) {
            Self::Complete
        } else {
            Self::Stale
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DayState::{Complete, NeverRead, Running, Stale};
    use super::*;

    #[test]
    fn a_day_is_what_its_reads_came_to() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-11-20");
        let reads = |read, complete, stale| Reads {
            read,
            complete,
            stale,
        };
        for (of, reads, state) in [
            ("2026-11-20", reads(false, false, false), Running),
            ("2026-11-20", reads(true, false, true), Running),
            ("2026-11-21", reads(false, false, false), Running),
            ("2026-11-19", reads(false, false, false), NeverRead),
            // A first read that failed before it stored anything, and one that had stored calls.
            ("2026-11-19", reads(false, false, true), NeverRead),
            ("2026-11-19", reads(true, false, true), Stale),
            // Read in the evening, and not since.
            ("2026-11-19", reads(true, false, false), Stale),
            ("2026-11-19", reads(true, true, true), Stale),
            ("2026-11-19", reads(true, true, false), Complete),
        ] {
            assert_eq!(DayState::of(day(of), today, reads), state, "{of} {reads:?}");
        }
    }

    #[test]
    fn days_together_are_no_better_than_the_worst_of_them() {
        for (days, state) in [
            (vec![Complete, Complete], Complete),
            (vec![Complete, Stale], Stale),
            (vec![Complete, NeverRead], Stale),
            (vec![NeverRead, NeverRead], NeverRead),
            (vec![NeverRead, Running], Running),
            (vec![Stale, Running], Running),
        ] {
            assert_eq!(DayState::together(days.clone()), state, "{days:?}");
        }
    }
}
