use crate::graphql::error::Result;
use async_graphql::{Context, ID, Object};

use super::SyncRun;
use crate::graphql::{
    connection::{Connection, PageArguments, list_all, list_cost},
    id::{self, Kind},
    loaders::{SyncRunId, load},
};

/// Queries about synchronisation.
#[derive(Default)]
pub struct SyncQuery;

#[Object]
impl SyncQuery {
    /// All synchronisations, newest first.
    #[graphql(complexity = "list_cost(first, last, child_complexity)")]
    async fn sync_runs(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<SyncRun>> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        list_all(context, &arguments).await
    }

    /// One synchronisation; null when there is none with this id.
    async fn sync_run(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its `id`.")] id: ID,
    ) -> Result<Option<SyncRun>> {
        let id = id::expect(&id, Kind::SyncRun)?;
        Ok(load(context, SyncRunId(id)).await?.map(SyncRun))
    }
}
