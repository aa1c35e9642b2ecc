//! Use cases: what the program does, whoever asks for it.

pub mod dashboard;
pub mod demo;
pub mod figures;
pub mod grade_stats;
pub mod ingest;
pub mod refresh;
pub mod trend;
