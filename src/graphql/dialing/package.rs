use async_graphql::{Context, ID, Object};

use super::{
    DialTask, DialTaskFilter, DialTaskOrder, LeadPackageFilter, LeadPackageOrder,
    PackageTagSummary, PackageTagSummaryFilter, PackageTagSummaryOrder, package_rule::PackageRule,
};
use crate::{
    domain::stats::Figures,
    graphql::{
        connection::{Connection, ListArguments, listed, nested},
        error::Result,
        id::{self, Kind},
        loaders::{FiguresOfPackage, RulesOfPackage, load},
        plan,
        scalars::{Date, DateTime, Decimal},
    },
    store::packages::PackageRow,
};

listed! {
    LeadPackage(PackageRow) by LeadPackageFilter, LeadPackageOrder {
        "tasks" => "tasks": plan::list::<DialTask>,
        "tagSummaries" => "tag_summaries": plan::list::<PackageTagSummary>,
    }
}

impl LeadPackage {
    async fn figures(&self, context: &Context<'_>) -> Result<Figures> {
        Ok(Box::pin(load(context, FiguresOfPackage(self.0.row.id)))
            .await?
            .unwrap_or_default())
    }
}

/// A list of leads that was bought or collected, and is dialled by tasks.
#[Object(serial)]
impl LeadPackage {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::LeadPackage, self.0.row.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// Where the leads come from.
    async fn source(&self) -> Option<&str> {
        self.0.row.source.as_deref()
    }

    /// The industry of the leads.
    async fn industry(&self) -> Option<&str> {
        self.0.row.industry.as_deref()
    }

    /// The region of the leads.
    async fn region(&self) -> Option<&str> {
        self.0.row.region.as_deref()
    }

    /// How many leads it has.
    async fn total_leads(&self) -> i32 {
        self.0.row.total_leads
    }

    /// How many of them can be dialled; never more than totalLeads.
    async fn valid_leads(&self) -> i32 {
        self.0.row.valid_leads
    }

    /// Price of one lead, in yuan.
    async fn cost_per_lead(&self) -> Decimal {
        self.0.row.cost_per_lead.into()
    }

    /// Price of the package, in yuan.
    async fn total_cost(&self) -> Decimal {
        self.0.row.total_cost.into()
    }

    /// Which tasks are its, by their names: each task that one of these rules matches, unless a person
    /// or the task's records say otherwise, or a rule of another package matches it, too.
    async fn rules(&self, context: &Context<'_>) -> Result<Vec<PackageRule>> {
        let rules = load(context, RulesOfPackage(self.0.row.id)).await?;
        let rules = rules.unwrap_or_default().into_iter();
        Ok(rules.map(PackageRule::from).collect())
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

    /// Interested among the connected calls ÷ connected, 0–1; null while there are no connected
    /// calls.
    async fn interest_rate(&self, context: &Context<'_>) -> Result<Option<f64>> {
        Ok(self.figures(context).await?.interest_rate())
    }

    /// The tasks that dial it, newest first.
    async fn tasks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which of them.")] filter: Option<Box<DialTaskFilter>>,
        #[graphql(desc = "Their order; newest first by default.")] order_by: Option<
            Vec<DialTaskOrder>,
        >,
    ) -> Result<Connection<DialTask>> {
        let arguments = ListArguments {
            first,
            after,
            last,
            before,
            filter,
            order_by,
        };
        nested(context, &self.0, "tasks", arguments).await
    }

    /// The tags of its calls, each once, by name and value.
    async fn tag_summaries(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many; 20 by default, at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 200; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which of them.")] filter: Option<Box<PackageTagSummaryFilter>>,
        #[graphql(desc = "Their order; by name and value by default.")] order_by: Option<
            Vec<PackageTagSummaryOrder>,
        >,
    ) -> Result<Connection<PackageTagSummary>> {
        let arguments = ListArguments {
            first,
            after,
            last,
            before,
            filter,
            order_by,
        };
        nested(context, &self.0, "tag_summaries", arguments).await
    }

    /// The business day on which it was created here; its cost is a cost of that day.
    async fn created_date(&self) -> Date {
        self.0.row.created_date.into()
    }

    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    async fn version(&self) -> i64 {
        self.0.row.version
    }

    /// When it was created here.
    async fn created_at(&self) -> DateTime {
        self.0.row.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.row.updated_at.into()
    }
}
