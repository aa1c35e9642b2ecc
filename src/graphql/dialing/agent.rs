use async_graphql::{Context, ID, Object};

use super::{AgentFilter, AgentOrder, Call, CallFilter, CallOrder, CallSource};
use crate::{
    graphql::{
        connection::{Connection, ListArguments, listed, nested},
        error::Result,
        id::{self, Kind},
        plan,
        scalars::DateTime,
    },
    store::agents::AgentRow,
};

listed! {
    Agent(AgentRow) by AgentFilter, AgentOrder {
        "calls" => "calls": plan::list::<Call>,
    }
}

/// An account that makes calls, on the calling platform or in a system that was imported from. Not every
/// account is a seat.
#[Object(serial)]
impl Agent {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::Agent, self.0.row.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// The id that its source has for the account. Two sources can have the same one for two accounts.
    async fn external_id(&self) -> &str {
        &self.0.row.external_id
    }

    /// Who told us of it: GUANKE for an account of the platform, IMPORT for one of another system.
    async fn source(&self) -> CallSource {
        self.0.row.source.into()
    }

    /// The account's name, as its newest call has it; null where no call has one.
    async fn name(&self) -> Option<&str> {
        self.0.row.name.as_deref()
    }

    /// Whether it is a seat; a manager's or an assistant's account is none and counts in no
    /// activeSeats.
    async fn is_seat(&self) -> bool {
        self.0.row.is_seat
    }

    /// Its calls, newest first; limited for each agent by itself.
    async fn calls(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which of them.")] filter: Option<Box<CallFilter>>,
        #[graphql(desc = "Their order; newest first by default.")] order_by: Option<Vec<CallOrder>>,
    ) -> Result<Connection<Call>> {
        let arguments = ListArguments {
            first,
            after,
            last,
            before,
            filter,
            order_by,
        };
        nested(context, &self.0, "calls", arguments).await
    }

    /// When it was first seen here.
    async fn created_at(&self) -> DateTime {
        self.0.row.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.row.updated_at.into()
    }
}
