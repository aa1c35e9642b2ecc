use crate::graphql::error::Result;
use async_graphql::{Context, Enum, ID, Object};

use super::{Call, LeadPackage};
use crate::{
    domain::{page::Ordering, stats::Figures},
    graphql::{
        connection::{Connection, Listed, PageArguments, connection, list_cost},
        id::{self, Kind},
        loaders::{CallsOfTask, FiguresOfTask, PackageId, load},
        scalars::DateTime,
    },
    store::tasks::{TaskRow, Tasks},
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

pub(in crate::graphql) struct DialTask(pub TaskRow);

impl Listed for DialTask {
    type Table = Tasks;
    const ORDERING: Ordering = Ordering {
        name: "tasks",
        kinds: "i",
    };

    fn new(row: TaskRow) -> Self {
        Self(row)
    }
}

impl DialTask {
    async fn figures(&self, context: &Context<'_>) -> Result<Figures> {
        Ok(load(context, FiguresOfTask(self.0.id))
            .await?
            .unwrap_or_default())
    }
}

/// A campaign on the calling platform that dials the leads of a package.
#[Object]
impl DialTask {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::DialTask, self.0.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.id
    }

    /// The platform's id of the task; null for one that was made here.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// What people call it.
    async fn task_name(&self) -> &str {
        &self.0.task_name
    }

    /// What it is about.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// When dialling was to start.
    async fn start_time(&self) -> Option<DateTime> {
        self.0.start_time.map(DateTime)
    }

    /// When dialling was to end.
    async fn end_time(&self) -> Option<DateTime> {
        self.0.end_time.map(DateTime)
    }

    /// Where it stands.
    async fn status(&self) -> TaskStatus {
        self.0.status.into()
    }

    /// The package whose leads it dials; null until it is linked to one.
    async fn package(&self, context: &Context<'_>) -> Result<Option<LeadPackage>> {
        let Some(id) = self.0.package_id else {
            return Ok(None);
        };
        Ok(load(context, PackageId(id)).await?.map(LeadPackage))
    }

    /// Calls dialled, of all time.
    async fn total_calls(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.figures(context).await?.counts.calls)
    }

    /// Of those, connected.
    async fn connected_calls(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.figures(context).await?.counts.connected)
    }

    /// Of those, with a grade that means interested or a deal.
    async fn interested_calls(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.figures(context).await?.interested)
    }

    /// Its calls, newest first; limited for each task by itself.
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
        let key = CallsOfTask(self.0.id, arguments.request::<Call>(context)?);
        Ok(connection(load(context, key).await?.unwrap_or_default()))
    }

    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    async fn version(&self) -> i64 {
        self.0.version
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
