//! Configuration: flags, each of which is an environment variable too. What is malformed is
//! refused at start, by the parser, with the variable's name and what is allowed.

mod auth;
mod database;
mod guanke;
mod server;
mod sync;

pub use auth::{AuthArgs, MissingSecret};
pub use database::DatabaseArgs;
pub use guanke::{GuankeArgs, GuankeConfigError};
pub use server::ServerArgs;
pub use sync::SyncArgs;

/// A value that may be left out by leaving it empty, as compose files do.
fn given(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !value.trim().is_empty())
}
