//! Use cases: what the program does, whoever asks for it.

pub mod access_tokens;
pub mod accounts;
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
pub mod live;
pub mod metrics;
pub mod packages;
pub mod passwords;
pub mod refresh;
pub mod reveal;
mod secrets;
pub mod sign_in;
mod sign_in_audit;
pub mod tagging;
pub mod tasks;
mod throttle;
pub mod trend;
pub mod users;
pub mod write;
