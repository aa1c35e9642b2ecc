//! Use cases: what the program does, whoever asks for it.

pub mod audit;
pub mod calls;
pub mod dashboard;
pub mod demo;
pub mod figures;
pub mod grade_stats;
pub mod grades;
mod idempotency;
pub mod import;
pub mod ingest;
pub mod metrics;
pub mod packages;
pub mod refresh;
pub mod reveal;
pub mod tagging;
pub mod tasks;
pub mod trend;
pub mod write;
