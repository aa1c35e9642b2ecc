//! Packages, tasks, calls, tags and agents.

mod agent;
mod call;
mod grade;
mod mutations;
mod package;
mod query;
mod tag;
mod task;

pub(super) use agent::Agent;
pub(super) use call::Call;
pub(super) use grade::Grade;
pub use mutations::DialingMutation;
pub(super) use package::LeadPackage;
pub use query::DialingQuery;
pub(super) use tag::CallTag;
pub(super) use task::DialTask;
