use async_graphql::{Context, Enum, ID, Object};

use super::{SyncRun, SyncSliceFilter, SyncSliceOrder, SyncTrack};
use crate::{
    graphql::{
        connection::{listed, one},
        error::Result,
        id::{self, Kind},
        plan,
        scalars::{BigInt, Date, DateTime},
    },
    store::sync_slices::SyncSliceRow,
};

/// How far a slice is.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::sync::SliceState")]
pub(in crate::graphql) enum SliceState {
    /// Waits for its turn.
    Pending,
    /// Is being read.
    Reading,
    /// All of it is stored: as many distinct records as the platform counts, twice.
    Done,
    /// Could not be proven whole: see its error.
    Incomplete,
    /// Was cut in two, which are slices of their own.
    Split,
    /// Given up: a later run reads the day, this one was ended, or it read the whole day instead.
    Abandoned,
}

listed! {
    SyncSlice(SyncSliceRow) by SyncSliceFilter, SyncSliceOrder, whole = true {
        "run" => "run": plan::one::<SyncRun>,
    }
}

/// A part of a day that a synchronisation reads and proves by itself: the ledger of what was asked of
/// the platform, and what came of it.
#[Object(serial)]
impl SyncSlice {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::SyncSlice, self.0.row.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// The synchronisation that it is a part of.
    async fn run(&self, context: &Context<'_>) -> Result<Option<SyncRun>> {
        one(context, &self.0, "run", Some(self.0.row.run_id)).await
    }

    /// What it asks the platform for.
    async fn track(&self) -> SyncTrack {
        self.0.row.track.into()
    }

    /// The business day that it is a part of.
    async fn day(&self) -> Date {
        self.0.row.day.into()
    }

    /// Its first second.
    async fn from(&self) -> DateTime {
        self.0.row.from_at.into()
    }

    /// Its last second, included.
    async fn to(&self) -> DateTime {
        self.0.row.to_at.into()
    }

    /// How far it is.
    async fn state(&self) -> SliceState {
        self.0.row.state.into()
    }

    /// How many records the platform says it has; null until it said so.
    async fn expected(&self) -> Option<BigInt> {
        self.0.row.expected.map(BigInt)
    }

    /// How many distinct records the last attempt brought; null before the first.
    async fn seen(&self) -> Option<BigInt> {
        self.0.row.seen.map(BigInt)
    }

    /// Of those seen, how many wait to be dialled and are no calls yet.
    async fn undialled(&self) -> i64 {
        self.0.row.undialled
    }

    /// Calls of it that the platform has no longer: they are kept, and count for nothing.
    async fn removed(&self) -> i64 {
        self.0.row.removed
    }

    /// Answers read from the platform, all attempts together.
    async fn pages(&self) -> i64 {
        self.0.row.pages
    }

    /// Requests that had to be repeated.
    async fn retries(&self) -> i64 {
        self.0.row.retries
    }

    /// How often it was read from the start.
    async fn attempts(&self) -> i64 {
        self.0.row.attempts
    }

    /// Why the last attempt did not prove it whole.
    async fn error(&self) -> Option<&str> {
        self.0.row.error.as_deref()
    }

    /// When somebody began to read it; null while it waits.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.row.started_at.map(DateTime)
    }

    /// When nothing more was to be done about it.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.row.finished_at.map(DateTime)
    }
}
