//! Fetching lists and what hangs on them: one statement a list, however many rows it has and
//! under however many parents.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use futures_util::future::BoxFuture;
use sea_orm::{
    ConnectionTrait, QueryResult,
    sea_query::{Alias, Expr, ExprTrait, Order, Query, SelectStatement, WindowStatement},
};

use crate::{
    domain::{
        filter::Filter,
        page::{List, OrderKey, Page},
        scalar::Scalar,
        veil::Veil,
        viewer::Viewer,
    },
    store::{
        Result,
        dialect::{self, MAX_IDS},
        filters::{Conditions, there, unknown, whole},
        paging::{Key, Scan, keys, page},
        record::{AnyRecord, LoadedList},
        selection::{Nested, Selection},
        table::{Source, Table},
    },
};

/// What rows go by in a statement.
pub(in crate::store) const ROW: &str = "r";
/// What the ids of the rows above go by.
pub(in crate::store) const PARENT: &str = "p";

/// A page of a table, with what `selection` asks for.
pub async fn list(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    list: &List,
    mut selection: Selection,
) -> Result<Page<AnyRecord>> {
    selection.keys(&list.order);
    let table = selection.table;
    let rows = scan(db, viewer, list, &Scan::of(table, list)?, &selection).await?;
    let behind = match Scan::behind(table, list)? {
        Some(behind) => !scan(db, viewer, list, &behind, &Selection::new(table))
            .await?
            .is_empty(),
        None => false,
    };
    let mut page = page(rows, &list.page, behind);
    fill(db, viewer, &selection, page.items.iter_mut().collect()).await?;
    Ok(page)
}

/// The rows with these ids, in no order, with what `selection` asks for; ids that there are none
/// of are left out.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    ids: &[i64],
    selection: &Selection,
) -> Result<Vec<AnyRecord>> {
    let backend = db.get_database_backend();
    let mut rows = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MAX_IDS) {
        let mut query = from(selection.table, ROW);
        let mut conditions = Conditions::new(backend, viewer);
        selection.project(ROW, &mut conditions, &mut query)?;
        query.and_where(dialect::one_of_ids(backend, (ROW, "id"), ids));
        query.and_where_option(conditions.seen(selection.table, ROW)?);
        rows.extend(read(db, &query, selection).await?);
    }
    fill(db, viewer, selection, rows.iter_mut().collect()).await?;
    Ok(rows)
}

/// For each of `parents` the rows that `relation` of `table` leads to, those that `list` asks for
/// or all, with what `selection` asks for.
pub async fn by_parent(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    table: &'static Table,
    relation: &str,
    list: Option<&List>,
    parents: &[i64],
) -> Result<HashMap<i64, Arc<Page<AnyRecord>>>> {
    let mut above = Selection::new(table);
    above.list(relation, list.cloned())?.every_column();
    let nested = above.lists.first();
    let nested = nested.ok_or_else(|| unknown(table, relation))?;
    pages(db, viewer, nested, parents).await
}

/// Loads the nested lists of `selection` under `records`, and what hangs on them in turn.
fn fill<'a>(
    db: &'a impl ConnectionTrait,
    viewer: &'a Viewer,
    selection: &'a Selection,
    mut records: Vec<&'a mut AnyRecord>,
) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        if records.is_empty() {
            return Ok(());
        }
        for nested in &selection.lists {
            let ids = records.iter().map(|record| record.id());
            let mut ids = ids.collect::<Result<Vec<i64>>>()?;
            ids.sort_unstable();
            ids.dedup();
            let pages = pages(db, viewer, nested, &ids).await?;
            for record in &mut records {
                let page = pages.get(&record.id()?).cloned().unwrap_or_default();
                if let Some(related) = record.related() {
                    related.lists.push(LoadedList {
                        relation: nested.relation.name,
                        list: nested.list.clone(),
                        page,
                    });
                }
            }
        }
        for (relation, selection) in &selection.ones {
            let joined = records
                .iter_mut()
                .filter_map(|record| record.related()?.one_mut(relation.name))
                .collect();
            fill(db, viewer, selection, joined).await?;
        }
        Ok(())
    })
}

/// A nested list under each of `parents`, with what hangs on it.
async fn pages(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    nested: &Nested,
    parents: &[i64],
) -> Result<HashMap<i64, Arc<Page<AnyRecord>>>> {
    let mut pages: HashMap<i64, Page<AnyRecord>> = HashMap::with_capacity(parents.len());
    for parents in parents.chunks(MAX_IDS) {
        match nested.list.as_deref() {
            Some(list) => limited(db, viewer, nested, list, parents, &mut pages).await?,
            None => all(db, viewer, nested, parents, &mut pages).await?,
        }
    }
    let records = pages.values_mut().flat_map(|page| page.items.iter_mut());
    fill(db, viewer, &nested.selection, records.collect()).await?;
    let shared = |(parent, page)| (parent, Arc::new(page));
    Ok(pages.into_iter().map(shared).collect())
}

