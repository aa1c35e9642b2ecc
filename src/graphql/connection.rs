//! The one way in which lists are shown: Relay connections over keyset cursors, with a filter and
//! an order.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Context, InputType, Object, OutputType, SelectionField, TypeName};

use super::{
    context::ContextExt,
    error::{ApiError, Result},
    filter::ListFilter,
    guard::{may_filter, may_order, sees_numbers},
    loaders::{CountOf, PageOf, RowOf, load},
    plan::{self, Lead},
};
use crate::{
    domain::{
        filter::Filter,
        page::{Binding, List, OrderKey, Page, PageRequest},
        viewer::Viewer,
    },
    store::{self, AnyRecord, Erasable as _, Record, Stored, Table, TableId},
};

/// A type that is listed: shows a record of a table.
pub(super) trait Listed: OutputType {
    /// The row.
    type Row: Stored + Send + Sync + 'static;
    /// Which of them.
    type Filter: ListFilter;
    /// By what they are ordered.
    type Order: InputType;
    /// Whether the fields go by other names than the columns, so that all columns are read.
    const WHOLE: bool = false;

    /// Which rows `viewer` may see in a list, whatever its filter says; none where that is all.
    fn scope(_viewer: &Viewer) -> Option<Filter> {
        None
    }

    /// The record as the API shows it.
    fn new(record: Arc<Record<Self::Row>>) -> Self;

    /// A key of an order.
    fn key(order: &Self::Order) -> OrderKey;

    /// What a field leads to, where it leads to other rows.
    fn leads_to(field: &str) -> Option<Lead>;
}

/// A type that shows the records of a table: its filter, its order, and for each field that leads
/// to other rows the relation and how it is planned. Where the fields go by other names than the
/// columns all of these are read: `whole = true`. Where not everybody may see all of them: `scope`.
macro_rules! listed {
    (
        $type:ident($row:ty) by $filter:ty, $order:ty $(, whole = $whole:literal)? $(, scope = $scope:path)? {
            $($field:literal => $relation:literal: $plan:expr,)*
        }
    ) => {
        #[derive(Clone)]
        pub(in crate::graphql) struct $type(std::sync::Arc<$crate::store::Record<$row>>);

        impl $crate::graphql::connection::Listed for $type {
            type Row = $row;
            type Filter = $filter;
            type Order = $order;
            $(const WHOLE: bool = $whole;)?

            $(
                fn scope(
                    viewer: &$crate::domain::viewer::Viewer,
                ) -> Option<$crate::domain::filter::Filter> {
                    $scope(viewer)
                }
            )?

            fn new(record: std::sync::Arc<$crate::store::Record<$row>>) -> Self {
                Self(record)
            }

            fn key(order: &$order) -> $crate::domain::page::OrderKey {
                order.into()
            }

            fn leads_to(field: &str) -> Option<$crate::graphql::plan::Lead> {
                match field {
                    $($field => Some(($relation, $plan)),)*
                    _ => None,
                }
            }
        }
    };
}
pub(super) use listed;

/// The arguments of a connection.
pub(super) struct ListArguments<T: Listed> {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
    pub filter: Option<Box<T::Filter>>,
    pub order_by: Option<Vec<T::Order>>,
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
pub(super) struct Listing {
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
        let asked: Vec<OrderKey> = order_by.iter().map(T::key).collect();
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
        page.look_behind = plan::looks_behind(field, page.backward);
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

/// Where a list is: a whole table, or what a relation of a row leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The table, or that of the row above.
    pub table: TableId,
    /// The relation and the id of the row above.
    pub under: Option<(&'static str, i64)>,
}

/// A page of a list of `T`.
pub(super) struct Connection<T> {
    nodes: Vec<T>,
    page: Arc<Page<AnyRecord>>,
    place: Place,
    listing: Arc<Listing>,
}

struct Edge<'a, T> {
    cursor: Cursors,
    node: &'a T,
}

/// A cursor, written only when it is selected.
#[derive(Clone)]
struct Cursors {
    record: AnyRecord,
    listing: Arc<Listing>,
    table: &'static Table,
}

impl Cursors {
    fn text(&self, context: &Context<'_>) -> Result<String> {
        let place = store::place(self.table, &self.listing.list, &self.record)?;
        let seal = &context.services()?.seal;
        Ok(seal.close(&place, &self.listing.binding)?)
    }
}

/// Where a page lies in its list.
struct PageInfo {
    has_previous_page: bool,
    has_next_page: bool,
    start: Option<Cursors>,
    end: Option<Cursors>,
}

/// Where a page lies in its list.
#[Object(serial)]
impl PageInfo {
    /// Whether the list has items before this page.
    async fn has_previous_page(&self) -> bool {
        self.has_previous_page
    }

