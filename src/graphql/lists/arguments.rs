//! The arguments of lists, and what is asked for by them.

use async_graphql::{Context, SelectionField};

use super::{
    filter::{FilterOf, Written},
    guard::{may_filter, may_order, sees_numbers},
    listed::Listed,
    ordering::OrderOf,
};
use crate::{
    domain::{
        filter::Filter,
        page::{Binding, List, OrderKey, PageRequest},
    },
    graphql::{
        context::ContextExt,
        error::{ApiError, Result},
    },
    store::{self, Stored as _},
};

/// The arguments of a connection.
pub(in crate::graphql) struct ListArguments<T: Listed> {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
    pub filter: Option<Box<FilterOf<T>>>,
    pub order_by: Option<Vec<OrderOf<T>>>,
}

impl<T: Listed> Default for ListArguments<T> {
    fn default() -> Self {
        Self {
            first: None,
            after: None,
            last: None,
            before: None,
            filter: None,
            order_by: None,
        }
    }
}

/// A list that is asked for, and what its cursors are good for.
pub(in crate::graphql) struct Listing {
    pub list: List,
    pub binding: Binding,
}

/// Most keys of an order.
const MAX_KEYS: usize = 8;

impl<T: Listed> ListArguments<T> {
    /// The list that `field` asks for with these arguments. What lies on the other side of its
    /// cursor is only looked up when the query selects that flag.
    pub fn listing(&self, context: &Context<'_>, field: &SelectionField<'_>) -> Result<Listing> {
        let order_by = self.order_by.as_deref().unwrap_or_default();
        if order_by.len() > MAX_KEYS {
            return Err(ApiError::BadInput {
                argument: "orderBy",
                message: format!("a list is ordered by at most {MAX_KEYS} fields"),
            });
        }
        let asked: Vec<OrderKey> = order_by.iter().map(|order| order.key).collect();
        let table = T::Row::table();
        let order = table.order(&asked);
        may_order(context, table, &order)?;
        let filter = self.filter.as_ref();
        let filter = filter
            .map(|filter| usable::<T>(context, filter))
            .transpose()?;
        let veiled = !sees_numbers(context)?;
        let services = context.services()?;
        let veil = veiled.then_some(services.veil);
        let kinds = store::kinds(table, &order, veil)?;
        let mut binding = Binding::new(table.name(), &order, filter.as_ref(), kinds);
        if veiled {
            binding = binding.veiled();
        }
        let mut page = PageRequest::from_arguments(
            self.first.map(i64::from),
            self.after.as_deref(),
            self.last.map(i64::from),
            self.before.as_deref(),
            &binding,
            &services.seal,
        )?;
        page.look_behind = looks_behind(field, page.backward);
        page.veil = veil;
        let filter = filter.map(|filter| filter.on(services.today(), services.zone));
        let list = List {
            filter,
            order,
            page,
        };
        Ok(Listing { list, binding })
    }
}

/// The filter of a list of `T`, if it is within bounds and the viewer may ask it, with texts in the
/// forms in which they are stored. Periods are still relative.
pub(in crate::graphql) fn usable<T: Listed>(
    context: &Context<'_>,
    filter: &Written,
) -> Result<Filter> {
    let filter = filter.filter()?;
    filter.check()?;
    let filter = filter.read()?;
    may_filter(context, T::Row::table(), &filter)?;
    Ok(filter)
}

/// Whether a connection's field selects the flag of the side that its page was reached from.
fn looks_behind(field: &SelectionField<'_>, backward: bool) -> bool {
    let behind = if backward {
        "hasNextPage"
    } else {
        "hasPreviousPage"
    };
    let mut infos = field
        .selection_set()
        .filter(|field| field.name() == "pageInfo");
    infos.any(|info| info.selection_set().any(|flag| flag.name() == behind))
}
