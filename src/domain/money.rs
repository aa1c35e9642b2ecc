//! Exact money.

use rust_decimal::Decimal;
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// An amount in yuan, exact to a ten-thousandth.
///
/// Held, stored and summed as a whole number of ten-thousandths, because SQLite has no decimal
/// type and a sum of floats is not exact. Range: about ±922 trillion yuan.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    DeriveValueType,
    Serialize,
    Deserialize,
)]
pub struct Money(i64);

/// The amount has more than four decimal places or is out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount of money has at most 4 decimal places and 14 digits before the point")]
pub struct InvalidMoney;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// Decimal places that are kept.
    pub const SCALE: u32 = 4;

    /// From a number of ten-thousandths of a yuan, the stored form.
    #[must_use]
    pub const fn from_ten_thousandths(units: i64) -> Self {
        Self(units)
    }

    /// The stored form: ten-thousandths of a yuan.
    #[must_use]
    pub const fn ten_thousandths(self) -> i64 {
        self.0
    }

    /// The amount as a decimal number of yuan, with at least two decimal places (`9.00`).
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        let mut amount = Decimal::new(self.0, Self::SCALE).normalize();
        if amount.scale() < 2 {
            amount.rescale(2);
        }
        amount
    }

    /// This amount `times` over; at the ends of the range it stays there.
    #[must_use]
    pub const fn times(self, times: i64) -> Self {
        Self(self.0.saturating_mul(times))
    }

    /// The sum; at the ends of the range it stays there.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference; at the ends of the range it stays there.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

impl TryFrom<Decimal> for Money {
    type Error = InvalidMoney;

    fn try_from(amount: Decimal) -> Result<Self, InvalidMoney> {
        let mut exact = amount;
        exact.rescale(Self::SCALE);
        if exact.scale() != Self::SCALE || exact != amount {
            return Err(InvalidMoney);
        }
        i64::try_from(exact.mantissa())
            .map(Self)
            .map_err(|_| InvalidMoney)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_yuan_are_shown_with_two_decimals_and_small_parts_are_kept() {
        let shown = |text: &str| {
            Money::try_from(text.parse::<Decimal>().unwrap())
                .unwrap()
                .to_decimal()
                .to_string()
        };
        assert_eq!(shown("9"), "9.00");
        assert_eq!(shown("0.1"), "0.10");
        assert_eq!(shown("0.0735"), "0.0735");
        assert_eq!(shown("-1.5"), "-1.50");
    }

    #[test]
    fn more_than_four_decimals_or_too_many_digits_are_refused() {
        for text in ["0.00001", "922337203685477.5808"] {
            assert_eq!(
                Money::try_from(text.parse::<Decimal>().unwrap()),
                Err(InvalidMoney),
                "{text}"
            );
        }
    }

    #[test]
    fn a_sum_of_tenths_is_exact() {
        let tenth = Money::try_from(Decimal::new(1, 1)).unwrap();
        let sum: Money = std::iter::repeat_n(tenth, 10).sum();
        assert_eq!(sum.to_decimal().to_string(), "1.00");
    }
}
