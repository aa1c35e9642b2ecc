use async_graphql::{Context, Enum, ID, Object};

use super::SyncRun;
use crate::{
    graphql::{
        connection::{listed, one},
        error::Result,
        filter::compared_words,
        id::{self, Kind},
        plan,
        scalars::BigInt,
    },
    store::{Record, sync_slices::SyncSliceRow},
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

compared_words!(SliceState => crate::domain::sync::SliceState);

listed! {
    SyncSlice(SyncSliceRow) {
        "run" => plan::one::<SyncRun, _>(&SyncSliceRow::RUN),
    }
}

/// A part of a day that a synchronisation reads and proves by itself: the ledger of what was asked of
/// the platform, and what came of it.
#[Object(serial)]
impl SyncSlice {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> Result<ID> {
        Ok(id::global(Kind::SyncSlice, self.0.id()?))
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<SyncSliceRow> {
        &self.0
    }

    /// The synchronisation that it is a part of.
    async fn run(&self, context: &Context<'_>) -> Result<Option<SyncRun>> {
        one(context, &self.0, SyncSliceRow::RUN).await
    }

    /// How many records the platform says it has; null until it said so.
    async fn expected(&self) -> Result<Option<BigInt>> {
        Ok(self.0.get(SyncSliceRow::EXPECTED)?.map(BigInt))
    }

    /// How many distinct records the last attempt brought; null before the first.
    async fn seen(&self) -> Result<Option<BigInt>> {
        Ok(self.0.get(SyncSliceRow::SEEN)?.map(BigInt))
    }
}
