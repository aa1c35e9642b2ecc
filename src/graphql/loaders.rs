//! Loaders: for each field that leads from a row to others, one statement for all rows at once.
//! A key is a newtype, so that a task's id is never taken for a call's.

use std::{collections::HashMap, hash::Hash, time::Duration};

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::UnboundedSender;

use super::{context::ContextExt, error::ApiError};
use crate::{
    domain::{
        page::{Page, PageRequest},
        stats::{Dimension, Figures},
    },
    service::figures,
    store::{
        Database, Row, StoreError, agents, calls, find_by_ids, grades, list_by_parent, packages,
        rollups, sync_runs, tags, tasks,
    },
};

/// Loads rows for one request.
pub(super) struct Loaders {
    db: Database,
}

/// More keys than one query can bring: every level is one batch.
const MAX_BATCH: usize = 1_000_000;

/// The request's loader; `spawner` takes the batches.
pub(super) fn loader(
    db: Database,
    spawner: UnboundedSender<BoxFuture<'static, ()>>,
) -> DataLoader<Loaders> {
    // A request that is over takes no more batches, and nobody waits for them.
    let spawn = move |batch| drop(spawner.send(batch));
    DataLoader::new(Loaders { db }, spawn)
        .delay(Duration::ZERO)
        .max_batch_size(MAX_BATCH)
}

/// A row by its id.
macro_rules! by_id {
    ($($(#[$doc:meta])* $key:ident => $store:ident::$table:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) struct $key(pub i64);

        impl Loader<$key> for Loaders {
            type Value = Row<$store::$table>;
            type Error = StoreError;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>, StoreError> {
                let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
                let rows = find_by_ids::<$store::$table>(self.db.read(), &ids).await?;
                Ok(rows.into_iter().map(|row| ($key(row.id), row)).collect())
            }
        }
    )+};
}

by_id! {
    /// A package.
    PackageId => packages::Packages;
    /// A task.
    TaskId => tasks::Tasks;
    /// A call.
    CallId => calls::Calls;
    /// A tag of a call.
    TagId => tags::Tags;
    /// An agent.
    AgentId => agents::Agents;
    /// A grade.
    GradeId => grades::Grades;
    /// A run of the synchronisation.
    SyncRunId => sync_runs::SyncRuns;
}

/// A page of a parent's rows.
macro_rules! pages_by_parent {
    ($($(#[$doc:meta])* $key:ident => $store:ident::$parent:ident, $table:ident, $row:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub(super) struct $key(pub i64, pub PageRequest);

        impl Loader<$key> for Loaders {
            type Value = Page<$store::$row>;
            type Error = StoreError;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>, StoreError> {
                let (table, column) = $store::$parent;
                let mut loaded = HashMap::with_capacity(keys.len());
                for (request, parents) in by_page(keys.iter().map(|key| (key.0, &key.1))) {
                    let pages = list_by_parent::<$store::$table>(
                        self.db.read(), table, column, &parents, request,
                    ).await?;
                    loaded.extend(pages.into_iter().map(|(parent, page)| ($key(parent, request.clone()), page)));
                }
                Ok(loaded)
            }
        }
    )+};
}

pages_by_parent! {
    /// Tasks of a package.
    TasksOfPackage => tasks::BY_PACKAGE, Tasks, TaskRow;
    /// Calls of a task.
    CallsOfTask => calls::BY_TASK, Calls, CallRow;
    /// Calls of an agent.
    CallsOfAgent => calls::BY_AGENT, Calls, CallRow;
}

/// Parents that want the same page: one statement each page, which is one a field of the query.
fn by_page<'a>(
    keys: impl Iterator<Item = (i64, &'a PageRequest)>,
) -> HashMap<&'a PageRequest, Vec<i64>> {
    let mut parents: HashMap<&PageRequest, Vec<i64>> = HashMap::new();
    for (parent, request) in keys {
        parents.entry(request).or_default().push(parent);
    }
    parents
}

/// All tags of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TagsOfCall(pub i64);

impl Loader<TagsOfCall> for Loaders {
    type Value = Vec<tags::TagRow>;
    type Error = StoreError;

    async fn load(
        &self,
        keys: &[TagsOfCall],
    ) -> Result<HashMap<TagsOfCall, Self::Value>, StoreError> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let tags = tags::by_call(self.db.read(), &ids).await?;
        Ok(tags
            .into_iter()
            .map(|(call, tags)| (TagsOfCall(call), tags))
            .collect())
    }
}

/// The figures of all calls of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FiguresOfTask(pub i64);

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
pub(super) struct FiguresOfPackage(pub i64);

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

/// What `key` leads to, in the next batch.
pub(super) async fn load<K>(
    context: &Context<'_>,
    key: K,
) -> Result<Option<<Loaders as Loader<K>>::Value>, ApiError>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loaders: Loader<K, Error = StoreError>,
{
    Ok(context.loader()?.load_one(key).await?)
}
