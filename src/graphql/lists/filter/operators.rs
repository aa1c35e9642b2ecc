//! The operators, by the type of the field.

use async_graphql::{ID, InputObject, InputType, MaybeUndefined};

use super::{
    Compared, Condition, given,
    period::{InPeriod, LastPeriod, NamedPeriod},
    tests_of_field::Tests,
};
use crate::{
    domain::{
        filter::{Filter, Test},
        period::Period,
        scalar::Scalar,
    },
    graphql::{
        dialing,
        error::ApiError,
        id::{self, Kind},
        identity,
        scalars::{Date, DateTime, Decimal},
        sync,
    },
};

/// Comparisons of a text. Texts are read as the stored ones were: names, ids, grades and telephone
/// numbers are found however they are written (１３８ 1234 8000 and +86138-1234-8000 are one number).
/// An empty text is no condition, and refused. Whoever sees telephone numbers masked compares whole
/// texts only: contains and startsWith, and texts with a number or an address in them, are FORBIDDEN
/// wherever a text may hold one.
#[derive(InputObject)]
pub(in crate::graphql) struct StringFilter {
    /// Exactly this text.
    eq: MaybeUndefined<String>,
    /// Any other text, or none.
    ne: MaybeUndefined<String>,
    /// One of these texts.
    #[graphql(name = "in")]
    among: MaybeUndefined<Vec<String>>,
    /// None of these texts.
    not_in: MaybeUndefined<Vec<String>>,
    /// Has this somewhere in it. Latin letters match in either case; % and _ are themselves.
    contains: MaybeUndefined<String>,
    /// Starts with this. Latin letters match in either case; % and _ are themselves.
    starts_with: MaybeUndefined<String>,
    /// Whether there is no text.
    is_null: Option<bool>,
}

impl Condition for StringFilter {
    fn conditions(&self, name: &'static str) -> Result<Vec<Filter>, ApiError> {
        let mut tests = Tests::of(name);
        tests
            .equal(&self.eq, &self.ne, &self.among, &self.not_in)?
            .test("contains", &self.contains, |text| {
                Test::Contains(text.clone())
            })?
            .test("startsWith", &self.starts_with, |text| {
                Test::StartsWith(text.clone())
            })?
            .missing(self.is_null);
        Ok(tests.filters)
    }
}

/// Comparisons of a value that has an order.
#[derive(InputObject)]
#[graphql(concrete(name = "IntFilter", params(i64)))]
#[graphql(concrete(name = "FloatFilter", params(f64)))]
#[graphql(concrete(name = "DecimalFilter", params(Decimal)))]
pub(in crate::graphql) struct OrderedFilter<T: InputType> {
    /// Equal to this.
    eq: MaybeUndefined<T>,
    /// Any other value, or none.
    ne: MaybeUndefined<T>,
    /// One of these.
    #[graphql(name = "in")]
    among: MaybeUndefined<Vec<T>>,
    /// None of these.
    not_in: MaybeUndefined<Vec<T>>,
    /// Greater than this.
    gt: MaybeUndefined<T>,
    /// Not less than this.
    gte: MaybeUndefined<T>,
    /// Less than this.
    lt: MaybeUndefined<T>,
    /// Not greater than this.
    lte: MaybeUndefined<T>,
    /// Whether there is no value.
    is_null: Option<bool>,
}

pub(in crate::graphql) type IntFilter = OrderedFilter<i64>;
pub(in crate::graphql) type FloatFilter = OrderedFilter<f64>;
pub(in crate::graphql) type DecimalFilter = OrderedFilter<Decimal>;

impl<T: InputType + Compared> Condition for OrderedFilter<T> {
    fn conditions(&self, name: &'static str) -> Result<Vec<Filter>, ApiError> {
        let mut tests = Tests::of(name);
        tests
            .equal(&self.eq, &self.ne, &self.among, &self.not_in)?
            .between(&self.gt, &self.gte, &self.lt, &self.lte)?
            .missing(self.is_null);
        Ok(tests.filters)
    }
}

/// Comparisons of a time, with a fixed one or relative to today. Business days are those of the
/// business time zone.
#[derive(InputObject)]
#[graphql(concrete(name = "DateTimeFilter", params(DateTime)))]
#[graphql(concrete(name = "DateFilter", params(Date)))]
pub(in crate::graphql) struct TimeFilter<T: InputType> {
    /// Equal to this.
    eq: MaybeUndefined<T>,
    /// Any other, or none.
    ne: MaybeUndefined<T>,
    /// One of these.
    #[graphql(name = "in")]
    among: MaybeUndefined<Vec<T>>,
    /// None of these.
    not_in: MaybeUndefined<Vec<T>>,
    /// Later than this.
    gt: MaybeUndefined<T>,
    /// Not before this.
    gte: MaybeUndefined<T>,
    /// Before this.
    lt: MaybeUndefined<T>,
    /// Not later than this.
    lte: MaybeUndefined<T>,
    /// In this period, seen from today.
    on: MaybeUndefined<NamedPeriod>,
    /// In the last days, weeks or months.
    last: MaybeUndefined<LastPeriod>,
    /// Whether there is no value.
    is_null: Option<bool>,
}

pub(in crate::graphql) type DateTimeFilter = TimeFilter<DateTime>;
pub(in crate::graphql) type DateFilter = TimeFilter<Date>;

