use crate::graphql::error::Result;
use async_graphql::{Context, ID, Object};

use super::DialTask;
use crate::{
    domain::{page::Ordering, stats::Figures},
    graphql::{
        connection::{Connection, Listed, PageArguments, connection, list_cost},
        id::{self, Kind},
        loaders::{FiguresOfPackage, TasksOfPackage, load},
        scalars::{DateTime, Decimal},
    },
    store::packages::{PackageRow, Packages},
};

/// A list of leads that was bought or collected, and is dialled by tasks.
pub(in crate::graphql) struct LeadPackage(pub PackageRow);

impl Listed for LeadPackage {
    type Table = Packages;
    const ORDERING: Ordering = Ordering {
        name: "packages",
        kinds: "ti",
    };

    fn new(row: PackageRow) -> Self {
        Self(row)
    }
}

impl LeadPackage {
    async fn figures(&self, context: &Context<'_>) -> Result<Figures> {
        Ok(load(context, FiguresOfPackage(self.0.id))
            .await?
            .unwrap_or_default())
    }
}

/// A list of leads that was bought or collected, and is dialled by tasks.
#[Object]
impl LeadPackage {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::LeadPackage, self.0.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.id
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where the leads come from.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// The industry of the leads.
    async fn industry(&self) -> Option<&str> {
        self.0.industry.as_deref()
    }

    /// The region of the leads.
    async fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// How many leads it has.
    async fn total_leads(&self) -> i32 {
        self.0.total_leads
    }

    /// How many of them can be dialled; never more than totalLeads.
    async fn valid_leads(&self) -> i32 {
        self.0.valid_leads
    }

    /// Price of one lead, in yuan.
    async fn cost_per_lead(&self) -> Decimal {
        self.0.cost_per_lead.into()
    }

    /// Price of the package, in yuan.
    async fn total_cost(&self) -> Decimal {
        self.0.total_cost.into()
    }

    /// Calls dialled by its tasks, of all time.
    async fn total_calls(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.figures(context).await?.counts.calls)
    }

    /// Of those, connected.
    async fn connected_calls(&self, context: &Context<'_>) -> Result<i64> {
        Ok(self.figures(context).await?.counts.connected)
    }

    /// Connected ÷ dialled, 0–1; null while there are no calls.
    async fn contact_rate(&self, context: &Context<'_>) -> Result<Option<f64>> {
        Ok(self.figures(context).await?.connect_rate())
    }

    /// Interested ÷ connected, 0–1; null while there are no connected calls.
    async fn interest_rate(&self, context: &Context<'_>) -> Result<Option<f64>> {
        Ok(self.figures(context).await?.interest_rate())
    }

    /// The tasks that dial it, newest first.
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
        let key = TasksOfPackage(self.0.id, arguments.request::<DialTask>(context)?);
        Ok(connection(load(context, key).await?.unwrap_or_default()))
    }

    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// When it was created here.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }
}
