//! What resolvers may reach.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::Context;
use chrono::NaiveDate;

use super::error::ApiError;
use crate::{
    clock::Clock,
    domain::{audit::Origin, business_time::BusinessZone, seal::Seal, veil::Veil, viewer::Viewer},
    service::{accounts::Accounts, live::Live, refresh::Refresher},
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
    /// What subscribers are shown.
    pub live: Live,
    /// What cursors are sealed with.
    pub seal: Seal,
    /// In which order masked texts stand.
    pub veil: Veil,
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
    /// From where.
    pub origin: Origin,
    /// What this request may tell, though the viewer sees personal data masked: their own address,
    /// and numbers that they asked for.
    revealed: Arc<Mutex<Vec<String>>>,
    /// The telephone numbers that this request looked up: each counts once, however many rows it is
    /// looked up under.
    looked_up: Arc<Mutex<HashSet<String>>>,
}

impl RequestContext {
    /// Of a request of `viewer`.
    #[must_use]
    pub fn new(viewer: Viewer, origin: Origin) -> Self {
        let own = viewer.email.iter().cloned().collect();
        Self {
            viewer,
            origin,
            revealed: Arc::new(Mutex::new(own)),
            looked_up: Arc::default(),
        }
    }

    /// Looks a number up, by `look_up`, unless this request did so already.
    pub(super) fn look_up_once<E>(
        &self,
        number: &str,
        look_up: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let mut looked_up = self
            .looked_up
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !looked_up.contains(number) {
            look_up()?;
            looked_up.insert(number.to_owned());
        }
        Ok(())
    }

    /// Lets the answer tell this number.
    pub(super) fn reveal(&self, number: &str) {
        let mut revealed = self.revealed.lock().unwrap_or_else(PoisonError::into_inner);
        revealed.push(number.to_owned());
    }

    /// What the answer may tell.
    pub(super) fn revealed(&self) -> Vec<String> {
        let revealed = self.revealed.lock().unwrap_or_else(PoisonError::into_inner);
        revealed.clone()
    }
}

/// Shortcuts to what every resolver needs.
pub(super) trait ContextExt {
    /// What the schema stands on.
    fn services(&self) -> Result<&Services, ApiError>;
    /// What belongs to this request.
    fn request(&self) -> Result<&RequestContext, ApiError>;
}

impl ContextExt for Context<'_> {
    fn services(&self) -> Result<&Services, ApiError> {
        self.data().map_err(|_| ApiError::Missing("services"))
    }

    fn request(&self) -> Result<&RequestContext, ApiError> {
        self.data()
            .map_err(|_| ApiError::Missing("request context"))
    }
}
