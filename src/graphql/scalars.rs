//! Scalars of our own.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat, Utc};

use crate::domain::money::Money;

/// A day as clients write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date(pub NaiveDate);

/// A business day, `YYYY-MM-DD`: a calendar day in the business time zone (Asia/Shanghai unless
/// configured otherwise).
#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        // chrono would also take `2026-1-2`.
        text.parse()
            .ok()
            .filter(|_| text.len() == "YYYY-MM-DD".len())
            .map(Self)
            .ok_or_else(|| {
                InputValueError::custom("a day is written YYYY-MM-DD, such as 2026-11-19")
            })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<NaiveDate> for Date {
    fn from(day: NaiveDate) -> Self {
        Self(day)
    }
}

/// An amount as clients read and write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal(pub Money);

/// An exact amount of money in yuan, as a string: at least two decimal places and at most four,
/// `"9.00"`. Never a float.
#[Scalar(name = "Decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let amount: rust_decimal::Decimal = text.parse().map_err(|_| {
            InputValueError::custom("an amount is written as a string such as \"12.50\"")
        })?;
        Ok(Self(
            Money::try_from(amount).map_err(InputValueError::custom)?,
        ))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_decimal().to_string())
    }
}

impl From<Decimal> for Money {
    fn from(amount: Decimal) -> Self {
        amount.0
    }
}

impl From<Money> for Decimal {
    fn from(amount: Money) -> Self {
        Self(amount)
    }
}

/// An instant as clients read and write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DateTime(pub chrono::DateTime<Utc>);

/// An instant in RFC 3339, in UTC: `2026-11-19T09:30:00Z`. Taken in any offset.
#[Scalar(name = "DateTime")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        chrono::DateTime::parse_from_rfc3339(text)
            .map(|instant| Self(instant.to_utc()))
            .map_err(|_| {
                InputValueError::custom(
                    "an instant is written as in RFC 3339, such as 2026-11-19T09:30:00Z",
                )
            })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl From<DateTime> for chrono::DateTime<Utc> {
    fn from(instant: DateTime) -> Self {
        instant.0
    }
}

impl From<chrono::DateTime<Utc>> for DateTime {
    fn from(instant: chrono::DateTime<Utc>) -> Self {
        Self(instant)
    }
}
