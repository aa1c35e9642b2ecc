//! What the events of a subscription may ask for: each costs what the subscription costs to begin,
//! and takes no longer than a request.

use std::{sync::Arc, time::Duration};

use async_graphql::{
    Response,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};
use tokio::time::timeout;

use super::{
    limits::{late, tell_cost},
    purse::Purse,
};
use crate::domain::viewer::Viewer;

/// Of one subscription.
pub(in crate::graphql) struct EventBounds {
    pub purse: Purse,
    pub viewer: Viewer,
    /// What each event costs.
    pub cost: u64,
    /// How long the execution of one may take.
    pub patience: Duration,
}

/// Keeps each event to the [`EventBounds`] that are in the request's data.
#[derive(Debug, Clone, Copy)]
pub(in crate::graphql) struct BoundEvents;

impl ExtensionFactory for BoundEvents {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for BoundEvents {
    /// Is called for each event, once it is there.
    async fn execute(
        &self,
        context: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let Some(bounds) = context.data_opt::<EventBounds>() else {
            return next.run(context, operation_name).await;
        };
        let told = match bounds.purse.spend(&bounds.viewer, bounds.cost) {
            Ok(told) => told,
            Err(refused) => return *refused,
        };
        let execution = next.run(context, operation_name);
        let executed = timeout(bounds.patience, execution).await;
        let mut response = executed.unwrap_or_else(|_| late());
        tell_cost(&mut response, Some(told));
        response
    }
}
