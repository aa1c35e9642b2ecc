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

/// Equal to the value.
pub(super) fn equal<T: Compared>(value: &T) -> Test {
    Test::Equal(value.stored())
}

/// Equal to one of the values.
#[expect(clippy::ptr_arg, reason = "what the inputs hold")]
pub(super) fn among<T: Compared>(values: &Vec<T>) -> Test {
    Test::Among(values.iter().map(Compared::stored).collect())
}
