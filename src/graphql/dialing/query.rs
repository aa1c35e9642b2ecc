use crate::graphql::error::Result;
use async_graphql::{Context, ID, Object};

use super::{Agent, Call, CallTag, DialTask, LeadPackage};
use crate::graphql::{
    connection::{Connection, PageArguments, list_all, list_cost},
    id::{self, Kind},
    loaders::{AgentId, CallId, PackageId, TaskId, load},
};

/// Queries about packages, tasks, calls, tags and agents.
#[derive(Default)]
pub struct DialingQuery;

#[Object]
impl DialingQuery {
    /// All packages, newest first.
    #[graphql(complexity = "list_cost(first, last, child_complexity)")]
    async fn packages(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<LeadPackage>> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        list_all(context, &arguments).await
    }

    /// One package; null when there is none with this id.
    async fn package(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its `id`.")] id: ID,
    ) -> Result<Option<LeadPackage>> {
        let id = id::expect(&id, Kind::LeadPackage)?;
        Ok(load(context, PackageId(id)).await?.map(LeadPackage))
    }

    /// All dial tasks, newest first.
    #[graphql(complexity = "list_cost(first, last, child_complexity)")]
    async fn tasks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<DialTask>> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        list_all(context, &arguments).await
    }

    /// One dial task; null when there is none with this id.
    async fn task(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its `id`.")] id: ID,
    ) -> Result<Option<DialTask>> {
        let id = id::expect(&id, Kind::DialTask)?;
        Ok(load(context, TaskId(id)).await?.map(DialTask))
    }

    /// All calls, newest first.
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
        list_all(context, &arguments).await
    }

    /// One call; null when there is none with this id.
    async fn call(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its `id`.")] id: ID,
    ) -> Result<Option<Call>> {
        let id = id::expect(&id, Kind::Call)?;
        Ok(load(context, CallId(id)).await?.map(Call))
    }

    /// All tags of all calls, newest first.
    #[graphql(complexity = "list_cost(first, last, child_complexity)")]
    async fn tags(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<CallTag>> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        list_all(context, &arguments).await
    }

    /// All agents, in the order in which they were first seen.
    #[graphql(complexity = "list_cost(first, last, child_complexity)")]
    async fn agents(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Agent>> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        list_all(context, &arguments).await
    }

    /// One agent; null when there is none with this id.
    async fn agent(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its `id`.")] id: ID,
    ) -> Result<Option<Agent>> {
        let id = id::expect(&id, Kind::Agent)?;
        Ok(load(context, AgentId(id)).await?.map(Agent))
    }
}
