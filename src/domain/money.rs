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

    /// The amount that a text says: digits, with a point and more digits if it has parts, and a minus
    /// before them if it is less than nothing. In no other form: what is read in one program as 12.50 and
    /// in another as 1250 (`12_50`, `12,50`) is no amount, and neither is `+1`, `1e3`, `.5` or `5.`
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let units: i64 = Self::digits_of(text)?.parse().ok()?;
        Some(Self(if text.starts_with('-') { -units } else { units }))
    }

    /// Whether a text has the form of an amount, though it may say more than there can be.
    #[must_use]
    pub fn has_form(text: &str) -> bool {
        Self::digits_of(text).is_some()
    }

    /// The digits of the stored form.
    fn digits_of(text: &str) -> Option<String> {
        let number = text.strip_prefix('-').unwrap_or(text);
        let (whole, parts) = number.split_once('.').unwrap_or((number, "0"));
        let are_digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(parts) {
            return None;
        }
        let parts = parts.trim_end_matches('0');
        let scale = usize::try_from(Self::SCALE).ok()?;
        (parts.len() <= scale).then(|| format!("{whole}{parts:0<scale$}"))
    }

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
    fn an_amount_is_written_in_one_form() {
        let units = |text: &str| Money::read(text).map(Money::ten_thousandths);
        for (text, expected) in [
            ("12.50", 125_000),
            ("12", 120_000),
            ("0", 0),
            ("-0", 0),
            ("-1.5", -15_000),
            ("007", 70_000),
            ("0.0001", 1),
            ("12.500000", 125_000),
            ("922337203685477.5807", i64::MAX),
        ] {
            assert_eq!(units(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "12_50",
            "1_250.00",
            "1,250.00",
            "12,50",
            "+1",
            "--1",
            "1e3",
            "1E3",
            ".5",
            "5.",
            "1.2.3",
            " 1",
            "1 ",
            "１２",
            "١٢",
            "0x10",
            "NaN",
            "inf",
            "¥9",
            "9元",
            "−1",
            "0.00001",
            "922337203685477.5808",
            "10000000000000000000000",
            "0.00000000000000000000000000000000001",
        ] {
            assert_eq!(units(text), None, "{text}");
        }
    }

    #[test]
    fn a_sum_of_tenths_is_exact() {
        let tenth = Money::try_from(Decimal::new(1, 1)).unwrap();
        let sum: Money = std::iter::repeat_n(tenth, 10).sum();
        assert_eq!(sum.to_decimal().to_string(), "1.00");
    }
}
