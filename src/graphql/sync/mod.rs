//! Synchronisation with the calling platform: its history, and asking for more.

mod mutation;
mod query;
mod run;

pub use mutation::SyncMutation;
pub use query::SyncQuery;
pub(super) use run::SyncRun;
