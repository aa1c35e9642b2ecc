//! Keyset paging, once for every list: by itself, or under each of many parents at a time.

use std::collections::HashMap;

use sea_orm::{
    ConnectionTrait, DatabaseBackend, EntityName, EntityTrait, FromQueryResult, Iterable,
    QueryFilter,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr},
};

use super::{Result, dialect};
use crate::domain::page::{Cursor, CursorValue, Page, PageRequest};

/// A table that is listed in a fixed order.
pub trait Keyset: EntityTrait {
    /// The columns that order the list; the last one is unique.
    const KEYS: &'static [Self::Column];
    /// The direction of all of them.
    const DESCENDING: bool;

    /// Where a row stands.
    fn cursor(row: &Self::Model) -> Cursor;
}

/// The rows with these ids, in no order; ids that there are none of are left out.
pub async fn find_by_ids<E: Keyset>(db: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<Row<E>>> {
    let mut rows = Vec::with_capacity(ids.len());
    for ids in ids.chunks(dialect::MAX_BINDINGS) {
        let found = E::find().filter(Expr::col((table::<E>(), "id")).is_in(ids.iter().copied()));
        rows.extend(found.all(db).await?);
    }
    Ok(rows)
}

/// A row of a table.
pub type Row<E> = <E as EntityTrait>::Model;

/// A page of a table. Costs one statement, and a second one when the request looks behind its
/// cursor.
pub async fn list<E: Keyset>(
    db: &impl ConnectionTrait,
    request: &PageRequest,
) -> Result<Page<E::Model>> {
    let fetch = async |scan: Scan<'_>| -> Result<Vec<E::Model>> {
        let mut query = Query::select();
        query.from(table::<E>());
        for column in E::Column::iter() {
            query.column((table::<E>(), column));
        }
        scan.apply::<E>(&mut query);
        let rows = db.query_all(&query).await?;
        rows.iter()
            .map(|row| Ok(E::Model::from_query_result(row, "")?))
            .collect()
    };
    let rows = fetch(Scan::of(request)).await?;
    let behind = match Scan::behind(request) {
        Some(scan) => !fetch(scan).await?.is_empty(),
        None => false,
    };
    Ok(page(rows, request, behind))
}

/// For each of `parents` a page of its rows, limited in SQL: one statement whatever the number of
/// parents, and a second one when the request looks behind its cursor.
///
/// `parent_table` has a row with each parent's `id`; `parent_column` refers to it.
pub async fn list_by_parent<E: Keyset>(
    db: &impl ConnectionTrait,
    parent_table: &'static str,
    parent_column: E::Column,
    parents: &[i64],
    request: &PageRequest,
) -> Result<HashMap<i64, Page<E::Model>>> {
    let fetch = async |scan: Scan<'_>| -> Result<HashMap<i64, Vec<E::Model>>> {
        let mut groups: HashMap<i64, Vec<E::Model>> = HashMap::new();
        for parents in parents.chunks(dialect::MAX_BINDINGS / 2) {
            let backend = db.get_database_backend();
            let query = by_parent::<E>(backend, parent_table, parent_column, parents, &scan);
            for row in db.query_all(&query).await? {
                groups
                    .entry(row.try_get("", PARENT)?)
                    .or_default()
                    .push(E::Model::from_query_result(&row, "")?);
            }
        }
        Ok(groups)
    };
    let mut groups = fetch(Scan::of(request)).await?;
    let behind = match Scan::behind(request) {
        Some(scan) => fetch(scan).await?,
        None => HashMap::new(),
    };
    Ok(parents
        .iter()
        .map(|parent| {
            let rows = groups.remove(parent).unwrap_or_default();
            (*parent, page(rows, request, behind.contains_key(parent)))
        })
        .collect())
}

const PARENT: &str = "parent_id";
const CHILD: &str = "child";

fn by_parent<E: Keyset>(
    backend: DatabaseBackend,
    parent_table: &'static str,
    parent_column: E::Column,
    parents: &[i64],
    scan: &Scan<'_>,
) -> SelectStatement {
    let mut limited = Query::select();
    limited
        .from(table::<E>())
        .and_where(Expr::col((table::<E>(), parent_column)).equals(("p", "id")));
    scan.apply::<E>(&mut limited);

    let mut query = Query::select();
    query
        .expr_as(Expr::col(("p", "id")), PARENT)
        .from_as(parent_table, "p")
        .and_where(Expr::col(("p", "id")).is_in(parents.iter().copied()));
    for column in E::Column::iter() {
        query.column((CHILD, column));
    }
    dialect::join_limited(
        backend,
        &mut query,
        table::<E>(),
        E::Column::iter(),
        CHILD,
        limited,
    );
    for &column in E::KEYS {
        query.order_by((CHILD, column), scan.direction::<E>());
    }
    query
}

fn table<E: EntityName + Default>() -> &'static str {
    E::default().table_name()
}

/// One walk along an ordering: which way, between which places, how far.
struct Scan<'a> {
    backward: bool,
    after: Option<&'a Cursor>,
    before: Option<&'a Cursor>,
    /// Whether the row at the cursor itself belongs to the range.
    inclusive: bool,
    limit: u64,
}

impl<'a> Scan<'a> {
    /// The page and one row more, which tells whether the list goes on.
    const fn of(request: &'a PageRequest) -> Self {
        Self {
            backward: request.backward,
            after: request.after.as_ref(),
            before: request.before.as_ref(),
            inclusive: false,
            limit: request.size as u64 + 1,
        }
    }

    /// The first row on the other side of the cursor that the page starts from.
    fn behind(request: &'a PageRequest) -> Option<Self> {
        let origin = request.origin().filter(|_| request.look_behind)?;
        Some(Self {
            backward: !request.backward,
            after: request.backward.then_some(origin),
            before: (!request.backward).then_some(origin),
            inclusive: true,
            limit: 1,
        })
    }

    fn direction<E: Keyset>(&self) -> Order {
        if E::DESCENDING == self.backward {
            Order::Asc
        } else {
            Order::Desc
        }
    }

    fn apply<E: Keyset>(&self, query: &mut SelectStatement) {
        let keys = || Expr::tuple(E::KEYS.iter().map(|&key| Expr::col((table::<E>(), key))));
        // "After" is towards larger keys where the list ascends, smaller where it descends.
        for (cursor, larger) in [(self.after, !E::DESCENDING), (self.before, E::DESCENDING)] {
            let Some(cursor) = cursor else { continue };
            let place = Expr::tuple(cursor.0.iter().map(value));
            query.and_where(match (larger, self.inclusive) {
                (true, false) => keys().gt(place),
                (true, true) => keys().gte(place),
                (false, false) => keys().lt(place),
                (false, true) => keys().lte(place),
            });
        }
        for &key in E::KEYS {
            query.order_by((table::<E>(), key), self.direction::<E>());
        }
        query.limit(self.limit);
    }
}

fn value(value: &CursorValue) -> SimpleExpr {
    match value {
        CursorValue::Int(number) => Expr::value(*number),
        CursorValue::Time(instant) => Expr::value(*instant),
    }
}

fn page<T>(mut rows: Vec<T>, request: &PageRequest, behind: bool) -> Page<T> {
    let size = request.size as usize;
    let more = rows.len() > size;
    rows.truncate(size);
    if request.backward {
        rows.reverse();
    }
    let (has_previous, has_next) = if request.backward {
        (more, behind)
    } else {
        (behind, more)
    };
    Page {
        items: rows,
        has_previous,
        has_next,
    }
}
