//! Synchronisation with the calling platform: its history, and asking for more.

mod alert;
mod coverage;
mod mutation;
mod query;
mod reconciliation;
mod run;
mod slice;
mod status;
mod subscription;

pub(super) use alert::{SyncAlert, SyncAlertKind};
pub(super) use coverage::{MOST_COVERED_DAYS, SyncCoverageDay};
pub use mutation::SyncMutation;
pub use query::SyncQuery;
pub(super) use run::{SyncRun, SyncStatus, SyncTrack, SyncTrigger, SyncWindow};
pub(super) use slice::{SliceState, SyncSlice};
pub use subscription::SyncSubscription;

/// The tracks asked for, each once; both when nothing was said.
fn each(asked: Option<&[SyncTrack]>) -> Vec<SyncTrack> {
    let both = [SyncTrack::CallRecords, SyncTrack::TaskStats];
    match asked {
        None | Some([]) => both.to_vec(),
        Some(asked) => both
            .into_iter()
            .filter(|track| asked.contains(track))
            .collect(),
    }
}
