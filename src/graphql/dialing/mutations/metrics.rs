use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::input::{answer, payloads, writer};
use crate::{
    graphql::{
        connection::shown,
        dialing::DialTask,
        error::Result,
        id::{self, Kind},
        permissions::Root,
        scalars::Date,
        stats::MetricsSummary,
        user_error::UserError,
    },
    service::metrics,
};

/// Which task's figures to count again.
#[derive(InputObject)]
pub(super) struct RefreshTaskMetricsInput {
    /// The task's `id`.
    task_id: ID,
}

/// Which day's figures to count again.
#[derive(InputObject)]
pub(super) struct ComputeDailyMetricsInput {
    /// The business day; not in the future.
    date: Date,
}

/// What came of counting a task's calls again.
#[derive(SimpleObject, Default)]
pub(super) struct RefreshTaskMetricsPayload {
    /// The task with its figures; null when there are userErrors.
    task: Option<DialTask>,
    /// How many stored counts differed and were mended. Never any, unless somebody wrote to the
    /// database past this service.
    repaired_cells: u64,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of counting a day's calls again.
#[derive(SimpleObject, Default)]
pub(super) struct ComputeDailyMetricsPayload {
    /// The day's figures; null when there are userErrors.
    summary: Option<MetricsSummary>,
    /// How many stored counts differed and were mended. Never any, unless somebody wrote to the
    /// database past this service.
    repaired_cells: u64,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

payloads!(RefreshTaskMetricsPayload, ComputeDailyMetricsPayload);

/// Counting figures again.
#[derive(Default)]
pub struct MetricsMutation;

#[Object(guard = "Root::Mutation")]
impl MetricsMutation {
    /// Counts the calls of a task again, and mends its figures where they differ. Figures follow
    /// every write by themselves: this is for doubts. For ADMIN and MANAGER.
    async fn refresh_task_metrics(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which task.")] input: RefreshTaskMetricsInput,
    ) -> Result<RefreshTaskMetricsPayload> {
        let id = id::given(&input.task_id, Kind::DialTask);
        let done = metrics::refresh_task(&writer(context)?, &id).await;
        answer(done, |(task, repaired_cells)| RefreshTaskMetricsPayload {
            task: Some(shown(task)),
            repaired_cells,
            ..Default::default()
        })
    }

    /// Counts the calls of a business day again, in every dimension, and mends its figures where they
    /// differ. Figures follow every write by themselves: this is for doubts. For ADMIN and MANAGER.
    async fn compute_daily_metrics(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which day.")] input: ComputeDailyMetricsInput,
    ) -> Result<ComputeDailyMetricsPayload> {
        let done = metrics::compute_day(&writer(context)?, input.date.0).await;
        answer(done, |(summary, repaired_cells)| {
            ComputeDailyMetricsPayload {
                summary: Some(MetricsSummary(summary)),
                repaired_cells,
                ..Default::default()
            }
        })
    }
}