impl<T: InputType + Compared + InPeriod> Condition for TimeFilter<T> {
    fn conditions(&self, name: &'static str) -> Result<Vec<Filter>, ApiError> {
        let mut tests = Tests::of(name);
        if let Some(last) = given("last", &self.last)? {
            let test = T::test(last.period()?);
            tests.filters.push(Filter::Field(name, test));
        }
        tests
            .equal(&self.eq, &self.ne, &self.among, &self.not_in)?
            .between(&self.gt, &self.gte, &self.lt, &self.lte)?
            .test("on", &self.on, |&period| {
                T::test(Period::Named(period.into()))
            })?
            .missing(self.is_null);
        Ok(tests.filters)
    }
}

/// Comparisons of a word.
#[derive(InputObject)]
#[graphql(concrete(name = "TaskStatusFilter", params(dialing::TaskStatus)))]
#[graphql(concrete(name = "PackageAssignedByFilter", params(dialing::PackageAssignedBy)))]
#[graphql(concrete(name = "CallResultFilter", params(dialing::CallResult)))]
#[graphql(concrete(name = "CallSourceFilter", params(dialing::CallSource)))]
#[graphql(concrete(name = "TagTypeFilter", params(dialing::TagType)))]
#[graphql(concrete(name = "SliceStateFilter", params(sync::SliceState)))]
#[graphql(concrete(name = "SyncTrackFilter", params(sync::SyncTrack)))]
#[graphql(concrete(name = "SyncAlertKindFilter", params(sync::SyncAlertKind)))]
#[graphql(concrete(name = "SyncWindowFilter", params(sync::SyncWindow)))]
#[graphql(concrete(name = "SyncStatusFilter", params(sync::SyncStatus)))]
#[graphql(concrete(name = "SyncTriggerFilter", params(sync::SyncTrigger)))]
#[graphql(concrete(name = "RoleFilter", params(identity::Role)))]
pub(in crate::graphql) struct WordFilter<T: InputType> {
    /// This one.
    eq: MaybeUndefined<T>,
    /// Any other.
    ne: MaybeUndefined<T>,
    /// One of these.
    #[graphql(name = "in")]
    among: MaybeUndefined<Vec<T>>,
    /// None of these.
    not_in: MaybeUndefined<Vec<T>>,
}

impl<T: InputType + Compared> Condition for WordFilter<T> {
    fn conditions(&self, name: &'static str) -> Result<Vec<Filter>, ApiError> {
        let mut tests = Tests::of(name);
        tests.equal(&self.eq, &self.ne, &self.among, &self.not_in)?;
        Ok(tests.filters)
    }
}

/// Comparison of yes and no.
#[derive(InputObject)]
pub(in crate::graphql) struct BooleanFilter {
    /// This one.
    eq: MaybeUndefined<bool>,
}

impl Condition for BooleanFilter {
    fn conditions(&self, name: &'static str) -> Result<Vec<Filter>, ApiError> {
        let mut tests = Tests::of(name);
        tests.test("eq", &self.eq, |&yes| Test::Equal(Scalar::Bool(yes)))?;
        Ok(tests.filters)
    }
}

/// Comparisons of an id.
#[derive(InputObject)]
pub(in crate::graphql) struct IdFilter {
    /// The object with this `id`.
    eq: MaybeUndefined<ID>,
    /// Any other, or none.
    ne: MaybeUndefined<ID>,
    /// One of these.
    #[graphql(name = "in")]
    among: MaybeUndefined<Vec<ID>>,
    /// None of these.
    not_in: MaybeUndefined<Vec<ID>>,
    /// Whether there is none.
    is_null: Option<bool>,
}

impl IdFilter {
    /// The conditions on `name`, which holds ids of a `kind`.
    pub fn of(&self, name: &'static str, kind: Kind) -> Result<Vec<Filter>, ApiError> {
        let known = |id: &ID| id::expect(id, kind).map(Scalar::Int);
        let one = |id: &MaybeUndefined<ID>| convert(id, known);
        let many = |ids: &MaybeUndefined<Vec<ID>>| {
            convert(ids, |ids| {
                ids.iter().map(known).collect::<Result<Vec<_>, _>>()
            })
        };
        let mut tests = Tests::of(name);
        tests
            .test("eq", &one(&self.eq)?, |id| Test::Equal(id.clone()))?
            .opposite("ne", &one(&self.ne)?, |id| Test::Equal(id.clone()))?
            .test("in", &many(&self.among)?, |ids| Test::Among(ids.clone()))?
            .opposite("notIn", &many(&self.not_in)?, |ids| {
                Test::Among(ids.clone())
            })?
            .missing(self.is_null);
        Ok(tests.filters)
    }

    /// Whether there is no comparison.
    pub const fn asks_nothing(&self) -> bool {
        self.eq.is_undefined()
            && self.ne.is_undefined()
            && self.among.is_undefined()
            && self.not_in.is_undefined()
            && self.is_null.is_none()
    }
}

fn convert<T, U>(
    value: &MaybeUndefined<T>,
    convert: impl FnOnce(&T) -> Result<U, ApiError>,
) -> Result<MaybeUndefined<U>, ApiError> {
    Ok(match value {
        MaybeUndefined::Undefined => MaybeUndefined::Undefined,
        MaybeUndefined::Null => MaybeUndefined::Null,
        MaybeUndefined::Value(value) => MaybeUndefined::Value(convert(value)?),
    })
}
