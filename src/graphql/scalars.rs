//! Scalars of our own.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;

/// A business day, `YYYY-MM-DD`: a calendar day in the business time zone (Asia/Shanghai unless
/// configured otherwise).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date(pub NaiveDate);

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