    /// Whether the list has items behind this page.
    async fn has_next_page(&self) -> bool {
        self.has_next_page
    }

    /// Cursor of the page's first item; null when it is empty.
    async fn start_cursor(&self, context: &Context<'_>) -> Result<Option<String>> {
        let text = |cursors: &Cursors| cursors.text(context);
        self.start.as_ref().map(text).transpose()
    }

    /// Cursor of the page's last item, to continue with `after`; null when it is empty.
    async fn end_cursor(&self, context: &Context<'_>) -> Result<Option<String>> {
        let text = |cursors: &Cursors| cursors.text(context);
        self.end.as_ref().map(text).transpose()
    }
}

impl<T: Listed> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

impl<T: Listed> TypeName for Edge<'_, T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// A page of a list, in the list's order whichever way it was paged.
#[Object(name_type, serial)]
impl<T: Listed> Connection<T> {
    /// The items with their cursors.
    async fn edges(&self) -> Vec<Edge<'_, T>> {
        let edge = |(node, record)| Edge {
            cursor: self.cursor(record),
            node,
        };
        self.nodes.iter().zip(&self.page.items).map(edge).collect()
    }

    /// The items alone.
    async fn nodes(&self) -> &[T] {
        &self.nodes
    }

    /// Where the page lies in the list.
    async fn page_info(&self) -> PageInfo {
        let cursor = |record| self.cursor(record);
        PageInfo {
            has_previous_page: self.page.has_previous,
            has_next_page: self.page.has_next,
            start: self.page.items.first().map(cursor),
            end: self.page.items.last().map(cursor),
        }
    }

    /// How many items the whole list has that the filter leaves, whatever the page. Counting many
    /// takes time: with `atMost` it stops there, and the answer is `atMost` when there are as many
    /// or more.
    async fn total_count(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Count no further than this; at least 1.")] at_most: Option<i64>,
    ) -> Result<i64> {
        let at_most = at_most.map(count_limit).transpose()?;
        let key = CountOf {
            place: self.place,
            filter: self.listing.list.filter.clone(),
            at_most,
        };
        Ok(load(context, key).await?.unwrap_or_default())
    }
}

fn count_limit(at_most: i64) -> Result<u64> {
    match u64::try_from(at_most) {
        Ok(at_most) if at_most > 0 => Ok(at_most),
        _ => Err(ApiError::BadInput {
            argument: "atMost",
            message: format!("`atMost` must be at least 1, and {at_most} was given"),
        }),
    }
}

/// An item of a list and its place there.
#[Object(name_type, serial)]
impl<T: Listed> Edge<'_, T> {
    /// The place, opaque: good for `after` and `before` of this very list.
    async fn cursor(&self, context: &Context<'_>) -> Result<String> {
        self.cursor.text(context)
    }

    /// The item.
    async fn node(&self) -> &T {
        self.node
    }
}

impl<T: Listed> Connection<T> {
    fn new(page: Arc<Page<AnyRecord>>, place: Place, listing: Listing) -> Self {
        Self {
            nodes: objects(&page),
            page,
            place,
            listing: Arc::new(listing),
        }
    }

    fn cursor(&self, record: &AnyRecord) -> Cursors {
        Cursors {
            record: record.clone(),
            listing: self.listing.clone(),
            table: T::Row::table(),
        }
    }
}

/// The filter of a list of `T`, if it is within bounds and the viewer may ask it, with texts in the
/// forms in which they are stored. Periods are still relative.
pub(super) fn usable<T: Listed>(context: &Context<'_>, filter: &T::Filter) -> Result<Filter> {
    let filter = filter.filter()?;
    filter.check()?;
    let filter = filter.read()?;
    may_filter(context, T::Row::table(), &filter)?;
    Ok(filter)
}

/// A row that came by another way, as the API shows it.
pub(super) fn shown<T: Listed>(row: T::Row) -> T {
    T::new(Record::alone(row))
}

