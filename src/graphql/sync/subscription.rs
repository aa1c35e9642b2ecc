use async_graphql::{Context, ID, Subscription};
use futures_util::{Stream, StreamExt as _};

use super::SyncRun;
use crate::graphql::{
    connection::shown,
    context::ContextExt,
    error::{ApiError, Result},
    id::{self, Kind},
    permissions::Root,
};

/// Subscriptions about synchronisation.
#[derive(Default)]
pub struct SyncSubscription;

#[Subscription(guard = "Root::Subscription")]
impl SyncSubscription {
    /// A synchronisation as it goes on: as it is now, then whenever it has changed, at most once a
    /// second. Completes after the run has ended; its last state is the one it ended with. Runs are
    /// found by `syncRuns` and in the answer of `refreshStats`.
    async fn sync_progress(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The run's `id`.")] run_id: ID,
    ) -> Result<impl Stream<Item = async_graphql::Result<SyncRun>> + use<>> {
        let run = id::expect(&run_id, Kind::SyncRun)?;
        let states = context.services()?.live.progress(run).await?;
        let states = states.ok_or_else(|| ApiError::BadInput {
            argument: "runId",
            message: "there is no synchronisation with this id".to_owned(),
        })?;
        Ok(states.map(|state| Ok(shown(state.map_err(ApiError::from)?))))
    }
}