async fn limited(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    nested: &Nested,
    list: &List,
    parents: &[i64],
    pages: &mut HashMap<i64, Page<AnyRecord>>,
) -> Result<()> {
    let table = nested.selection.table;
    let scan = Scan::of(table, list)?;
    let mut rows =
        under_parents(db, viewer, nested, list, &scan, &nested.selection, parents).await?;
    let behind = match Scan::behind(table, list)? {
        Some(scan) => {
            under_parents(
                db,
                viewer,
                nested,
                list,
                &scan,
                &Selection::new(table),
                parents,
            )
            .await?
        }
        None => HashMap::new(),
    };
    let sorting = Sorting::new(table, &list.order, list.page.veil, list.page.backward)?;
    for parent in parents {
        let mut rows = rows.remove(parent).unwrap_or_default();
        sorting.sort(&mut rows)?;
        pages.insert(*parent, page(rows, &list.page, behind.contains_key(parent)));
    }
    Ok(())
}

async fn all(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    nested: &Nested,
    parents: &[i64],
    pages: &mut HashMap<i64, Page<AnyRecord>>,
) -> Result<()> {
    let (table, selection) = (nested.selection.table, &nested.selection);
    let mut query = from(table, ROW);
    query.column((ROW, nested.column));
    let backend = db.get_database_backend();
    let mut conditions = Conditions::new(backend, viewer);
    selection.project(ROW, &mut conditions, &mut query)?;
    query.and_where(dialect::one_of_ids(backend, (ROW, nested.column), parents));
    restrict(&mut conditions, table, None, &mut query)?;
    for (parent, row) in read_under_parents(db, &query, selection).await? {
        pages.entry(parent).or_default().items.push(row);
    }
    let order = table.order(&[]);
    let sorting = Sorting::new(table, &order, None, false)?;
    for page in pages.values_mut() {
        sorting.sort(&mut page.items)?;
    }
    Ok(())
}

async fn scan(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    list: &List,
    scan: &Scan<'_>,
    selection: &Selection,
) -> Result<Vec<AnyRecord>> {
    let backend = db.get_database_backend();
    let mut query = from(selection.table, ROW);
    let mut conditions = Conditions::new(backend, viewer);
    selection.project(ROW, &mut conditions, &mut query)?;
    restrict(
        &mut conditions,
        selection.table,
        list.filter.as_ref(),
        &mut query,
    )?;
    query.and_where_option(whole(selection.table, ROW)?);
    scan.apply(backend, ROW, &mut query);
    read(db, &query, selection).await
}

async fn under_parents(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    nested: &Nested,
    list: &List,
    scan: &Scan<'_>,
    selection: &Selection,
    parents: &[i64],
) -> Result<HashMap<i64, Vec<AnyRecord>>> {
    let backend = db.get_database_backend();
    let table = selection.table;
    let mut conditions = Conditions::new(backend, viewer);
    let mut query = match table.source {
        Source::Table => {
            let mut limited = from(table, ROW);
            limited
                .and_where(Expr::col((ROW, nested.column)).eq(dialect::each_id(backend, PARENT)));
            restrict(&mut conditions, table, list.filter.as_ref(), &mut limited)?;
            scan.apply(backend, ROW, &mut limited);
            let columns = table.columns.iter().map(|column| column.name);
            let mut query = Query::select();
            query.expr(dialect::each_id(backend, PARENT));
            dialect::from_ids(backend, &mut query, parents, PARENT);
            dialect::join_limited(backend, &mut query, table.name, columns, ROW, limited);
            query
        }
        Source::Query(_) => numbered(&mut conditions, nested, list, scan, parents)?,
    };
    selection.project(ROW, &mut conditions, &mut query)?;
    let mut rows: HashMap<i64, Vec<AnyRecord>> = HashMap::new();
    for (parent, row) in read_under_parents(db, &query, selection).await? {
        rows.entry(parent).or_default().push(row);
    }
    Ok(rows)
}

/// The first rows under each parent of a query that is read as a table, by their numbers: it has
/// to be worked out as a whole anyway.
fn numbered(
    conditions: &mut Conditions<'_>,
    nested: &Nested,
    list: &List,
    scan: &Scan<'_>,
    parents: &[i64],
) -> Result<SelectStatement> {
    let (backend, table) = (conditions.backend(), nested.selection.table);
    let mut numbers = WindowStatement::partition_by((Alias::new(ROW), nested.column));
    for (key, order, nulls) in scan.order(backend, ROW) {
        match nulls {
            Some(nulls) => numbers.order_by_expr_with_nulls(key, order, nulls),
            None => numbers.order_by_expr(key, order),
        };
    }
    let mut inner = from(table, ROW);
    inner
        .expr(Expr::col((Alias::new(ROW), sea_orm::sea_query::Asterisk)))
        .expr_window_as(Expr::cust("row_number()"), numbers, "place")
        .and_where(dialect::one_of_ids(backend, (ROW, nested.column), parents));
    restrict(conditions, table, list.filter.as_ref(), &mut inner)?;
    if let Some(range) = scan.range(backend, ROW) {
        inner.and_where(range);
    }
    Ok(Query::select()
        .column((ROW, nested.column))
        .from_subquery(inner, ROW)
        .and_where(Expr::col((ROW, "place")).lte(scan.limit()))
        .take())
}

