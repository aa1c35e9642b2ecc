//! Which records of a list are wanted.
//!
//! Filters are two-valued: a test of a field that has no value is false, and so its opposite is
//! true. Whoever asks for calls whose province is not 江苏 gets those without a province, too.

use super::{
    business_time::{BusinessZone, DayRange},
    period::Period,
    scalar::Scalar,
};
use chrono::NaiveDate;

/// A condition on a record. Fields and relations go by their names in the tables.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Every one holds; holds for none at all.
    All(Vec<Filter>),
    /// At least one holds.
    Any(Vec<Filter>),
    /// Does not hold.
    Not(Box<Filter>),
    /// The field stands the test.
    Field(&'static str, Test),
    /// There is a related record, and the condition holds for it.
    One(&'static str, Box<Filter>),
    /// So many of the related records fulfil the condition.
    Many(&'static str, Quantifier, Box<Filter>),
}

/// A test of one value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// Equal to.
    Equal(Scalar),
    /// Equal to one of these.
    Among(Vec<Scalar>),
    /// Greater than; later than.
    Greater(Scalar),
    /// Not less than.
    AtLeast(Scalar),
    /// Less than; earlier than.
    Less(Scalar),
    /// Not greater than.
    AtMost(Scalar),
    /// The text has this somewhere in it; Latin letters match in either case.
    Contains(String),
    /// The text starts with this; Latin letters match in either case.
    StartsWith(String),
    /// There is no value.
    Missing,
    /// The business day is one of the period's.
    DayIn(Period),
    /// The instant lies on one of the period's business days.
    InstantIn(Period),
}

/// How many related records have to fulfil a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// At least one.
    Some,
    /// None.
    None,
    /// Each; holds where there are none.
    Every,
}

/// Most tests in one filter.
pub const MAX_TESTS: usize = 100;
/// Most values of one `in` list.
pub const MAX_VALUES: usize = 1_000;

/// The filter asks for too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Too many tests.
    #[error("a filter has at most {MAX_TESTS} tests, and this one has {0}")]
    TooManyTests(usize),
    /// Too long a list of values.
    #[error("a list of values has at most {MAX_VALUES}, and {0} were given")]
    TooManyValues(usize),
}

impl Filter {
    /// A test of a field.
    #[must_use]
    pub const fn field(name: &'static str, test: Test) -> Self {
        Self::Field(name, test)
    }

    /// Not this.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// All of these; the one itself where there is but one.
    #[must_use]
    pub fn all(mut filters: Vec<Self>) -> Self {
        if filters.len() == 1 {
            filters.swap_remove(0)
        } else {
            Self::All(filters)
        }
    }

    /// Refuses a filter that is out of bounds.
    ///
    /// # Errors
    /// [`FilterError`]
    pub fn check(&self) -> Result<(), FilterError> {
        let tests = self.tests()?;
        if tests > MAX_TESTS {
            return Err(FilterError::TooManyTests(tests));
        }
        Ok(())
    }

    fn tests(&self) -> Result<usize, FilterError> {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().map(Self::tests).sum::<Result<usize, _>>()
            }
            Self::Not(filter) => filter.tests(),
            Self::One(_, filter) | Self::Many(_, _, filter) => Ok(1 + filter.tests()?),
            Self::Field(_, Test::Among(values)) if values.len() > MAX_VALUES => {
                Err(FilterError::TooManyValues(values.len()))
            }
            Self::Field(..) => Ok(1),
        }
    }

    /// Whether the filter, or one of a related record in it, asks about `field`.
    #[must_use]
    pub fn mentions(&self, field: &str) -> bool {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().any(|filter| filter.mentions(field))
            }
            Self::Not(filter) | Self::One(_, filter) | Self::Many(_, _, filter) => {
                filter.mentions(field)
            }
            Self::Field(name, _) => *name == field,
        }
    }

    /// The filter with every period as the days it means, seen from `today`.
    #[must_use]
    pub fn on(&self, today: NaiveDate, zone: BusinessZone) -> Self {
        let each = |filters: &[Self]| {
            filters
                .iter()
                .map(|filter| filter.on(today, zone))
                .collect()
        };
        let one = |filter: &Self| Box::new(filter.on(today, zone));
        match self {
            Self::All(filters) => Self::All(each(filters)),
            Self::Any(filters) => Self::Any(each(filters)),
            Self::Not(filter) => Self::Not(one(filter)),
            Self::One(relation, filter) => Self::One(relation, one(filter)),
            Self::Many(relation, quantifier, filter) => {
                Self::Many(relation, *quantifier, one(filter))
            }
            Self::Field(name, Test::DayIn(period)) => days(name, period.days(today)),
            Self::Field(name, Test::InstantIn(period)) => instants(name, period.days(today), zone),
            Self::Field(..) => self.clone(),
        }
    }
}

fn days(name: &'static str, days: DayRange) -> Filter {
    Filter::All(vec![
        Filter::Field(name, Test::AtLeast(Scalar::Date(days.from()))),
        Filter::Field(name, Test::AtMost(Scalar::Date(days.to()))),
    ])
}

fn instants(name: &'static str, days: DayRange, zone: BusinessZone) -> Filter {
    Filter::All(vec![
        Filter::Field(
            name,
            Test::AtLeast(Scalar::Time(zone.start_of(days.from()))),
        ),
        Filter::Field(name, Test::Less(Scalar::Time(zone.end_of(days.to())))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::period::NamedPeriod;

    #[test]
    fn a_period_becomes_the_instants_of_its_business_days() {
        let yesterday = Test::InstantIn(Period::Named(NamedPeriod::Yesterday));
        let filter = Filter::Field("call_time", yesterday).negated();
        let at = |text: &str| Scalar::Time(text.parse().unwrap());
        assert_eq!(
            filter.on("2026-11-20".parse().unwrap(), BusinessZone::default()),
            Filter::All(vec![
                Filter::Field("call_time", Test::AtLeast(at("2026-11-18T16:00:00Z"))),
                Filter::Field("call_time", Test::Less(at("2026-11-19T16:00:00Z"))),
            ])
            .negated()
        );
    }

    #[test]
    fn filters_are_bounded() {
        let test = || Filter::Field("id", Test::Equal(Scalar::Int(1)));
        let many = |tests| Filter::Any((0..tests).map(|_| test()).collect());
        assert_eq!(many(100).check(), Ok(()));
        assert_eq!(many(101).check(), Err(FilterError::TooManyTests(101)));
        let values = Filter::Field("id", Test::Among(vec![Scalar::Int(1); 1_001]));
        assert_eq!(
            values.negated().check(),
            Err(FilterError::TooManyValues(1_001))
        );
    }

    #[test]
    fn a_field_is_found_in_related_records_too() {
        let phone = Filter::Field("phone_number", Test::Missing);
        let filter = Filter::Many("calls", Quantifier::Some, Box::new(phone)).negated();
        assert!(filter.mentions("phone_number"));
        assert!(!filter.mentions("call_time"));
    }
}
