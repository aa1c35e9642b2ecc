use async_graphql::{Context, Enum, ID, Object};

use super::{Call, LeadPackage};
use crate::{
    domain::stats::Figures,
    graphql::{
        connection::{listed, lists, nested, one},
        error::Result,
        filter::compared_words,
        id::{self, Kind},
        loaders::{FiguresOfTask, load},
        plan,
    },
    store::{Record, tasks::TaskRow},
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

compared_words!(TaskStatus => crate::domain::dialing::TaskStatus);

listed! {
    DialTask(TaskRow) {
        "package" => plan::one::<LeadPackage, _>(&TaskRow::PACKAGE),
        "calls" => plan::list::<Call, _>(&TaskRow::CALLS),
    }
}

impl DialTask {
    async fn figures(&self, context: &Context<'_>) -> Result<Figures> {
        Ok(Box::pin(load(context, FiguresOfTask(self.0.id()?)))
            .await?
            .unwrap_or_default())
    }
}

/// A campaign on the calling platform that dials the leads of a package.
#[Object(serial)]
impl DialTask {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> Result<ID> {
        Ok(id::global(Kind::DialTask, self.0.id()?))
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<TaskRow> {
        &self.0
    }

    /// The package whose leads it dials; null until it is linked to one.
    async fn package(&self, context: &Context<'_>) -> Result<Option<LeadPackage>> {
        one(context, &self.0, TaskRow::PACKAGE).await
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

    #[graphql(flatten)]
    async fn lists(&self) -> DialTaskLists<'_> {
        DialTaskLists(&self.0)
    }
}

/// The lists under it.
struct DialTaskLists<'a>(&'a Record<TaskRow>);

lists! {
    #[Object(serial)]
    DialTaskLists<'_> {
        /// Its calls, newest first; limited for each task by itself.
        calls: Call => |of, context, arguments| nested(context, of.0, TaskRow::CALLS, arguments),
    }
}
