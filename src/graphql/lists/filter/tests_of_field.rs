//! Collecting what a filter says of one field.

use async_graphql::MaybeUndefined;

use super::{Compared, given};
use crate::{
    domain::filter::{Filter, Test},
    graphql::error::ApiError,
};

/// Collects what a filter says of one field.
pub(super) struct Tests {
    name: &'static str,
    pub filters: Vec<Filter>,
}

impl Tests {
    pub const fn of(name: &'static str) -> Self {
        Self {
            name,
            filters: Vec::new(),
        }
    }

    /// The value must stand the test.
    pub fn test<T>(
        &mut self,
        operator: &str,
        value: &MaybeUndefined<T>,
        test: impl FnOnce(&T) -> Test,
    ) -> Result<&mut Self, ApiError> {
        if let Some(value) = given(operator, value)? {
            self.filters.push(Filter::Field(self.name, test(value)));
        }
        Ok(self)
    }

    /// The value must not stand the test.
    pub fn opposite<T>(
        &mut self,
        operator: &str,
        value: &MaybeUndefined<T>,
        test: impl FnOnce(&T) -> Test,
    ) -> Result<&mut Self, ApiError> {
        if let Some(value) = given(operator, value)? {
            let filter = Filter::Field(self.name, test(value));
            self.filters.push(filter.negated());
        }
        Ok(self)
    }

    /// What `eq`, `ne`, `in` and `notIn` say.
    pub fn equal<T: Compared>(
        &mut self,
        eq: &MaybeUndefined<T>,
        ne: &MaybeUndefined<T>,
        among: &MaybeUndefined<Vec<T>>,
        not_in: &MaybeUndefined<Vec<T>>,
    ) -> Result<&mut Self, ApiError> {
        let equal = |value: &T| Test::Equal(value.stored());
        let one_of = |values: &Vec<T>| Test::Among(values.iter().map(Compared::stored).collect());
        self.test("eq", eq, equal)?
            .opposite("ne", ne, equal)?
            .test("in", among, one_of)?
            .opposite("notIn", not_in, one_of)
    }

    /// What `gt`, `gte`, `lt` and `lte` say.
    pub fn between<T: Compared>(
        &mut self,
        gt: &MaybeUndefined<T>,
        gte: &MaybeUndefined<T>,
        lt: &MaybeUndefined<T>,
        lte: &MaybeUndefined<T>,
    ) -> Result<&mut Self, ApiError> {
        self.test("gt", gt, |bound| Test::Greater(bound.stored()))?
            .test("gte", gte, |bound| Test::AtLeast(bound.stored()))?
            .test("lt", lt, |bound| Test::Less(bound.stored()))?
            .test("lte", lte, |bound| Test::AtMost(bound.stored()))
    }

    /// There must be no value, or one.
    pub fn missing(&mut self, is_null: Option<bool>) -> &mut Self {
        if let Some(missing) = is_null {
            let filter = Filter::Field(self.name, Test::Missing);
            self.filters
                .push(if missing { filter } else { filter.negated() });
        }
        self
    }
}
