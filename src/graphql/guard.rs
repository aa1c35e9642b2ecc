//! What of personal data an argument may ask for: filters, orders and cursors must not tell what the
//! answer masks.

use std::sync::Arc;

use async_graphql::Context;

use super::{budget::Budgets, context::ContextExt, error::ApiError};
use crate::domain::{
    filter::{Filter, Test},
    page::OrderKey,
    phone,
    privacy::is_personal,
    scalar::Scalar,
    viewer::Capability,
};

/// The telephone number, by its name in the tables.
const PHONE: &str = "phone_number";
/// Fields that hold numbers, or texts in which people write them down.
const PERSONAL: [&str; 3] = [PHONE, "notes", "recording_url"];

/// How many numbers an hour are looked up by those who may not see them.
const LOOKUPS: u64 = 60;
const SECONDS_AN_HOUR: u64 = 3_600;

/// What is left to each caller of numbers to look up.
#[derive(Clone)]
pub(super) struct Lookups(Arc<Budgets>);

impl Default for Lookups {
    fn default() -> Self {
        Self(Arc::new(Budgets::new(LOOKUPS * SECONDS_AN_HOUR, LOOKUPS)))
    }
}

fn sees_numbers(context: &Context<'_>) -> Result<bool, ApiError> {
    Ok(context.request()?.viewer.may(Capability::SeePhoneNumbers))
}

const fn forbidden() -> ApiError {
    ApiError::Forbidden(Capability::SeePhoneNumbers)
}

/// Refuses a filter that would tell what the viewer may not see. A whole number may be looked up,
/// so often an hour: whoever has it knows it already.
pub(super) fn may_filter(context: &Context<'_>, filter: &Filter) -> Result<(), ApiError> {
    if sees_numbers(context)? {
        return Ok(());
    }
    for (field, test) in filter.tests() {
        match test {
            Test::Equal(Scalar::Text(number)) if field == PHONE && is_whole_number(number) => {
                look_up(context)?;
            }
            _ if PERSONAL.contains(&field) || test.texts().any(is_personal) => {
                return Err(forbidden());
            }
            _ => {}
        }
    }
    Ok(())
}

/// A number that was dialled is stored in one form, and this is one: no part of a number, and none
/// that is masked.
fn is_whole_number(text: &str) -> bool {
    !text.contains('*') && phone::normalise(text).is_ok_and(|number| number == text)
}

fn look_up(context: &Context<'_>) -> Result<(), ApiError> {
    let lookups: &Lookups = context.data().map_err(|_| ApiError::Missing("lookups"))?;
    let viewer = &context.request()?.viewer;
    let now = context.services()?.clock.now();
    tracing::info!(actor = %viewer.principal, "a telephone number was looked up");
    match lookups.0.spend(&viewer.account(), SECONDS_AN_HOUR, now) {
        Ok(_) => Ok(()),
        Err((_, wait)) => Err(ApiError::TooManyLookups(wait)),
    }
}

/// Counts a number that is shown to somebody who sees it masked.
pub(super) fn may_reveal(context: &Context<'_>) -> Result<(), ApiError> {
    if sees_numbers(context)? {
        return Ok(());
    }
    look_up(context)
}

/// Refuses an order by a field that the viewer may not see: it and its cursors would tell what the
/// field holds.
pub(super) fn may_order(context: &Context<'_>, order: &[OrderKey]) -> Result<(), ApiError> {
    let is_personal = |key: &OrderKey| PERSONAL.contains(&key.field);
    if order.iter().any(is_personal) && !sees_numbers(context)? {
        return Err(forbidden());
    }
    Ok(())
}

/// Refuses a cursor with a number in it to those who may not see it.
pub(super) fn may_point(context: &Context<'_>, keys: &[Scalar]) -> Result<(), ApiError> {
    let is_personal = |key: &Scalar| matches!(key, Scalar::Text(text) if is_personal(text));
    if !sees_numbers(context)? && keys.iter().any(is_personal) {
        return Err(forbidden());
    }
    Ok(())
}
