//! Loaders: for each field that leads from a row to others and was not loaded along with it, one
//! statement for all rows at once. A key says of what it is, so that a task's id is never taken for
//! a call's.

use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};

use async_graphql::{
    Context,
    dataloader::{DataLoader, HashMapCache, Loader},
};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::UnboundedSender;

use crate::{
    domain::{
        filter::Filter,
        package_rules::PackageRule,
        page::{List, Page},
        stats::{Dimension, Figures},
        sync_progress::SliceTotals,
        viewer::Viewer,
    },
    graphql::error::ApiError,
    service::figures,
    store::{
        self, AnyRecord, Database, Selection, StoreError, TableId,
        package_rules::{self, Unlinked},
        rollups, sync_slices,
    },
};

/// Where a list is: a whole table, or what a relation of a row leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct Place {
    /// The table, or that of the row above.
    pub table: TableId,
    /// The relation and the id of the row above.
    pub under: Option<(&'static str, i64)>,
}

/// Loads rows for one request.
pub(in crate::graphql) struct Loaders {
    db: Database,
    viewer: Viewer,
}

/// More keys than one query can bring: every level is one batch.
const MAX_BATCH: usize = 1_000_000;

/// A request's loader.
pub(in crate::graphql) type RequestLoader = DataLoader<Loaders, HashMapCache>;

/// The request's loader; `spawner` takes the batches. What it loaded it remembers if it may: the
/// fields of a mutation must see what those before them wrote.
pub(in crate::graphql) fn loader(
    db: Database,
    viewer: Viewer,
    spawner: UnboundedSender<BoxFuture<'static, ()>>,
    remembers: bool,
) -> RequestLoader {
    // A request that is over takes no more batches, and nobody waits for them.
    let spawn = move |batch| drop(spawner.send(batch));
    let loader = DataLoader::with_cache(Loaders { db, viewer }, spawn, HashMapCache::default())
        .delay(Duration::ZERO)
        .max_batch_size(MAX_BATCH);
    loader.enable_all_cache(remembers);
    loader
}

/// A row of a table by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct RowOf {
    pub table: TableId,
    pub id: i64,
}

impl Loader<RowOf> for Loaders {
    type Value = AnyRecord;
    type Error = StoreError;

    async fn load(&self, keys: &[RowOf]) -> Result<HashMap<RowOf, AnyRecord>, StoreError> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for (table, ids) in grouped(keys.iter().map(|key| (key.table, key.id))) {
            let whole = Selection::whole(table.0);
            let rows = store::by_ids(self.db.read(), &self.viewer, &ids, &whole).await?;
            for row in rows {
                let id = row.id()?;
                loaded.insert(RowOf { table, id }, row);
            }
        }
        Ok(loaded)
    }
}

/// A page of the rows under another; all of them where there is no list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct PageOf {
    pub place: Place,
    pub list: Option<List>,
}

impl Loader<PageOf> for Loaders {
    type Value = Arc<Page<AnyRecord>>;
    type Error = StoreError;

    async fn load(&self, keys: &[PageOf]) -> Result<HashMap<PageOf, Self::Value>, StoreError> {
        let mut loaded = HashMap::with_capacity(keys.len());
        let nested = keys.iter().filter_map(|key| {
            let (relation, parent) = key.place.under?;
            Some(((key.place.table, relation, &key.list), parent))
        });
        for ((table, relation, list), parents) in grouped(nested) {
            let db = self.db.read();
            let pages =
                store::by_parent(db, &self.viewer, table.0, relation, list.as_ref(), &parents)
                    .await?;
            loaded.extend(pages.into_iter().map(|(parent, page)| {
                let place = Place {
                    table,
                    under: Some((relation, parent)),
                };
                (
                    PageOf {
                        place,
                        list: list.clone(),
                    },
                    page,
                )
            }));
        }
        Ok(loaded)
    }
}

/// How many rows of a list a filter leaves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct CountOf {
    pub place: Place,
    pub filter: Option<Filter>,
    pub at_most: Option<u64>,
}

impl Loader<CountOf> for Loaders {
    type Value = i64;
    type Error = StoreError;

