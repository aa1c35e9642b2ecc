//! Periods that are said relative to today.

use async_graphql::{Enum, InputObject};

use super::bad;
use crate::{
    domain::{
        filter::Test,
        period::{MAX_AMOUNT, Period},
    },
    graphql::{
        error::ApiError,
        scalars::{Date, DateTime},
    },
};

/// Periods of whole business days, seen from today.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::period::NamedPeriod")]
pub(super) enum NamedPeriod {
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

/// What a period counts.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::period::PeriodUnit")]
pub(super) enum PeriodUnit {
    /// Business days.
    Day,
    /// Weeks, from Monday.
    Week,
    /// Calendar months.
    Month,
}

/// The last days, weeks or months, the present one included: the last 7 days are today and the
/// six days before, `{amount: 2, unit: WEEK}` is from Monday of last week to today.
#[derive(InputObject)]
pub(super) struct LastPeriod {
    /// How many, 1 to 1,000.
    amount: i32,
    /// Of what.
    unit: PeriodUnit,
}

impl LastPeriod {
    /// The period meant.
    pub fn period(&self) -> Result<Period, ApiError> {
        Period::last(self.amount.into(), self.unit.into()).ok_or_else(|| {
            bad(format!(
                "`last.amount` must be from 1 to {MAX_AMOUNT}, and {} was given",
                self.amount
            ))
        })
    }
}

/// A time that periods can be compared with.
pub(super) trait InPeriod {
    /// The test that it lies in a period.
    fn test(period: Period) -> Test;
}

impl InPeriod for DateTime {
    fn test(period: Period) -> Test {
        Test::InstantIn(period)
    }
}

impl InPeriod for Date {
    fn test(period: Period) -> Test {
        Test::DayIn(period)
    }
}
