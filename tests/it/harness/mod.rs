//! What tests stand on: a database each, a clock that stands still, a simulated platform, and the
//! real HTTP service.

mod app;
mod data;
mod database;
mod random;

pub use app::{Answer, NOW, SECRET, TestApp, answer, day, run};
pub use data::{call, give, ingest, live_external_ids, package, reader, remove, task};
pub use database::{Backend, TestDatabase, down_to, steps_to};
pub use random::runner;

/// A test on both databases: `on_both!(name, async |backend| { … })`, one sentence of documentation
/// before the name.
#[macro_export]
macro_rules! on_both {
    ($($(#[$doc:meta])* $name:ident = $body:expr;)+) => {$(
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports, reason = "not every body uses every name of its file")]
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let body = $body;
                body($crate::harness::Backend::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let Some(server) = $crate::harness::Backend::postgres() else {
                    return;
                };
                let body = $body;
                body(server).await;
            }
        }
    )+};
}