    async fn load(&self, keys: &[CountOf]) -> Result<HashMap<CountOf, i64>, StoreError> {
        let db = self.db.read();
        let mut loaded = HashMap::with_capacity(keys.len());
        for key in keys.iter().filter(|key| key.place.under.is_none()) {
            let filter = key.filter.as_ref();
            let count =
                store::count(db, &self.viewer, key.place.table.0, filter, key.at_most).await?;
            loaded.insert(key.clone(), count);
        }
        let nested = keys.iter().filter_map(|key| {
            let (relation, parent) = key.place.under?;
            Some((
                (key.place.table, relation, &key.filter, key.at_most),
                parent,
            ))
        });
        for ((table, relation, filter, at_most), parents) in grouped(nested) {
            let counts = store::count_by_parent(
                db,
                &self.viewer,
                table.0,
                relation,
                filter.as_ref(),
                at_most,
                &parents,
            )
            .await?;
            loaded.extend(counts.into_iter().map(|(parent, count)| {
                let place = Place {
                    table,
                    under: Some((relation, parent)),
                };
                (
                    CountOf {
                        place,
                        filter: filter.clone(),
                        at_most,
                    },
                    count,
                )
            }));
        }
        Ok(loaded)
    }
}

/// Ids by what is asked of them: one statement each, which is one a field of the query.
fn grouped<K: Eq + Hash>(keys: impl Iterator<Item = (K, i64)>) -> HashMap<K, Vec<i64>> {
    let mut groups: HashMap<K, Vec<i64>> = HashMap::new();
    for (key, id) in keys {
        groups.entry(key).or_default().push(id);
    }
    groups
}

/// The figures of all calls of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct FiguresOfTask(pub i64);

impl Loader<FiguresOfTask> for Loaders {
    type Value = Figures;
    type Error = StoreError;

    async fn load(
        &self,
        keys: &[FiguresOfTask],
    ) -> Result<HashMap<FiguresOfTask, Figures>, StoreError> {
        let db = self.db.read();
        let tasks: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
        let counts = rollups::by_key(db, Dimension::Task, &tasks).await?;
        let figures = figures::by_key(db, counts).await?;
        Ok(keys
            .iter()
            .map(|key| {
                (
                    *key,
                    figures.get(&key.0.to_string()).copied().unwrap_or_default(),
                )
            })
            .collect())
    }
}

/// The figures of all calls of a package's tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct FiguresOfPackage(pub i64);

impl Loader<FiguresOfPackage> for Loaders {
    type Value = Figures;
    type Error = StoreError;

    async fn load(
        &self,
        keys: &[FiguresOfPackage],
    ) -> Result<HashMap<FiguresOfPackage, Figures>, StoreError> {
        let db = self.db.read();
        let packages: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let counts = rollups::by_package(db, &packages).await?;
        let figures = figures::by_key(db, counts).await?;
        Ok(keys
            .iter()
            .map(|key| (*key, figures.get(&key.0).copied().unwrap_or_default()))
            .collect())
    }
}

/// The rules of a package on the names of its tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct RulesOfPackage(pub i64);

impl Loader<RulesOfPackage> for Loaders {
    type Value = Vec<PackageRule>;
    type Error = StoreError;

    async fn load(
        &self,
        keys: &[RulesOfPackage],
    ) -> Result<HashMap<RulesOfPackage, Vec<PackageRule>>, StoreError> {
        let packages: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rules = package_rules::of_packages(self.db.read(), &packages).await?;
        let keyed = |(package, rules)| (RulesOfPackage(package), rules);
        Ok(rules.into_iter().map(keyed).collect())
    }
}

/// How many tasks belong to no package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct UnlinkedTasks;

impl Loader<UnlinkedTasks> for Loaders {
    type Value = Unlinked;
    type Error = StoreError;

    async fn load(
        &self,
        keys: &[UnlinkedTasks],
    ) -> Result<HashMap<UnlinkedTasks, Unlinked>, StoreError> {
        let unlinked = package_rules::count_unlinked(self.db.read()).await?;
        Ok(keys.iter().map(|key| (*key, unlinked)).collect())
    }
}

/// What the slices of a run come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct SlicesOf(pub i64);

impl Loader<SlicesOf> for Loaders {
    type Value = SliceTotals;
    type Error = StoreError;

    async fn load(&self, keys: &[SlicesOf]) -> Result<HashMap<SlicesOf, SliceTotals>, StoreError> {
        let runs: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let totals = sync_slices::totals(self.db.read(), &runs).await?;
        let keyed = |(run, totals)| (SlicesOf(run), totals);
        Ok(totals.into_iter().map(keyed).collect())
    }
}

fn loader_of<'a>(context: &'a Context<'_>) -> Result<&'a RequestLoader, ApiError> {
    context.data().map_err(|_| ApiError::Missing("loaders"))
}

/// What `key` leads to, in the next batch.
pub(in crate::graphql) async fn load<K>(
    context: &Context<'_>,
    key: K,
) -> Result<Option<<Loaders as Loader<K>>::Value>, ApiError>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loaders: Loader<K, Error = StoreError>,
{
    Ok(loader_of(context)?.load_one(key).await?)
}
