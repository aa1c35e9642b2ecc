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

/// The field that not everyone may see, by its name in the tables.
const PHONE: &str = "phone_number";

/// Refuses a filter by a field that the viewer may not see: it would tell what the field holds.
pub(super) fn may_filter(context: &Context<'_>, filter: &Filter) -> Result<(), ApiError> {
    may_see(context, filter.mentions(PHONE))
}

/// Refuses an order by a field that the viewer may not see: it and its cursors would tell what the
/// field holds.
pub(super) fn may_order(context: &Context<'_>, order: &[OrderKey]) -> Result<(), ApiError> {
    may_see(context, order.iter().any(|key| key.field == PHONE))
}

fn may_see(context: &Context<'_>, phones: bool) -> Result<(), ApiError> {
    let needed = Capability::SeePhoneNumbers;
    if phones && !context.request()?.viewer.may(needed) {
        return Err(ApiError::Forbidden(needed));
    }
    Ok(())
}
