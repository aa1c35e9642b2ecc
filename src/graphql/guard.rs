//! Who may use a field: the decision is made by the role's table, here it is asked.

use async_graphql::{Context, Guard, Result};

use super::{context::ContextExt, error::ApiError};
use crate::domain::{filter::Filter, page::OrderKey, viewer::Capability};

/// Lets the field be used only by those who have the capability.
pub(super) struct Requires(pub Capability);

impl Guard for Requires {
    async fn check(&self, context: &Context<'_>) -> Result<()> {
        if context.request()?.viewer.may(self.0) {
            Ok(())
        } else {
            Err(ApiError::Forbidden(self.0).into())
        }
    }
}

/// Refuses filters and orders by a field that the viewer may not see: they would tell what it
/// holds.
pub(super) fn may_name(
    context: &Context<'_>,
    filter: Option<&Filter>,
    order: &[OrderKey],
) -> Result<(), ApiError> {
    const PHONE: &str = "phone_number";
    let named = filter.is_some_and(|filter| filter.mentions(PHONE))
        || order.iter().any(|key| key.field == PHONE);
    let needed = Capability::SeePhoneNumbers;
    if named && !context.request()?.viewer.may(needed) {
        return Err(ApiError::Forbidden(needed));
    }
    Ok(())
}
