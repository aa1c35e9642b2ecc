//! The one way in which lists are paged: Relay connections over keyset cursors.

use std::borrow::Cow;

use async_graphql::{Context, Object, OutputType, SimpleObject, TypeName};

use super::{context::ContextExt, error::Result};
use crate::{
    domain::page::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Ordering, Page, PageRequest},
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

/// A page of a list of `T`.
#[derive(Default)]
pub(super) struct Connection<T> {
    edges: Vec<Edge<T>>,
    has_previous_page: bool,
    has_next_page: bool,
}

struct Edge<T> {
    cursor: String,
    node: T,
}

/// Where a page lies in its list.
#[derive(SimpleObject)]
struct PageInfo {
    /// Whether the list has items before this page.
    has_previous_page: bool,
    /// Whether the list has items behind this page.
    has_next_page: bool,
    /// Cursor of the page's first item; null when it is empty.
    start_cursor: Option<String>,
    /// Cursor of the page's last item, to continue with `after`; null when it is empty.
    end_cursor: Option<String>,
}

impl<T: Listed> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

impl<T: Listed> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// A page of a list, in the list's order whichever way it was paged.
#[Object(name_type)]
impl<T: Listed> Connection<T> {
    /// The items with their cursors.
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// The items alone.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where the page lies in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous_page,
            has_next_page: self.has_next_page,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }
}

/// An item of a list and its place there.
#[Object(name_type)]
impl<T: Listed> Edge<T> {
    /// The place, opaque: good for `after` and `before` of this very list.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The item.
    async fn node(&self) -> &T {
        &self.node
    }
}

/// What a list costs in a query's complexity: each of its items, as many as may come.
pub(super) fn list_cost(first: Option<i32>, last: Option<i32>, item: usize) -> usize {
    let items = first
        .or(last)
        .map_or(DEFAULT_PAGE_SIZE, |items| u32::try_from(items).unwrap_or(0))
        .min(MAX_PAGE_SIZE);
    1 + (items as usize).saturating_mul(item)
}

/// A page of rows as a connection.
pub(super) fn connection<T: Listed>(page: Page<Row<T::Table>>) -> Connection<T> {
    let edge = |row: Row<T::Table>| Edge {
        cursor: T::Table::cursor(&row).encode(T::ORDERING),
        node: T::new(row),
    };
    Connection {
        edges: page.items.into_iter().map(edge).collect(),
        has_previous_page: page.has_previous,
        has_next_page: page.has_next,
    }
}

/// A page of a whole table.
pub(super) async fn list_all<T: Listed>(
    context: &Context<'_>,
    arguments: &PageArguments,
) -> Result<Connection<T>> {
    let request = arguments.request::<T>(context)?;
    let page = list::<T::Table>(context.services()?.db.read(), &request).await?;
    Ok(connection(page))
}