/// Leaves the rows that are there, that the viewer may see and that pass `filter`.
pub(in crate::store) fn restrict(
    conditions: &mut Conditions<'_>,
    table: &Table,
    filter: Option<&Filter>,
    query: &mut SelectStatement,
) -> Result<()> {
    if let Some(filter) = filter {
        query.and_where(conditions.of(table, ROW, filter)?);
    }
    query.and_where_option(there(table, ROW, filter));
    query.and_where_option(conditions.seen(table, ROW)?);
    Ok(())
}

/// A statement on `table`, whose rows go by `alias`.
pub(in crate::store) fn from(table: &Table, alias: &'static str) -> SelectStatement {
    let mut query = Query::select();
    match table.source {
        Source::Table => query.from_as(table.name, alias),
        Source::Query(source) => query.from_subquery(source(), alias),
    };
    query
}

async fn read(
    db: &impl ConnectionTrait,
    query: &SelectStatement,
    selection: &Selection,
) -> Result<Vec<AnyRecord>> {
    let rows = db.query_all(query).await?;
    rows.iter().map(|row| selection.read(row, &mut 0)).collect()
}

/// Rows behind the id of the row above, the first column.
async fn read_under_parents(
    db: &impl ConnectionTrait,
    query: &SelectStatement,
    selection: &Selection,
) -> Result<Vec<(i64, AnyRecord)>> {
    let read = |row: &QueryResult| Ok((row.try_get_by(0)?, selection.read(row, &mut 1)?));
    db.query_all(query).await?.iter().map(read).collect()
}

/// The order that rows are to be in, whatever order a join leaves them in.
struct Sorting {
    keys: Vec<Key>,
    backward: bool,
}

impl Sorting {
    fn new(table: &Table, order: &[OrderKey], veil: Option<Veil>, backward: bool) -> Result<Self> {
        Ok(Self {
            keys: keys(table, order, veil)?,
            backward,
        })
    }

    fn sort(&self, rows: &mut Vec<AnyRecord>) -> Result<()> {
        let mut sorted = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            let values = self.keys.iter().map(|key| key.value(row));
            sorted.push((values.collect::<Result<Vec<_>>>()?, row.clone()));
        }
        if sorted.is_sorted_by(|(a, _), (b, _)| self.compare(a, b).is_le()) {
            return Ok(());
        }
        sorted.sort_by(|(a, _), (b, _)| self.compare(a, b));
        *rows = sorted.into_iter().map(|(_, row)| row).collect();
        Ok(())
    }

    fn compare(&self, a: &[Scalar], b: &[Scalar]) -> Ordering {
        let by_key = |((key, a), b): ((&Key, &Scalar), &Scalar)| match (a, b) {
            (Scalar::Null, Scalar::Null) => Ordering::Equal,
            (Scalar::Null, _) => Ordering::Greater,
            (_, Scalar::Null) => Ordering::Less,
            (a, b) if key.descending => key.compare(b, a),
            (a, b) => key.compare(a, b),
        };
        let mut keys = self.keys.iter().zip(a).zip(b).map(by_key);
        let ordering = keys.find(|ordering| ordering.is_ne());
        let ordering = ordering.unwrap_or(Ordering::Equal);
        if self.backward {
            ordering.reverse()
        } else {
            ordering
        }
    }
}

/// Puts all rows under another in the order in which those get them who see telephone numbers masked.
pub fn veil(table: &Table, rows: &mut Vec<AnyRecord>, veil: Veil) -> Result<()> {
    Sorting::new(table, &table.order(&[]), Some(veil), false)?.sort(rows)
}

/// The ids of the rows of `table` that pass `filter`, smallest first, `at_most` so many.
pub async fn matching(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    table: &Table,
    filter: &Filter,
    at_most: u64,
) -> Result<Vec<i64>> {
    let mut query = from(table, ROW);
    query
        .column((ROW, "id"))
        .order_by((ROW, "id"), Order::Asc)
        .limit(at_most);
    let mut conditions = Conditions::new(db.get_database_backend(), viewer);
    restrict(&mut conditions, table, Some(filter), &mut query)?;
    let rows = db.query_all(&query).await?;
    rows.iter().map(|row| Ok(row.try_get_by(0)?)).collect()
}
