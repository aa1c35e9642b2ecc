//! `node` and `nodes`: any object by its global id.

use crate::graphql::error::Result;
use async_graphql::{Context, ID, Interface, Object};

use super::{
    dialing::{Agent, Call, CallTag, DialTask, Grade, LeadPackage},
    error::ApiError,
    id::{self, Kind},
    loaders::{AgentId, CallId, GradeId, PackageId, SyncRunId, TagId, TaskId, load},
    sync::SyncRun,
};

/// An object with a global id.
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one field; boxing rows would cost every other field"
)]
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "Opaque global id, good for `node(id:)` and the query of its type."
))]
pub(super) enum Node {
    LeadPackage(LeadPackage),
    DialTask(DialTask),
    Call(Call),
    CallTag(CallTag),
    Agent(Agent),
    Grade(Grade),
    SyncRun(SyncRun),
}

/// Queries by global id.
#[derive(Default)]
pub struct NodeQuery;

/// Most ids that `nodes` takes.
const MAX_NODES: usize = 200;

#[Object]
impl NodeQuery {
    /// The object with this global id; null when there is none.
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The object's `id`.")] id: ID,
    ) -> Result<Option<Node>> {
        find(context, &id).await
    }

    /// The objects with these global ids, in their order; null for each that there is none of.
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The objects' `id`s: at most 200.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > MAX_NODES {
            return Err(ApiError::BadInput {
                argument: "ids",
                message: format!(
                    "at most {MAX_NODES} ids can be looked up at once, and {} were given",
                    ids.len()
                ),
            });
        }
        let nodes = ids.iter().map(|id| find(context, id));
        futures_util::future::try_join_all(nodes).await
    }
}

async fn find(context: &Context<'_>, id: &ID) -> Result<Option<Node>, ApiError> {
    let Some((kind, id)) = id::parse(id) else {
        return Ok(None);
    };
    Ok(match kind {
        Kind::LeadPackage => load(context, PackageId(id))
            .await?
            .map(|row| Node::LeadPackage(LeadPackage(row))),
        Kind::DialTask => load(context, TaskId(id))
            .await?
            .map(|row| Node::DialTask(DialTask(row))),
        Kind::Call => load(context, CallId(id))
            .await?
            .map(|row| Node::Call(Call(row))),
        Kind::CallTag => load(context, TagId(id))
            .await?
            .map(|row| Node::CallTag(CallTag(row))),
        Kind::Agent => load(context, AgentId(id))
            .await?
            .map(|row| Node::Agent(Agent(row))),
        Kind::Grade => load(context, GradeId(id))
            .await?
            .map(|row| Node::Grade(Grade(row))),
        Kind::SyncRun => load(context, SyncRunId(id))
            .await?
            .map(|row| Node::SyncRun(SyncRun(row))),
    })
}
