use async_graphql::{Context, Enum, ID, Object};

use super::{
    Call, CallFilter, CallOrder, CallSource, DialTaskFilter, DialTaskOrder, LeadPackage,
    package_rule::PackageAssignedBy,
};
use crate::{
    domain::stats::Figures,
    graphql::{
        connection::{Connection, ListArguments, listed, nested, one},
        error::Result,
        id::{self, Kind},
        loaders::{FiguresOfTask, load},
        plan,
        scalars::DateTime,
    },
    store::tasks::TaskRow,
};

/// Where a dial task stands.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::dialing::TaskStatus")]
pub(in crate::graphql) enum TaskStatus {
    /// Created, nothing dialled yet.
    Pending,
    /// Being dialled.
    InProgress,
    /// Every number was dialled.
    Completed,
    /// Stopped before its end.
    Cancelled,
}

listed! {
    DialTask(TaskRow) by DialTaskFilter, DialTaskOrder {
        "package" => "package": plan::one::<LeadPackage>,
        "calls" => "calls": plan::list::<Call>,
    }
}

impl DialTask {
    async fn figures(&self, context: &Context<'_>) -> Result<Figures> {
        Ok(Box::pin(load(context, FiguresOfTask(self.0.row.id)))
            .await?
            .unwrap_or_default())
    }
}

/// A campaign on the calling platform that dials the leads of a package.
#[Object(serial)]
impl DialTask {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::DialTask, self.0.row.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// The id that its source has for the task; null for one that was made here. Two sources can have the
    /// same one for two tasks.
    async fn external_id(&self) -> Option<&str> {
        self.0.row.external_id.as_deref()
    }

    /// Who told us of it: GUANKE for a task of the platform, IMPORT for one of another system, MANUAL for
    /// one that was made here.
    async fn source(&self) -> CallSource {
        self.0.row.source.into()
    }

    /// What people call it: the name that its newest call has, unless it was renamed here after that call.
    async fn task_name(&self) -> &str {
        &self.0.row.task_name
    }

    /// What it is about.
    async fn description(&self) -> Option<&str> {
        self.0.row.description.as_deref()
    }

    /// When dialling was to start.
    async fn start_time(&self) -> Option<DateTime> {
        self.0.row.start_time.map(DateTime)
    }

    /// When dialling was to end.
    async fn end_time(&self) -> Option<DateTime> {
        self.0.row.end_time.map(DateTime)
    }

    /// Where it stands.
    async fn status(&self) -> TaskStatus {
        self.0.row.status.into()
    }

    /// The package whose leads it dials; null until it is linked to one.
    async fn package(&self, context: &Context<'_>) -> Result<Option<LeadPackage>> {
        one(context, &self.0, "package", self.0.row.package_id).await
    }

    /// What decided to which package it belongs; null while nothing did.
    async fn package_assigned_by(&self) -> Option<PackageAssignedBy> {
        self.0.row.package_assigned_by.map(Into::into)
    }

    /// How many packages claim it by their rules, or are named by its records. It belongs to none
    /// when more than one does; 0 where a person decided.
    async fn package_claims(&self) -> i32 {
        self.0.row.package_claims
    }

    /// Calls dialled, of all time.
    async fn total_calls(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.figures(context).await?.counts.calls)
    }

    /// Of those, connected.
    async fn connected_calls(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.figures(context).await?.counts.connected)
    }

    /// Calls whose grade means interested or a deal, connected or not.
    async fn interested_calls(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.figures(context).await?.interested)
    }

    /// Connected ÷ dialled, 0–1; null while there are no calls.
    async fn contact_rate(&self, context: &Context<'_>) -> Result<Option<f64>> {
        Ok(self.figures(context).await?.connect_rate())
    }

    /// Interested among the connected calls ÷ connected, 0–1; null while there are no connected calls.
    async fn interest_rate(&self, context: &Context<'_>) -> Result<Option<f64>> {
        Ok(self.figures(context).await?.interest_rate())
    }

    /// Its calls, newest first; limited for each task by itself.
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

    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    async fn version(&self) -> i64 {
        self.0.row.version
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
