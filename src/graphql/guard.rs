//! Who may use a field: the decision is made by the role's table, here it is asked.

use async_graphql::{Context, Guard, Result};

use super::{context::ContextExt, error::ApiError};
use crate::domain::viewer::Capability;

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
