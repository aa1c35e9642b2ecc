use async_graphql::{Context, Enum, ID, Object};

use super::{Agent, CallTag, DialTask};
use crate::{
    graphql::{
        connection::{all, listed, lists, nested, one},
        error::Result,
        filter::compared_words,
        id::{self, Kind},
        plan,
    },
    store::{Record, calls::CallRow},
};

/// How a call ended.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::dialing::CallResult")]
pub(in crate::graphql) enum CallResult {
    /// A person answered.
    Connected,
    /// A voice mailbox or an assistant answered.
    Voicemail,
    /// The line was busy.
    Busy,
    /// It rang and nobody answered.
    NoAnswer,
    /// The person dialled refused the call.
    Rejected,
    /// The call could not be made: empty number, switched off, network fault.
    Failed,
}

compared_words!(CallResult => crate::domain::dialing::CallResult);

/// Who told us of a call, a task or an agent. An externalId belongs to its source.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::dialing::CallSource")]
pub(in crate::graphql) enum CallSource {
    /// The Guanke platform.
    Guanke,
    /// A person, through the API.
    Manual,
    /// A bulk import.
    Import,
}

compared_words!(CallSource => crate::domain::dialing::CallSource);

listed! {
    Call(CallRow) {
        "task" => plan::one::<DialTask, _>(&CallRow::TASK),
        "agent" => plan::one::<Agent, _>(&CallRow::AGENT),
        "tags" => plan::all::<CallTag, _>(&CallRow::TAGS),
        "tagConnection" => plan::list::<CallTag, _>(&CallRow::TAGS),
    }
}

/// A call that was dialled.
#[Object(serial)]
impl Call {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> Result<ID> {
        Ok(id::global(Kind::Call, self.0.id()?))
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<CallRow> {
        &self.0
    }

    /// The task that dialled it.
    async fn task(&self, context: &Context<'_>) -> Result<Option<DialTask>> {
        one(context, &self.0, CallRow::TASK).await
    }

    /// The account that made it.
    async fn agent(&self, context: &Context<'_>) -> Result<Option<Agent>> {
        one(context, &self.0, CallRow::AGENT).await
    }

    /// All its tags, by name and value.
    async fn tags(&self, context: &Context<'_>) -> Result<Vec<CallTag>> {
        all(context, &self.0, CallRow::TAGS).await
    }

    #[graphql(flatten)]
    async fn lists(&self) -> CallLists<'_> {
        CallLists(&self.0)
    }
}

/// The lists under it.
struct CallLists<'a>(&'a Record<CallRow>);

lists! {
    #[Object(serial)]
    CallLists<'_> {
        /// Its tags as a connection, for a call that has many.
        tag_connection: CallTag => |of, context, arguments| nested(context, of.0, CallRow::TAGS, arguments),
    }
}
