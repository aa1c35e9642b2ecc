//! Learning by which time of a call the platform lists it.

use chrono::{DateTime, Days, TimeDelta, Utc};

use super::{
    context::{Context, delta, insist},
    day::Day,
    error::SyncError,
};
use crate::{
    domain::{
        listing::{Evidence, ListedBy},
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
        if learnt.lag() > known.lag() {
            let terms = (context.zone, learnt.lag());
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
        lag_seconds = learnt.lag().num_seconds(),
        "learnt by which time the platform lists calls"
    );
    Ok(())
}

/// How long after they were dialled the platform lists calls, as far as anybody knows: where it is not
/// known, and where it may be any time, at least as long as records arrive late.
pub(super) async fn lag(context: &Context, track: SyncTrack) -> Result<TimeDelta, SyncError> {
    if track == SyncTrack::TaskStats {
        return Ok(TimeDelta::zero());
    }
    let known = sync_tracks::listing(context.db.read(), track).await?;
    let overlap = delta(context.options.overlap);
    Ok(match known.by {
        Some(ListedBy::CallTime | ListedBy::EndTime) => known.lag(),
        None | Some(ListedBy::UploadTime) => known.lag().max(overlap),
    })
}

/// Most calls that are looked for to learn by which time the platform lists them.
const PROBED_CALLS: u64 = 3;

/// Finds out by which time the platform lists calls, if nothing has shown it yet: by looking for the
/// longest calls of the day about the second when each was dialled, and about the one when it ended.
/// That it is another time is only believed of several calls that are found by neither: one may be
/// gone, be known from a push alone, or have another duration by now.
pub(super) async fn probe(day: &Day<'_>, part: ListedPart) -> Result<(), SyncError> {
    let (context, track) = (day.context, day.run.track);
    let db = context.db.read();
    if sync_tracks::listing(db, track).await?.by.is_some() {
        return Ok(());
    }
    let longest = removals::longest_of_part(db, part, PROBED_CALLS).await?;
    let mut in_vain = 0;
    let mut length = 0;
    for (id, dialled, duration) in longest {
        // Shorter ones have both times too close to each other.
        let Ok(seconds @ 4..) = u32::try_from(duration) else {
            return Ok(());
        };
        let ended = dialled + TimeDelta::seconds(seconds.into());
        let by = if is_listed_about(day, &id, dialled).await? {
            ListedBy::CallTime
        } else if is_listed_about(day, &id, ended).await? {
            ListedBy::EndTime
        } else {
            in_vain += 1;
            length = seconds.max(length);
            continue;
        };
        return learn(context, track, &Evidence::found(by, seconds)).await;
    }
    if in_vain < PROBED_CALLS {
        return Ok(());
    }
    learn(
        context,
        track,
        &Evidence::found(ListedBy::UploadTime, length),
    )
    .await
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
