//! Calls, and what they belong to: packages and their rules, tasks, grades, tags.

pub mod calls;
pub(in crate::service) mod gaps;
pub mod grades;
pub mod import;
pub(in crate::service) mod import_edits;
pub(in crate::service) mod import_results;
pub(in crate::service) mod import_rows;
pub mod ingest;
pub(in crate::service) mod listed_parts;
pub mod package_rules;
pub mod packages;
pub mod push;
pub mod removal;
pub mod reveal;
pub mod tagging;
pub(in crate::service) mod task_facts;
pub mod tasks;
