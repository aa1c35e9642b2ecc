//! Calls with their tags, and what they belong to: agents, grades, packages and tasks.

pub mod agents;
pub mod call_batches;
pub mod call_edits;
pub mod call_pushes;
pub mod calls;
pub mod grades;
pub mod naming;
pub mod package_rules;
pub mod packages;
pub mod removals;
pub mod retired_grades;
pub mod stored_calls;
pub mod tag_counts;
pub mod tags;
pub mod task_edits;
pub mod tasks;
