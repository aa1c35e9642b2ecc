//! Synchronisation with the calling platform: its history, and asking for more.

mod list;
mod mutation;
mod query;
mod run;
mod subscription;

use list::{SyncRunFilter, SyncRunOrder};
pub use mutation::SyncMutation;
pub use query::SyncQuery;
pub(super) use run::{SyncRun, SyncStatus, SyncTrack, SyncTrigger, SyncWindow};
pub use subscription::SyncSubscription;
