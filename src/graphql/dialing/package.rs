use async_graphql::{Context, ID, Object};

use super::{DialTask, package_rule::PackageRule, tag_counts::PackageTagSummary};
use crate::{
    domain::stats::Figures,
    graphql::{
        connection::{listed, lists, nested},
        error::Result,
        id::{self, Kind},
        loaders::{FiguresOfPackage, RulesOfPackage, load},
        plan,
    },
    store::{Record, packages::PackageRow},
};

listed! {
    LeadPackage(PackageRow) {
        "tasks" => plan::list::<DialTask, _>(&PackageRow::TASKS),
        "tagSummaries" => plan::list::<PackageTagSummary, _>(&PackageRow::TAG_SUMMARIES),
    }
}

impl LeadPackage {
    async fn figures(&self, context: &Context<'_>) -> Result<Figures> {
        Ok(Box::pin(load(context, FiguresOfPackage(self.0.id()?)))
            .await?
            .unwrap_or_default())
    }
}

/// A list of leads that was bought or collected, and is dialled by tasks.
#[Object(serial)]
impl LeadPackage {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> Result<ID> {
        Ok(id::global(Kind::LeadPackage, self.0.id()?))
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<PackageRow> {
        &self.0
    }

    /// Which tasks are its, by their names: each task that one of these rules matches, unless a person
    /// or the task's records say otherwise, or a rule of another package matches it, too.
    async fn rules(&self, context: &Context<'_>) -> Result<Vec<PackageRule>> {
        let rules = load(context, RulesOfPackage(self.0.id()?)).await?;
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

    #[graphql(flatten)]
    async fn lists(&self) -> LeadPackageLists<'_> {
        LeadPackageLists(&self.0)
    }
}

/// The lists under it.
struct LeadPackageLists<'a>(&'a Record<PackageRow>);

lists! {
    #[Object(serial)]
    LeadPackageLists<'_> {
        /// The tasks that dial it, newest first.
        tasks: DialTask => |of, context, arguments| nested(context, of.0, PackageRow::TASKS, arguments),
        /// The tags of its calls, each once, by name and value.
        tag_summaries: PackageTagSummary => |of, context, arguments| nested(context, of.0, PackageRow::TAG_SUMMARIES, arguments),
    }
}