fn objects<T: Listed>(page: &Page<AnyRecord>) -> Vec<T> {
    let object = |record: &AnyRecord| T::Row::of(record.clone()).map(T::new);
    page.items.iter().filter_map(object).collect()
}

/// A page of a whole table, as far as the viewer may see it, with what the query selects of it.
pub(super) async fn list_of<T: Listed>(
    context: &Context<'_>,
    arguments: ListArguments<T>,
) -> Result<Connection<T>> {
    let mut listing = arguments.listing(context, &context.field())?;
    let scope = T::scope(&context.request()?.viewer);
    let filter = listing.list.filter.take();
    let both: Vec<Filter> = scope.into_iter().chain(filter).collect();
    listing.list.filter = (!both.is_empty()).then(|| Filter::all(both));
    let selection = plan::connection::<T>(context);
    let page = store::list(context.services()?.db.read(), &listing.list, selection).await?;
    let place = Place {
        table: TableId(T::Row::table()),
        under: None,
    };
    Ok(Connection::new(Arc::new(page), place, listing))
}

/// The rows with these ids, with what the query selects of them, by id.
pub(super) async fn found<T: Listed>(context: &Context<'_>, ids: &[i64]) -> Result<Vec<(i64, T)>> {
    let selection = plan::object::<T>(context);
    let records = store::by_ids(context.services()?.db.read(), ids, &selection).await?;
    let object = |record: AnyRecord| Some((record.id(), T::new(T::Row::of(record)?)));
    Ok(records.into_iter().filter_map(object).collect())
}

/// The row with this id, with what the query selects of it.
pub(super) async fn find<T: Listed>(context: &Context<'_>, id: i64) -> Result<Option<T>> {
    let mut found = found(context, &[id]).await?;
    Ok(found.pop().map(|(_, object)| object))
}

/// The row that `relation` of `above` leads to, whose id is `id`.
pub(super) async fn one<T: Listed, R: Stored>(
    context: &Context<'_>,
    above: &Record<R>,
    relation: &str,
    id: Option<i64>,
) -> Result<Option<T>> {
    if let Some(record) = above.one(relation) {
        return Ok(record.map(T::new));
    }
    match id {
        // Boxed, so that the futures of fields that were loaded along stay small.
        Some(id) => Box::pin(by_id(context, id)).await,
        None => Ok(None),
    }
}

/// The row with this id, in the next batch.
pub(super) async fn by_id<T: Listed>(context: &Context<'_>, id: i64) -> Result<Option<T>> {
    let key = RowOf {
        table: TableId(T::Row::table()),
        id,
    };
    let record = load(context, key).await?;
    Ok(record.and_then(T::Row::of).map(T::new))
}

/// A page of the rows that `relation` of `above` leads to.
pub(super) async fn nested<T: Listed, R: Stored>(
    context: &Context<'_>,
    above: &Record<R>,
    relation: &'static str,
    arguments: ListArguments<T>,
) -> Result<Connection<T>> {
    let listing = arguments.listing(context, &context.field())?;
    let place = Place {
        table: TableId(R::table()),
        under: Some((relation, above.id())),
    };
    let page = match above.list(relation, Some(&listing.list)) {
        Some(page) => page,
        None => Box::pin(page_of(context, place, Some(listing.list.clone()))).await?,
    };
    Ok(Connection::new(page, place, listing))
}

/// All rows that `relation` of `above` leads to.
pub(super) async fn all<T: Listed, R: Stored>(
    context: &Context<'_>,
    above: &Record<R>,
    relation: &'static str,
) -> Result<Vec<T>> {
    let place = Place {
        table: TableId(R::table()),
        under: Some((relation, above.id())),
    };
    let page = match above.list(relation, None) {
        Some(page) => page,
        None => Box::pin(page_of(context, place, None)).await?,
    };
    if sees_numbers(context)? {
        return Ok(objects(&page));
    }
    let mut page = Page::clone(&page);
    store::veil(T::Row::table(), &mut page.items, context.services()?.veil)?;
    Ok(objects(&page))
}

async fn page_of(
    context: &Context<'_>,
    place: Place,
    list: Option<List>,
) -> Result<Arc<Page<AnyRecord>>> {
    Ok(load(context, PageOf { place, list })
        .await?
        .unwrap_or_default())
}
