//! Calls that the platform has no longer: they are kept with their tags, and count for nothing.
//!
//! One that is told again, by whomever, is there again: see [`ingest`](crate::service::ingest).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    domain::stats::{RollupDeltas, count},
    store::{
        Result, Transaction, call_edits, removals, rollups,
        tag_counts::{self, TagCounts},
        write_calls,
    },
};

/// Most calls that are looked at in one statement.
const CALLS_AT_ONCE: usize = 1_000;

/// Marks those of these calls that the platform told us of as removed, and takes them out of all
/// figures. Returns how many there were that were not removed before; ids of no calls, and of
/// calls that people entered or imported, are passed over.
///
/// # Errors
/// When the database fails; the transaction must then be rolled back. A contended one can be
/// tried again.
pub async fn mark_removed(
    tx: &Transaction,
    external_ids: &[impl AsRef<str>],
    now: DateTime<Utc>,
) -> Result<i64> {
    if external_ids.is_empty() {
        return Ok(0);
    }
    write_calls(tx).await?;
    // In the order in which every writer locks.
    let ids: BTreeSet<&str> = external_ids.iter().map(AsRef::as_ref).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut deltas = RollupDeltas::default();
    let mut tags = TagCounts::default();
    let mut removed = 0;
    for ids in ids.chunks(CALLS_AT_ONCE) {
        let calls = removals::lock_known(tx, ids).await?;
        for counted in calls.iter().filter_map(call_edits::counted) {
            deltas.remove(&counted);
        }
        let ids: Vec<i64> = calls.iter().map(|call| call.id).collect();
        tags = tags.plus(tag_counts::of_calls(tx, &ids).await?);
        removals::mark(tx, &ids, now).await?;
        removed += count(ids.len());
    }
    rollups::apply(tx, &deltas).await?;
    tag_counts::apply(tx, TagCounts::default().minus(tags)).await?;
    Ok(removed)
}
