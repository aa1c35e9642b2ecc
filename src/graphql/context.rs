//! What resolvers may reach.

use std::sync::Arc;

use async_graphql::Context;
use chrono::NaiveDate;

use super::{error::ApiError, loaders::RequestLoader};
use crate::{
    clock::Clock,
    domain::{business_time::BusinessZone, viewer::Viewer},
    service::{accounts::Accounts, refresh::Refresher},
    store::Database,
};

/// What the schema stands on.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub db: Database,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The zone of business days.
    pub zone: BusinessZone,
    /// Starts synchronisations.
    pub refresher: Arc<dyn Refresher>,
    /// Users and their tokens.
    pub accounts: Accounts,
}

impl Services {
    /// The business day it is.
    pub(super) fn today(&self) -> NaiveDate {
        self.zone.day_of(self.clock.now())
    }
}

/// What belongs to one request.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// Who asks.
    pub viewer: Viewer,
}

/// Shortcuts to what every resolver needs.
pub(super) trait ContextExt {
    /// What the schema stands on.
    fn services(&self) -> Result<&Services, ApiError>;
    /// What belongs to this request.
    fn request(&self) -> Result<&RequestContext, ApiError>;
    /// The request's loaders.
    fn loader(&self) -> Result<&RequestLoader, ApiError>;
}

impl ContextExt for Context<'_> {
    fn services(&self) -> Result<&Services, ApiError> {
        self.data().map_err(|_| ApiError::Missing("services"))
    }

    fn request(&self) -> Result<&RequestContext, ApiError> {
        self.data()
            .map_err(|_| ApiError::Missing("request context"))
    }

    fn loader(&self) -> Result<&RequestLoader, ApiError> {
        self.data().map_err(|_| ApiError::Missing("loaders"))
    }
}
