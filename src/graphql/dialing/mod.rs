//! Packages, tasks, calls, tags and agents.

mod agent;
mod call;
mod grade;
mod mutations;
mod package;
mod package_rule;
mod query;
mod tag;
mod tag_counts;
mod task;

pub(super) use agent::Agent;
pub(super) use call::{Call, CallResult, CallSource};
pub(super) use grade::Grade;
pub use mutations::DialingMutation;
pub(super) use package::LeadPackage;
pub(super) use package_rule::PackageAssignedBy;
pub use package_rule::PackageRuleQuery;
pub use query::DialingQuery;
pub(super) use tag::{CallTag, TagType};
pub(super) use tag_counts::Tag;
pub(super) use task::{DialTask, TaskStatus};
