//! The one way in which lists are shown: Relay connections over keyset cursors, with a filter and
//! an order.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Context, Object, TypeName};

pub(in crate::graphql) use super::listed::listed;
use super::{
    arguments::{ListArguments, Listing},
    guard::sees_numbers,
    listed::Listed,
    loaders::{CountOf, PageOf, Place, RowOf, load},
    plan,
};
use crate::{
    domain::page::{List, Page},
    graphql::{
        context::ContextExt,
        error::{ApiError, Result},
    },
    store::{self, AnyRecord, Record, Stored, Table, TableId, ToMany, ToOne},
};

/// Fields that are lists, all with the same arguments; each says what it makes of them.
macro_rules! lists {
    (
        $(#[$attribute:meta])*
        $owner:ty {
            $($(#[$doc:meta])* $name:ident: $type:ty => |$this:pat_param, $context:ident, $arguments:ident| $page:expr,)+
        }
    ) => {
        $(#[$attribute])*
        impl $owner {
            $(
                $(#[$doc])*
                async fn $name(
                    &self,
                    $context: &async_graphql::Context<'_>,
                    #[graphql(desc = "The first so many; 20 by default, at most 200.")]
                    first: Option<i32>,
                    #[graphql(desc = "Only those behind this cursor.")]
                    after: Option<String>,
                    #[graphql(desc = "The last so many, at most 200; not together with first.")]
                    last: Option<i32>,
                    #[graphql(desc = "Only those before this cursor.")]
                    before: Option<String>,
                    #[graphql(desc = "Which of them.")]
                    filter: Option<Box<$crate::graphql::lists::filter::FilterOf<$type>>>,
                    #[graphql(desc = "Their order, by the first key and then by the next; a list without it has the order that it says above. At most 8 keys. For those who see telephone numbers masked, texts that may hold one come last.")]
                    order_by: Option<Vec<$crate::graphql::lists::ordering::OrderOf<$type>>>,
                ) -> $crate::graphql::error::Result<$crate::graphql::lists::connection::Connection<$type>> {
                    let $this = self;
                    let $arguments = $crate::graphql::lists::arguments::ListArguments {
                        first,
                        after,
                        last,
                        before,
                        filter,
                        order_by,
                    };
                    $page.await
                }
            )+
        }
    };
}
pub(in crate::graphql) use lists;

/// A page of a list of `T`.
pub(in crate::graphql) struct Connection<T> {
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
    fn new(page: Arc<Page<AnyRecord>>, place: Place, listing: Listing) -> Result<Self> {
        Ok(Self {
            nodes: objects(&page)?,
            page,
            place,
            listing: Arc::new(listing),
        })
    }

    fn cursor(&self, record: &AnyRecord) -> Cursors {
        Cursors {
            record: record.clone(),
            listing: self.listing.clone(),
            table: T::Row::table(),
        }
    }
}

/// A row that came by another way, as the API shows it.
pub(in crate::graphql) fn shown<T: Listed>(row: T::Row) -> T {
    T::new(Record::alone(row))
}

fn objects<T: Listed>(page: &Page<AnyRecord>) -> Result<Vec<T>> {
    let object = |record: &AnyRecord| Ok(T::new(Record::of(record.clone())?));
    page.items.iter().map(object).collect()
}

/// A page of a whole table, as far as the viewer may see it, with what the query selects of it.
pub(in crate::graphql) async fn list_of<T: Listed>(
    context: &Context<'_>,
    arguments: ListArguments<T>,
) -> Result<Connection<T>> {
    let listing = arguments.listing(context, &context.field())?;
    let selection = plan::connection::<T>(context)?;
    let page = store::list(
        context.services()?.db.read(),
        &context.request()?.viewer,
        &listing.list,
        selection,
    )
    .await?;
    let place = Place {
        table: TableId(T::Row::table()),
        under: None,
    };
    Connection::new(Arc::new(page), place, listing)
}

/// The rows with these ids, with what the query selects of them, by id.
pub(in crate::graphql) async fn found<T: Listed>(
    context: &Context<'_>,
    ids: &[i64],
) -> Result<Vec<(i64, T)>> {
    let selection = plan::object::<T>(context)?;
    let records = store::by_ids(
        context.services()?.db.read(),
        &context.request()?.viewer,
        ids,
        &selection,
    )
    .await?;
    let object = |record: AnyRecord| Ok((record.id()?, T::new(Record::of(record)?)));
    records.into_iter().map(object).collect()
}

/// The row with this id, with what the query selects of it.
pub(in crate::graphql) async fn find<T: Listed>(
    context: &Context<'_>,
    id: i64,
) -> Result<Option<T>> {
    let mut found = found(context, &[id]).await?;
    Ok(found.pop().map(|(_, object)| object))
}

/// The row that `relation` of `above` leads to.
pub(in crate::graphql) async fn one<T: Listed, R: Stored>(
    context: &Context<'_>,
    above: &Record<R>,
    relation: ToOne<R, T::Row>,
) -> Result<Option<T>> {
    if let Some(record) = above.one(relation.name()) {
        return Ok(record.map(Record::of).transpose()?.map(T::new));
    }
    match above.id_in(&relation)? {
        // Boxed, so that the futures of fields that were loaded along stay small.
        Some(id) => Box::pin(by_id(context, id)).await,
        None => Ok(None),
    }
}

/// The row with this id, in the next batch.
pub(in crate::graphql) async fn by_id<T: Listed>(
    context: &Context<'_>,
    id: i64,
) -> Result<Option<T>> {
    let key = RowOf {
        table: TableId(T::Row::table()),
        id,
    };
    let record = load(context, key).await?;
    Ok(record.map(Record::of).transpose()?.map(T::new))
}

/// A page of the rows that `relation` of `above` leads to.
pub(in crate::graphql) async fn nested<T: Listed, R: Stored>(
    context: &Context<'_>,
    above: &Record<R>,
    relation: ToMany<R, T::Row>,
    arguments: ListArguments<T>,
) -> Result<Connection<T>> {
    let relation = relation.name();
    let listing = arguments.listing(context, &context.field())?;
    let place = Place {
        table: TableId(R::table()),
        under: Some((relation, above.id()?)),
    };
    let page = match above.list(relation, Some(&listing.list)) {
        Some(page) => page,
        None => Box::pin(page_of(context, place, Some(listing.list.clone()))).await?,
    };
    Connection::new(page, place, listing)
}

/// All rows that `relation` of `above` leads to.
pub(in crate::graphql) async fn all<T: Listed, R: Stored>(
    context: &Context<'_>,
    above: &Record<R>,
    relation: ToMany<R, T::Row>,
) -> Result<Vec<T>> {
    let relation = relation.name();
    let place = Place {
        table: TableId(R::table()),
        under: Some((relation, above.id()?)),
    };
    let page = match above.list(relation, None) {
        Some(page) => page,
        None => Box::pin(page_of(context, place, None)).await?,
    };
    if sees_numbers(context)? {
        return objects(&page);
    }
    let mut page = Page::clone(&page);
    store::veil(T::Row::table(), &mut page.items, context.services()?.veil)?;
    objects(&page)
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
