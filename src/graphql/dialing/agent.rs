use crate::graphql::error::Result;
use async_graphql::{Context, ID, Object};

use super::Call;
use crate::{
    domain::page::Ordering,
    graphql::{
        connection::{Connection, Listed, PageArguments, connection, list_cost},
        id::{self, Kind},
        loaders::{CallsOfAgent, load},
        scalars::DateTime,
    },
    store::agents::{AgentRow, Agents},
};

pub(in crate::graphql) struct Agent(pub AgentRow);

impl Listed for Agent {
    type Table = Agents;
    const ORDERING: Ordering = Ordering {
        name: "agents",
        kinds: "i",
    };

    fn new(row: AgentRow) -> Self {
        Self(row)
    }
}

/// An account of the calling platform that makes calls. Not every account is a seat.
#[Object]
impl Agent {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::Agent, self.0.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.id
    }

    /// The platform's id of the account.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// The account's name; null where the platform tells none.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Whether it is a seat; a manager's or an assistant's account is none and counts in no
    /// activeSeats.
    async fn is_seat(&self) -> bool {
        self.0.is_seat
    }

    /// Its calls, newest first; limited for each agent by itself.
    #[graphql(complexity = "list_cost(first, last, child_complexity)")]
    async fn calls(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Call>> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let key = CallsOfAgent(self.0.id, arguments.request::<Call>(context)?);
        Ok(connection(load(context, key).await?.unwrap_or_default()))
    }

    /// When it was first seen here.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }
}
