//! Scalars of our own.

use std::borrow::Cow;

use async_graphql::{
    InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value, registry::Registry,
};
use chrono::{Datelike as _, NaiveDate, SecondsFormat, SubsecRound as _, Timelike as _, Utc};

use crate::domain::{change::Given, money::Money};

/// A scalar that is written as a text.
pub(super) trait Text: ScalarType + InputType {
    /// How it is written, for whoever wrote it otherwise.
    const FORM: &str;

    /// What a text means, if it has the form.
    fn read(text: &str) -> Option<Self>;

    /// What is taken, for whoever wrote a text that is not.
    fn taken(_text: &str) -> &'static str {
        Self::FORM
    }

    /// What a value means, or why it means nothing.
    fn given(value: Option<Value>) -> Given<Self> {
        let value = value.unwrap_or_default();
        let (read, taken) = match &value {
            Value::String(text) => (Self::read(text), Self::taken(text)),
            _ => (None, Self::FORM),
        };
        read.ok_or_else(|| format!("{taken}, and not {}", shown(&value)))
    }
}

/// How many characters are shown of a value that cannot be read.
const MOST_SHOWN: usize = 40;
/// From here on not every whole number is a float.
pub(super) const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value that cannot be read, as it was written. Of a large float that is not known any more.
pub(super) fn shown(value: &Value) -> String {
    if let Value::Number(number) = value
        && number.is_f64()
        && let Some(float) = number.as_f64().filter(|float| float.abs() >= EXACT)
    {
        let range = if float < 0.0 {
            "-9007199254740992 or less"
        } else {
            "9007199254740992 or more"
        };
        return format!("a number of {range}, which is not read exactly");
    }
    let text = value.to_string();
    let mut shown: String = text.chars().take(MOST_SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A scalar in an input that services read: one that cannot be read is refused along with the
/// other problems of the input, with its path, and not the whole request without one.
pub(super) struct Written<S>(Given<S>);

impl<S: Text> InputType for Written<S> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <S as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        S::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        Ok(Self(S::given(value)))
    }

    fn to_value(&self) -> Value {
        self.0
            .as_ref()
            .map(ScalarType::to_value)
            .unwrap_or_default()
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// A day as clients write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date(pub NaiveDate);

/// A business day, `YYYY-MM-DD`: a calendar day in the business time zone (Asia/Shanghai unless
/// configured otherwise).
#[Scalar(
    name = "Date",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
)]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        Self::given(Some(value)).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl Text for Date {
    const FORM: &str = "a day is written as a text YYYY-MM-DD, such as \"2026-11-19\"";

    fn read(text: &str) -> Option<Self> {
        // chrono would also take `2026-1-2`, and years with a sign.
        let is_digit = |(place, byte): (usize, u8)| matches!(place, 4 | 7) || byte.is_ascii_digit();
        let has_form = text.len() == "YYYY-MM-DD".len() && text.bytes().enumerate().all(is_digit);
        has_form.then(|| text.parse().ok().map(Self))?
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
        Self::given(Some(value)).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_decimal().to_string())
    }
}

impl Text for Decimal {
    const FORM: &str =
        "an amount is written as a text with at most four decimal places, such as \"12.50\"";

    fn read(text: &str) -> Option<Self> {
        Money::read(text).map(Self)
    }

    fn taken(text: &str) -> &'static str {
        if Money::has_form(text) {
            "an amount is from -922337203685477.5807 to 922337203685477.5807"
        } else {
            Self::FORM
        }
    }
}

impl From<Written<Decimal>> for Given<Money> {
    fn from(amount: Written<Decimal>) -> Self {
        amount.0.map(|amount| amount.0)
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

/// An instant in RFC 3339, in UTC: `2026-11-19T09:30:00Z`. Taken in any offset, to the microsecond. Leap
/// seconds (`:60`) are not taken.
#[Scalar(
    name = "DateTime",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339"
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        Self::given(Some(value)).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Text for DateTime {
    const FORM: &str = "an instant is written as a text as in RFC 3339, such as \"2026-11-19T09:30:00Z\", with seconds from 00 to 59";

    fn read(text: &str) -> Option<Self> {
        let instant = chrono::DateTime::parse_from_rfc3339(text).ok()?.to_utc();
        // The databases would not agree on which second a leap second is, nor on what is smaller than
        // they keep, nor on years that are not of four digits.
        let is_leap = instant.nanosecond() >= NANOSECONDS;
        let has_form = !is_leap && (0..=9_999).contains(&instant.year());
        has_form.then(|| Self(instant.trunc_subsecs(6)))
    }
}

/// In a second.
const NANOSECONDS: u32 = 1_000_000_000;

impl From<Written<DateTime>> for Given<chrono::DateTime<Utc>> {
    fn from(instant: Written<DateTime>) -> Self {
        instant.0.map(|instant| instant.0)
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

/// A sum as clients read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BigInt(pub i64);

/// A whole number that may be larger than an Int: exact up to 2^53, as a JSON number. Sums are such
/// numbers; a single value, and a number of rows, is an Int.
#[Scalar(name = "BigInt")]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            _ => None,
        };
        let form = || {
            InputValueError::custom(format!(
                "a whole number is wanted, and not {}",
                shown(&value)
            ))
        };
        number.map(Self).ok_or_else(form)
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

impl From<i64> for BigInt {
    fn from(sum: i64) -> Self {
        Self(sum)
    }
}
