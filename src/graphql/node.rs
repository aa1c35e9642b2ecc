//! `node` and `nodes`: any object by its global id.

use std::collections::{BTreeSet, HashMap};

use async_graphql::{Context, ID, Interface, Object};
use strum::VariantArray as _;

use super::{
    connection::found,
    dialing::{Agent, Call, CallTag, DialTask, Grade, LeadPackage},
    error::{ApiError, Result},
    id::{self, Kind},
    identity::{AccessToken, User},
    permissions::Root,
    sync::{SyncAlert, SyncRun, SyncSlice},
};

/// An object with a global id.
#[derive(Interface, Clone)]
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
    SyncAlert(SyncAlert),
    SyncSlice(SyncSlice),
    User(User),
    AccessToken(AccessToken),
}

/// Queries by global id.
#[derive(Default)]
pub struct NodeQuery;

/// Most ids that `nodes` takes.
const MAX_NODES: usize = 200;

#[Object(guard = "Root::Query")]
impl NodeQuery {
    /// The object with this global id; null when there is none.
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The object's `id`.")] id: ID,
    ) -> Result<Option<Node>> {
        let Some((kind, id)) = id::parse(&id) else {
            return Ok(None);
        };
        let mut found = found_of(context, kind, &[id]).await?;
        Ok(found.pop().map(|(_, node)| node))
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
        let parsed: Vec<_> = ids.iter().map(id::parse).collect();
        let mut nodes: HashMap<(Kind, i64), Node> = HashMap::new();
        for &kind in Kind::VARIANTS {
            let of_kind = parsed.iter().flatten().filter(|(found, _)| *found == kind);
            let ids: BTreeSet<i64> = of_kind.map(|(_, id)| *id).collect();
            if !ids.is_empty() {
                let ids: Vec<i64> = ids.into_iter().collect();
                let found = found_of(context, kind, &ids).await?;
                nodes.extend(found.into_iter().map(|(id, node)| ((kind, id), node)));
            }
        }
        let node = |id: &Option<(Kind, i64)>| nodes.get(&(*id)?).cloned();
        Ok(parsed.iter().map(node).collect())
    }
}

/// The objects of one type with these ids, by id.
async fn found_of(context: &Context<'_>, kind: Kind, ids: &[i64]) -> Result<Vec<(i64, Node)>> {
    Ok(match kind {
        Kind::LeadPackage => nodes(found::<LeadPackage>(context, ids).await?),
        Kind::DialTask => nodes(found::<DialTask>(context, ids).await?),
        Kind::Call => nodes(found::<Call>(context, ids).await?),
        Kind::CallTag => nodes(found::<CallTag>(context, ids).await?),
        Kind::Agent => nodes(found::<Agent>(context, ids).await?),
        Kind::Grade => nodes(found::<Grade>(context, ids).await?),
        Kind::SyncRun => nodes(found::<SyncRun>(context, ids).await?),
        Kind::SyncAlert => nodes(found::<SyncAlert>(context, ids).await?),
        Kind::SyncSlice => nodes(found::<SyncSlice>(context, ids).await?),
        Kind::User => nodes(found::<User>(context, ids).await?),
        Kind::AccessToken => nodes(found::<AccessToken>(context, ids).await?),
    })
}

fn nodes<T: Into<Node>>(found: Vec<(i64, T)>) -> Vec<(i64, Node)> {
    let node = |(id, object): (i64, T)| (id, object.into());
    found.into_iter().map(node).collect()
}
