//! Changes of packages, tasks, calls, tags and grades: one input each, and a payload with what came
//! of it or what has to be mended.

mod call;
mod grade;
mod import;
mod metrics;
mod package;
mod reveal;
mod tag;
mod task;

use async_graphql::MergedObject;

use crate::graphql::input;

/// Changes of packages, tasks, calls, tags and grades.
#[derive(MergedObject, Default)]
pub struct DialingMutation(
    package::PackageMutation,
    task::TaskMutation,
    call::CallMutation,
    tag::TagMutation,
    import::ImportMutation,
    grade::GradeMutation,
    metrics::MetricsMutation,
    reveal::RevealMutation,
);
