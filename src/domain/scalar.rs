//! Values of stored fields, as filters compare them and cursors carry them.

use chrono::{DateTime, NaiveDate, Utc};

/// One value; money is its whole number of ten-thousandths, and a word of an enum its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar {
    /// Nothing.
    Null,
    /// A whole number, an id for instance.
    Int(i64),
    /// A text.
    Text(String),
    /// An instant.
    Time(DateTime<Utc>),
    /// A business day.
    Date(NaiveDate),
    /// Yes or no.
    Bool(bool),
    /// A fraction.
    Fraction(Fraction),
}

/// A number from 0 to 1 that can be compared: never NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fraction(u64);

impl Fraction {
    /// Of a number that is not negative; anything else counts as 0.
    #[must_use]
    pub fn new(number: f64) -> Self {
        // The bits of numbers that are not negative are in the numbers' order.
        Self(if number > 0.0 { number.to_bits() } else { 0 })
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers and money.
    Int,
    /// Texts and words of enums.
    Text,
    /// Instants.
    Time,
    /// Business days.
    Date,
    /// Yes or no.
    Bool,
    /// Fractions.
    Fraction,
    /// Something that is neither compared nor ordered by.
    Other,
}

impl Scalar {
    /// What it is; none for nothing.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Null => return None,
            Self::Int(_) => Kind::Int,
            Self::Text(_) => Kind::Text,
            Self::Time(_) => Kind::Time,
            Self::Date(_) => Kind::Date,
            Self::Bool(_) => Kind::Bool,
            Self::Fraction(_) => Kind::Fraction,
        })
    }
}
