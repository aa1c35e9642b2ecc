use async_graphql::{Context, ID, Object};

use super::SyncRun;
use crate::graphql::{
    connection::find,
    error::Result,
    id::{self, Kind},
    permissions::Root,
};

/// Queries about one synchronisation.
#[derive(Default)]
pub struct SyncQuery;

#[Object(guard = "Root::Query")]
impl SyncQuery {
    /// One synchronisation; null when there is none with this id.
    async fn sync_run(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its `id`.")] id: ID,
    ) -> Result<Option<SyncRun>> {
        find(context, id::expect(&id, Kind::SyncRun)?).await
    }
}
