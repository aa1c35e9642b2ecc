//! What of personal data an argument may ask for: filters and orders must not tell what the answer
//! masks. What a column holds its table declares.

use std::sync::Arc;

use async_graphql::Context;

use crate::{
    domain::{
        filter::{Filter, Test},
        page::OrderKey,
        phone,
        privacy::is_personal,
        scalar::Scalar,
        viewer::Capability,
    },
    graphql::{
        context::ContextExt,
        documents::budget::Budgets,
        error::{ApiError, Hidden},
    },
    store::{Privacy, Table},
};

/// How many numbers an hour are looked up by those who may not see them.
const LOOKUPS: u64 = 60;
const SECONDS_AN_HOUR: u64 = 3_600;

/// What is left to each caller of numbers to look up.
#[derive(Clone)]
pub(in crate::graphql) struct Lookups(Arc<Budgets>);

impl Default for Lookups {
    fn default() -> Self {
        Self(Arc::new(Budgets::new(LOOKUPS * SECONDS_AN_HOUR, LOOKUPS)))
    }
}

pub(in crate::graphql) fn sees_numbers(context: &Context<'_>) -> Result<bool, ApiError> {
    Ok(context.request()?.viewer.may(Capability::SeePhoneNumbers))
}

/// Refuses a filter of rows of `table` that would tell what the viewer may not see. A whole number may
/// be looked up, so often an hour: whoever has it knows it already.
pub(in crate::graphql) fn may_filter(
    context: &Context<'_>,
    table: &Table,
    filter: &Filter,
) -> Result<(), ApiError> {
    if sees_numbers(context)? {
        return Ok(());
    }
    for (field, privacy, test) in table.tests(filter) {
        let hidden = match (privacy, test) {
            (Privacy::Open, _) | (Privacy::Text | Privacy::Person, Test::Missing) => continue,
            (Privacy::Phone, Test::Equal(Scalar::Text(number))) if is_whole_number(number) => {
                context
                    .request()?
                    .look_up_once(number, || look_up(context))?;
                continue;
            }
            (Privacy::Notes | Privacy::Phone, _) => Hidden::Test,
            (Privacy::Text | Privacy::Person, Test::Equal(_) | Test::Among(_)) => {
                if !test.texts().any(is_personal) {
                    continue;
                }
                Hidden::Number
            }
            (Privacy::Text | Privacy::Person, _) => Hidden::Part,
        };
        return Err(ApiError::Hidden { field, hidden });
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
pub(in crate::graphql) fn may_reveal(context: &Context<'_>) -> Result<(), ApiError> {
    if sees_numbers(context)? {
        return Ok(());
    }
    look_up(context)
}

/// Refuses an order by a field that the viewer may not see: it would tell what the field holds.
pub(in crate::graphql) fn may_order(
    context: &Context<'_>,
    table: &Table,
    order: &[OrderKey],
) -> Result<(), ApiError> {
    if sees_numbers(context)? {
        return Ok(());
    }
    let is_hidden = |key: &&OrderKey| {
        let privacy = table.privacy(key.field);
        !matches!(privacy, Privacy::Open | Privacy::Text)
    };
    match order.iter().find(is_hidden) {
        Some(key) => Err(ApiError::Hidden {
            field: key.field,
            hidden: Hidden::Order,
        }),
        None => Ok(()),
    }
}
