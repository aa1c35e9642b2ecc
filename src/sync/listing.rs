//! Learning by which time of a call the platform lists it.

use chrono::{DateTime, Days, TimeDelta, Utc};

use super::{
    context::{Context, delta, insist},
    day::Day,
    error::SyncError,
};
use crate::{
    domain::{
        listing::{Evidence, ListedBy, Listing},
        sync::SyncTrack,
    },
    store::{
        Lane, Transaction,
        removals::{self, ListedPart},
        retention, sync_days,
        sync_runs::RunCounts,
        sync_tracks,
    },
};

/// Days before today that runs come back to by themselves.
const HEALED_DAYS: u64 = 92;

/// Why days are not complete any more that were read while less was known of the list.
pub(super) const LISTS_LATER: &str = "the platform lists calls longer after they were dialled than was known when this day was read: calls of its last minutes may be missing";

/// Notes what `evidence` shows of the list. Days that were read while less was known are not complete
/// any more, see [`sync_days::doubt_short_reads`].
pub(super) async fn learn(
    context: &Context,
    track: SyncTrack,
    evidence: &Evidence,
) -> Result<(), SyncError> {
    let known = sync_tracks::listing(context.db.read(), track).await?;
    if known.after(evidence) == known {
        return Ok(());
    }
    let learnt = insist(&context.db, Lane::Short, async |tx: &Transaction| {
        let now = context.clock.now();
        let known = sync_tracks::lock_listing(tx, track).await?;
        let learnt = known.after(evidence);
        sync_tracks::save_listing(tx, track, learnt, now).await?;
        let lag = safe_lag(context, track, learnt);
        if lag > safe_lag(context, track, known) {
            let terms = (context.zone, lag);
            let horizon = retention::call_horizon(tx).await?;
            let today = context.zone.day_of(now);
            let first = today.checked_sub_days(Days::new(HEALED_DAYS)).max(horizon);
            let first = first.unwrap_or(today);
            sync_days::doubt_short_reads(tx, track, terms, first, LISTS_LATER, now).await?;
        }
        Ok(learnt)
    })
    .await?;
    tracing::info!(
        listed_by = learnt.by.map(tracing::field::display),
        lag_seconds = safe_lag(context, track, learnt).num_seconds(),
        "learnt by which time the platform lists calls"
    );
    Ok(())
}

/// How long after they were dialled the platform lists calls, as far as anybody knows.
pub(super) async fn lag(context: &Context, track: SyncTrack) -> Result<TimeDelta, SyncError> {
    let known = match track {
        SyncTrack::CallRecords => sync_tracks::listing(context.db.read(), track).await?,
        SyncTrack::TaskStats => Listing::default(),
    };
    Ok(safe_lag(context, track, known))
}

/// The same of what is `known`: where that is not by which time it lists, and where that may be any time,
/// at least as long as records arrive late.
pub(super) fn safe_lag(context: &Context, track: SyncTrack, known: Listing) -> TimeDelta {
    match track {
        SyncTrack::CallRecords => known.safe_lag(delta(context.options.overlap)),
        SyncTrack::TaskStats => TimeDelta::zero(),
    }
}

/// Most calls that are looked for to learn by which time the platform lists them.
const PROBED_CALLS: u64 = 3;

/// How many calls that are found by their end show that the list goes by it: a single one may have been
/// uploaded in that second by chance.
const FOUND_BY_END: u64 = 2;

/// Finds out by which time the platform lists calls, unless that is known: by looking for the longest
/// calls of the day about the second when each was dialled, and about the one when it ended. That it is
/// another time is only believed of several calls, of which most are found by neither: one may be gone,
/// be known from a push alone, or have another duration by now.
pub(super) async fn probe(day: &Day<'_>, part: ListedPart) -> Result<(), SyncError> {
    let (context, track) = (day.context, day.run.track);
    let db = context.db.read();
    if sync_tracks::listing(db, track).await?.by.is_some() {
        return Ok(());
    }
    let longest = removals::longest_of_part(db, part, PROBED_CALLS).await?;
    let (mut looked_for, mut by_end, mut length) = (0, 0, 0);
    for (id, dialled, duration) in longest {
        // Shorter ones have both times too close to each other.
        let Ok(seconds @ 4..) = u32::try_from(duration) else {
            return Ok(());
        };
        looked_for += 1;
        length = seconds.max(length);
        if is_listed_about(day, &id, dialled).await? {
            return learn(context, track, &Evidence::found(ListedBy::CallTime, length)).await;
        }
        let ended = dialled + TimeDelta::seconds(seconds.into());
        if is_listed_about(day, &id, ended).await? {
            by_end += 1;
        }
        if by_end == FOUND_BY_END {
            return learn(context, track, &Evidence::found(ListedBy::EndTime, length)).await;
        }
    }
    if looked_for < PROBED_CALLS {
        return Ok(());
    }
    let by_upload = Evidence::found(ListedBy::UploadTime, length);
    learn(context, track, &by_upload).await
}

/// Whether the list of a second and those beside it has a call: a clock may be rounded either way.
async fn is_listed_about(day: &Day<'_>, id: &str, time: DateTime<Utc>) -> Result<bool, SyncError> {
    let (context, run) = (day.context, day.run);
    let second = DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time);
    let beside = TimeDelta::seconds(1);
    let page = context
        .client
        .call_records(second - beside, second + beside, 1);
    let page = context.ask(run.track, run.triggered_by, page).await?;
    let asked = RunCounts::of_request(page.retries);
    day.add_counts(asked).await?;
    Ok(page.records.iter().any(|record| record.id == id))
}
