//! Which records of a list are wanted.
//!
//! Filters are two-valued: a test of a field that has no value is false, and so its opposite is
//! true. Whoever asks for calls whose province is not 江苏 gets those without a province, too.

use super::{
    business_time::{BusinessZone, DayRange},
    period::Period,
    scalar::Scalar,
    text,
};
use chrono::NaiveDate;

mod reading;
mod truth;

pub use truth::{Facts, Measure};

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

/// Most conditions in one filter: tests, and every `and`, `or`, `not` and related record.
pub const MAX_CONDITIONS: usize = 200;
/// Deepest nesting of conditions.
pub const MAX_DEPTH: usize = 20;
/// Most values of one `in` list.
pub const MAX_VALUES: usize = 1_000;
/// Most values of all lists of a filter.
pub const MAX_ALL_VALUES: usize = 10_000;
/// Longest text to compare with, in characters.
pub const MAX_TEXT: usize = 1_000;

/// The filter asks for too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Too many conditions.
    #[error("a filter has at most {MAX_CONDITIONS} conditions, and this one has more")]
    TooMany,
    /// Conditions within conditions within conditions.
    #[error("the conditions of a filter are nested at most {MAX_DEPTH} deep")]
    TooDeep,
    /// Too long a list of values.
    #[error("a list of values has at most {MAX_VALUES}, and {0} were given")]
    TooManyValues(usize),
    /// Too many values in all.
    #[error("the lists of values of a filter have at most {MAX_ALL_VALUES} in all")]
    TooManyValuesInAll,
    /// A text that nothing stored can equal.
    #[error("a text to compare with has at most {MAX_TEXT} characters, and no NUL among them")]
    Text,
    /// A text that says nothing.
    #[error(
        "`{}` cannot be compared with an empty text: leave the condition out, or use `isNull` to find what has no value",
        camel_case(.0)
    )]
    Blank(&'static str),
}

/// A field as the API calls it.
#[must_use]
pub fn camel_case(field: &str) -> String {
    let mut parts = field.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        let mut letters = part.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &capital.into_iter().chain(letters).collect::<String>()
    })
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
        let mut extent = Extent::default();
        extent.add(self, 1)?;
        if extent.values > MAX_ALL_VALUES {
            return Err(FilterError::TooManyValuesInAll);
        }
        Ok(())
    }

    /// Whether the record's own `field` is tested; fields of related records are not its own.
    #[must_use]
    pub fn asks_for(&self, field: &str) -> bool {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().any(|filter| filter.asks_for(field))
            }
            Self::Not(filter) => filter.asks_for(field),
            Self::Field(name, _) => *name == field,
            Self::One(..) | Self::Many(..) => false,
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

/// How much a filter asks for.
#[derive(Default)]
struct Extent {
    conditions: usize,
    values: usize,
}

impl Test {
    /// The texts that are compared with.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (part, scalars): (Option<&str>, &[Scalar]) = match self {
            Self::Contains(part) | Self::StartsWith(part) => (Some(part), &[]),
            Self::Among(values) => (None, values),
            Self::Equal(value)
            | Self::Greater(value)
            | Self::AtLeast(value)
            | Self::Less(value)
            | Self::AtMost(value) => (None, std::slice::from_ref(value)),
            Self::Missing | Self::DayIn(_) | Self::InstantIn(_) => (None, &[]),
        };
        let texts = scalars.iter().filter_map(|value| match value {
            Scalar::Text(text) => Some(text.as_str()),
            _ => None,
        });
        part.into_iter().chain(texts)
    }
}

impl Extent {
    fn add(&mut self, filter: &Filter, depth: usize) -> Result<(), FilterError> {
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            return Err(FilterError::TooMany);
        }
        if depth > MAX_DEPTH {
            return Err(FilterError::TooDeep);
        }
        match filter {
            Filter::All(filters) | Filter::Any(filters) => filters
                .iter()
                .try_for_each(|filter| self.add(filter, depth + 1)),
            Filter::Not(filter) | Filter::One(_, filter) | Filter::Many(_, _, filter) => {
                self.add(filter, depth + 1)
            }
            Filter::Field(_, test) => self.test(test),
        }
    }

    fn test(&mut self, test: &Test) -> Result<(), FilterError> {
        let scalar = |value: &Scalar| match value {
            Scalar::Text(words) => usable(words),
            _ => Ok(()),
        };
        match test {
            Test::Equal(value)
            | Test::Greater(value)
            | Test::AtLeast(value)
            | Test::Less(value)
            | Test::AtMost(value) => scalar(value),
            Test::Among(values) if values.len() > MAX_VALUES => {
                Err(FilterError::TooManyValues(values.len()))
            }
            Test::Among(values) => {
                self.values += values.len();
                values.iter().try_for_each(scalar)
            }
            Test::Contains(part) | Test::StartsWith(part) => usable(part),
            Test::Missing | Test::DayIn(_) | Test::InstantIn(_) => Ok(()),
        }
    }
}

fn usable(text: &str) -> Result<(), FilterError> {
    if !text::is_storable(text) || text.chars().count() > MAX_TEXT {
        return Err(FilterError::Text);
    }
    Ok(())
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
    fn a_filter_asks_for_the_record_s_own_fields_only() {
        let missing = |name| Filter::Field(name, Test::Missing);
        let nested = Filter::Any(vec![
            missing("a"),
            Filter::All(vec![missing("b")]).negated(),
        ]);
        assert!(nested.asks_for("b"));
        assert!(!nested.asks_for("c"));
        let related = Filter::Many("calls", Quantifier::Some, Box::new(missing("b")));
        assert!(!related.asks_for("b"));
    }

    #[test]
    fn filters_are_bounded() {
        let test = || Filter::Field("id", Test::Equal(Scalar::Int(1)));
        let many = |tests| Filter::Any((0..tests).map(|_| test()).collect());
        assert_eq!(many(199).check(), Ok(()));
        assert_eq!(many(200).check(), Err(FilterError::TooMany));
        let empty = Filter::All((0..200).map(|_| Filter::All(Vec::new())).collect());
        assert_eq!(empty.check(), Err(FilterError::TooMany));
        let deep = |depth| (1..depth).fold(test(), |filter, _| filter.negated());
        assert_eq!(deep(20).check(), Ok(()));
        assert_eq!(deep(21).check(), Err(FilterError::TooDeep));
        let listed = |lists| {
            let list = || Filter::Field("id", Test::Among(vec![Scalar::Int(1); 1_000]));
            Filter::Any((0..lists).map(|_| list()).collect())
        };
        assert_eq!(listed(10).check(), Ok(()));
        assert_eq!(listed(11).check(), Err(FilterError::TooManyValuesInAll));
        for text in ["a\0b".to_owned(), "a".repeat(1_001)] {
            let filter = Filter::Field("name", Test::Contains(text));
            assert_eq!(filter.check(), Err(FilterError::Text));
        }
        let values = Filter::Field("id", Test::Among(vec![Scalar::Int(1); 1_001]));
        assert_eq!(
            values.negated().check(),
            Err(FilterError::TooManyValues(1_001))
        );
    }
}
