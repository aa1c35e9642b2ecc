//! The one way in which lists are paged: Relay connections over keyset cursors.

use async_graphql::{
    Context, OutputType,
    connection::{Connection, Edge},
};

use super::{context::ContextExt, error::Result};
use crate::{
    domain::page::{Ordering, Page, PageRequest},
    store::{Keyset, Row, list},
};

/// A type that is listed: wraps a row of a table that has an order.
pub(super) trait Listed: OutputType {
    /// The table.
    type Table: Keyset;
    /// The name of its order, which cursors carry.
    const ORDERING: Ordering;

    /// The row as the API shows it.
    fn new(row: Row<Self::Table>) -> Self;
}

/// The page arguments of a connection.
#[derive(Debug, Default)]
pub(super) struct PageArguments {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl PageArguments {
    /// The page asked for. What lies on the other side of its cursor is only looked up when the
    /// query selects that flag.
    pub fn request<T: Listed>(&self, context: &Context<'_>) -> Result<PageRequest> {
        let mut request = PageRequest::from_arguments(
            self.first.map(i64::from),
            self.after.as_deref(),
            self.last.map(i64::from),
            self.before.as_deref(),
            T::ORDERING,
        )?;
        let behind = if request.backward {
            "hasNextPage"
        } else {
            "hasPreviousPage"
        };
        request.look_behind = context
            .look_ahead()
            .field("pageInfo")
            .field(behind)
            .exists();
        Ok(request)
    }
}

/// A page of rows as a connection.
pub(super) fn connection<T: Listed>(page: Page<Row<T::Table>>) -> Connection<String, T> {
    let mut connection = Connection::new(page.has_previous, page.has_next);
    connection.edges.extend(page.items.into_iter().map(|row| {
        let cursor = T::Table::cursor(&row).encode(T::ORDERING);
        Edge::new(cursor, T::new(row))
    }));
    connection
}

/// A page of a whole table.
pub(super) async fn list_all<T: Listed>(
    context: &Context<'_>,
    arguments: &PageArguments,
) -> Result<Connection<String, T>> {
    let request = arguments.request::<T>(context)?;
    let page = list::<T::Table>(context.services()?.db.read(), &request).await;
    Ok(connection(page?))
}
