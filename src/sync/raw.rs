//! A page's records as they came, kept beside the calls that they are.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::context::Context;
use crate::{
    domain::{
        dialing::CallSource,
        incoming::{IncomingCall, LinkedCall},
        sync::SyncTrack,
    },
    guanke::RawRecord,
    service::ingest::{Ingested, Outcome, ingest_each},
    store::{StoreError, Transaction, raw_records, slice_claims::SliceRow},
};

/// The rows of a page as they came.
pub(super) struct RawPage {
    rows: Vec<RawRecord>,
    /// Ids of the rows that are no calls yet.
    undialled: HashSet<String>,
}

impl RawPage {
    pub(super) fn new(rows: Vec<RawRecord>, undialled: Vec<String>) -> Self {
        Self {
            rows,
            undialled: undialled.into_iter().collect(),
        }
    }

    /// Stores the page's `calls`, and keeps as they came those that are new or changed, and what cannot
    /// be used: a better reading may make calls of it.
    pub(super) async fn ingest(
        &self,
        tx: &Transaction,
        context: &Context,
        slice: &SliceRow,
        calls: &[IncomingCall],
        now: DateTime<Utc>,
    ) -> Result<Ingested, StoreError> {
        // The slice's own day may be the one before: see `Day::after_midnight`.
        let listed_day = Some(context.zone.day_of(slice.from_at));
        let batch: Vec<LinkedCall<'_>> = calls
            .iter()
            .map(|call| LinkedCall {
                listed_day,
                ..LinkedCall::from(call)
            })
            .collect();
        let outcomes = ingest_each(tx, context.zone, CallSource::Guanke, &batch, now).await?;
        if context.options.keeps_raw {
            let is_kept = |row: &&RawRecord| match row.id.as_deref() {
                Some(id) if self.undialled.contains(id) => false,
                Some(id) => outcomes.get(id) != Some(&Outcome::Unchanged),
                None => true,
            };
            let kept = self.rows.iter().filter(is_kept);
            let texts: Vec<&str> = kept.map(|row| &*row.json).collect();
            let (track, run) = (SyncTrack::CallRecords, Some(slice.run_id));
            raw_records::keep(tx, track, slice.day, run, &texts, now).await?;
        }
        Ok(Ingested::of(outcomes.values()))
    }
}
