//! Periods that are said relative to today: "yesterday", "the last seven days".

use chrono::{Datelike, Days, Months, NaiveDate};

use super::business_time::DayRange;

/// Whole business days, relative to the day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// One that has a name.
    Named(NamedPeriod),
    /// The last so many, the present one included.
    Last {
        /// How many, 1 to [`MAX_AMOUNT`].
        amount: u32,
        /// Of what.
        unit: PeriodUnit,
    },
}

/// Periods that have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NamedPeriod {
    /// The business day it is.
    Today,
    /// The day before.
    Yesterday,
    /// Monday to today.
    ThisWeek,
    /// Monday to Sunday of the week before.
    LastWeek,
    /// The first of the month to today.
    ThisMonth,
    /// All of the month before.
    LastMonth,
}

/// What is counted back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PeriodUnit {
    /// Business days.
    Day,
    /// Weeks from Monday.
    Week,
    /// Calendar months.
    Month,
}

/// Most days, weeks or months that a period goes back.
pub const MAX_AMOUNT: u32 = 1_000;

impl Period {
    /// The last `amount` units; none when that is out of range.
    #[must_use]
    pub fn last(amount: i64, unit: PeriodUnit) -> Option<Self> {
        let amount = u32::try_from(amount).ok()?;
        (1..=MAX_AMOUNT)
            .contains(&amount)
            .then_some(Self::Last { amount, unit })
    }

    /// The days meant, seen from `today`.
    #[must_use]
    pub fn days(self, today: NaiveDate) -> DayRange {
        let (from, to) = match self {
            Self::Named(NamedPeriod::Today) => (today, today),
            Self::Named(NamedPeriod::Yesterday) => {
                let yesterday = back(today, 1);
                (yesterday, yesterday)
            }
            Self::Named(NamedPeriod::ThisWeek) => (monday(today), today),
            Self::Named(NamedPeriod::LastWeek) => {
                let monday = monday(today);
                (back(monday, 7), back(monday, 1))
            }
            Self::Named(NamedPeriod::ThisMonth) => (first(today), today),
            Self::Named(NamedPeriod::LastMonth) => {
                let last = back(first(today), 1);
                (first(last), last)
            }
            Self::Last { amount, unit } => {
                let others = amount.saturating_sub(1);
                let from = match unit {
                    PeriodUnit::Day => back(today, others.into()),
                    PeriodUnit::Week => back(monday(today), u64::from(others) * 7),
                    PeriodUnit::Month => {
                        let this = first(today);
                        this.checked_sub_months(Months::new(others)).unwrap_or(this)
                    }
                };
                (from, today)
            }
        };
        DayRange::new(from, to).unwrap_or_else(|| DayRange::day(today))
    }
}

fn back(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

fn monday(day: NaiveDate) -> NaiveDate {
    back(day, day.weekday().num_days_from_monday().into())
}

fn first(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(period: Period, today: &str) -> (String, String) {
        let days = period.days(today.parse().unwrap());
        (days.from().to_string(), days.to().to_string())
    }

    fn range(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    /// 20 November 2026 is a Friday.
    #[test]
    fn named_periods_end_today_or_before() {
        let named = |period| days(Period::Named(period), "2026-11-20");
        assert_eq!(named(NamedPeriod::Today), range("2026-11-20", "2026-11-20"));
        assert_eq!(
            named(NamedPeriod::Yesterday),
            range("2026-11-19", "2026-11-19")
        );
        assert_eq!(
            named(NamedPeriod::ThisWeek),
            range("2026-11-16", "2026-11-20")
        );
        assert_eq!(
            named(NamedPeriod::LastWeek),
            range("2026-11-09", "2026-11-15")
        );
        assert_eq!(
            named(NamedPeriod::ThisMonth),
            range("2026-11-01", "2026-11-20")
        );
        assert_eq!(
            named(NamedPeriod::LastMonth),
            range("2026-10-01", "2026-10-31")
        );
        let january = Period::Named(NamedPeriod::LastMonth);
        assert_eq!(
            days(january, "2027-01-31"),
            range("2026-12-01", "2026-12-31")
        );
    }

    #[test]
    fn the_last_seven_days_end_today() {
        let last = |amount, unit| days(Period::last(amount, unit).unwrap(), "2026-11-20");
        assert_eq!(last(7, PeriodUnit::Day), range("2026-11-14", "2026-11-20"));
        assert_eq!(last(1, PeriodUnit::Day), range("2026-11-20", "2026-11-20"));
        assert_eq!(last(2, PeriodUnit::Week), range("2026-11-09", "2026-11-20"));
        assert_eq!(
            last(3, PeriodUnit::Month),
            range("2026-09-01", "2026-11-20")
        );
        assert_eq!(Period::last(0, PeriodUnit::Day), None);
        assert_eq!(Period::last(1_001, PeriodUnit::Day), None);
    }
}
