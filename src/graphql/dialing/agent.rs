use async_graphql::{ID, Object};

use super::Call;
use crate::{
    graphql::{
        connection::{listed, lists, nested},
        error::Result,
        id::{self, Kind},
        plan,
    },
    store::{Record, agents::AgentRow},
};

listed! {
    Agent(AgentRow) {
        "calls" => plan::list::<Call, _>(&AgentRow::CALLS),
    }
}

/// An account that makes calls, on the calling platform or in a system that was imported from. Not every
/// account is a seat.
#[Object(serial)]
impl Agent {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> Result<ID> {
        Ok(id::global(Kind::Agent, self.0.id()?))
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<AgentRow> {
        &self.0
    }

    #[graphql(flatten)]
    async fn lists(&self) -> AgentLists<'_> {
        AgentLists(&self.0)
    }
}

/// The lists under it.
struct AgentLists<'a>(&'a Record<AgentRow>);

lists! {
    #[Object(serial)]
    AgentLists<'_> {
        /// Its calls, newest first; limited for each agent by itself.
        calls: Call => |of, context, arguments| nested(context, of.0, AgentRow::CALLS, arguments),
    }
}
