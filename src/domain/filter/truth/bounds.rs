//! What lies within the natural bounds of a field.

use chrono::{DateTime, Utc};

use super::{Test, values};
use crate::domain::scalar::Scalar;

/// What a field measures, and so what its values lie between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Ids and versions: from 1 to what a number in JSON can say.
    Ordinal,
    /// Numbers of things, and seconds: from 0 to what a column of 32 bits holds.
    Count,
    /// Ten-thousandths of a yuan: from 0.
    Money,
    /// Instants that somebody gave: of years of four digits.
    Instant,
    /// When a call was, or a row was written: from the year 2000 on.
    Event,
    /// When the program wrote the row: an [`Self::Event`] that was before this instant.
    Before(DateTime<Utc>),
}

/// The greatest whole number that every program reads from JSON as it was written.
const MOST: i64 = (1 << 53) - 1;
/// The first and the last second of years of four digits, and the first of the year 2000.
const FIRST_SECOND: i64 = -62_167_219_200;
const LAST_SECOND: i64 = 253_402_300_799;
const SECOND_OF_2000: i64 = 946_684_800;

/// Which values pass a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passing {
    /// Each that there can be.
    Each,
    /// None that there can be.
    None,
}

impl Measure {
    /// The least and the greatest value.
    fn bounds(self) -> (Scalar, Scalar) {
        let number = |least, most| (Scalar::Int(least), Scalar::Int(most));
        let instant =
            |second| Scalar::Time(DateTime::from_timestamp(second, 0).unwrap_or_default());
        match self {
            Self::Ordinal => number(1, MOST),
            Self::Count => number(0, i64::from(i32::MAX)),
            Self::Money => number(0, MOST),
            Self::Instant => (instant(FIRST_SECOND), instant(LAST_SECOND)),
            Self::Event => (instant(SECOND_OF_2000), instant(LAST_SECOND)),
            Self::Before(end) => (instant(SECOND_OF_2000), Scalar::Time(end)),
        }
    }

    /// Which of its values pass `test`; `None` if some do and some do not.
    pub(super) fn passing(self, test: &Test) -> Option<Passing> {
        let (least, most) = &self.bounds();
        if let Some(values) = values(test) {
            let is_outside = |value: &Scalar| value < least || value > most;
            return values.iter().all(is_outside).then_some(Passing::None);
        }
        let (each, none) = match test {
            Test::Greater(bound) => (bound < least, bound >= most),
            Test::AtLeast(bound) => (bound <= least, bound > most),
            Test::Less(bound) => (bound > most, bound <= least),
            Test::AtMost(bound) => (bound >= most, bound < least),
            _ => (false, false),
        };
        if each {
            Some(Passing::Each)
        } else {
            none.then_some(Passing::None)
        }
    }
}

/// Whole numbers have neighbours: more than 3 is at least 4.
pub(super) fn whole(test: &Test) -> Test {
    let next = |number: &i64, step| number.checked_add(step).map(Scalar::Int);
    let neighbour = match test {
        Test::Greater(Scalar::Int(number)) => next(number, 1).map(Test::AtLeast),
        Test::Less(Scalar::Int(number)) => next(number, -1).map(Test::AtMost),
        _ => None,
    };
    neighbour.unwrap_or_else(|| test.clone())
}
