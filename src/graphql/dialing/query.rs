use async_graphql::{Context, ID, Object};

use super::{Agent, Call, DialTask, LeadPackage};
use crate::graphql::{
    connection::find,
    error::Result,
    id::{self, Kind},
    permissions::Root,
};

/// Queries about one package, task, call or agent.
#[derive(Default)]
pub struct DialingQuery;

#[Object(guard = "Root::Query")]
impl DialingQuery {
    /// One package; null when there is none with this id.
    async fn package(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its `id`.")] id: ID,
    ) -> Result<Option<LeadPackage>> {
        find(context, id::expect(&id, Kind::LeadPackage)?).await
    }

    /// One dial task; null when there is none with this id.
    async fn task(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its `id`.")] id: ID,
    ) -> Result<Option<DialTask>> {
        find(context, id::expect(&id, Kind::DialTask)?).await
    }

    /// One call; null when there is none with this id.
    async fn call(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its `id`.")] id: ID,
    ) -> Result<Option<Call>> {
        find(context, id::expect(&id, Kind::Call)?).await
    }

    /// One agent; null when there is none with this id.
    async fn agent(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its `id`.")] id: ID,
    ) -> Result<Option<Agent>> {
        find(context, id::expect(&id, Kind::Agent)?).await
    }
}
