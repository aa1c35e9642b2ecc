//! Stored calls that the platform does not list any more.
//!
//! Each call belongs to one day's part of the list: that of its own day, or the one that gave it. Only
//! the read of that part can find it gone, and only if two passes over all of the part miss it:
//! within a day one slice may list what another one did before.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt as _, stream};

use super::{
    context::{Context, delta},
    day::Day,
    error::SyncError,
    seen::Seen,
    slice::SliceReader,
};
use crate::{
    domain::{stats::count, sync::SliceState},
    store::{
        call_pushes,
        removals::{self, ListedPart},
        slice_claims::{SliceRow, Window},
        sync_runs::RunCounts,
    },
};

/// So many calls of a day may be gone at once, or such a part of them: more are rather a sign of lost
/// rights, or of days that the platform does not keep any more.
const BELIEVABLE: usize = 20;
const BELIEVABLE_PART: usize = 10;

/// How many calls are stored of a slice's time that it does not list, but for those that the platform
/// has just pushed: its list may lag behind.
pub(super) async fn of_slice(reader: &SliceReader, seen: &Seen) -> Result<i64, SyncError> {
    let (context, slice) = (&reader.context, &reader.slice);
    let part = ListedPart {
        day: context.zone.day_of(slice.from_at),
        from: slice.from_at,
        to: slice.to_at,
    };
    let db = context.db.read();
    if removals::count_of_part(db, part).await? <= count(seen.own_calls()) {
        return Ok(0);
    }
    let stored = removals::ids_of_slice(db, part).await?;
    let began = slice.started_at.unwrap_or(slice.created_at);
    let unlisted = not_among(context, &stored, &seen.ids, began).await?;
    Ok(count(unlisted.len()))
}

/// Those of `stored` that are not among `ids` and were not pushed since a moment before the read `began`.
async fn not_among<'a>(
    context: &Context,
    stored: &'a [(String, DateTime<Utc>)],
    ids: &HashSet<String>,
    began: DateTime<Utc>,
) -> Result<Vec<&'a (String, DateTime<Utc>)>, SyncError> {
    let mut unlisted: Vec<_> = stored.iter().filter(|(id, _)| !ids.contains(id)).collect();
    let names: Vec<&str> = unlisted.iter().map(|(id, _)| id.as_str()).collect();
    let since = began.min(context.clock.now()) - delta(context.options.overlap);
    let pushed = call_pushes::just_pushed(context.db.read(), &names, since).await?;
    unlisted.retain(|(id, _)| !pushed.contains(id));
    Ok(unlisted)
}

/// Calls that the platform has no longer, by the slice that had their time.
#[derive(Debug, Default)]
pub(super) struct Gone(BTreeMap<i64, Vec<String>>);

impl Gone {
    pub fn ids(&self) -> Vec<&str> {
        self.0.values().flatten().map(String::as_str).collect()
    }

    /// How many there are of each slice.
    pub fn by_slice(&self) -> impl Iterator<Item = (i64, i64)> {
        self.0.iter().map(|(&slice, ids)| (slice, count(ids.len())))
    }
}

/// The calls that are stored of the day's part of the list and that are gone from it, once `slices`,
/// which are done, have read all of it.
///
/// # Errors
/// When less is stored than was listed, when too many are gone to be believed, or the platform fails.
pub(super) async fn of_day(day: &Day<'_>, slices: &[&SliceRow]) -> Result<Gone, SyncError> {
    let done = || {
        slices
            .iter()
            .filter(|slice| slice.state == SliceState::Done)
    };
    let (Some(from), Some(to)) = (
        done().map(|slice| slice.from_at).min(),
        done().map(|slice| slice.to_at).max(),
    ) else {
        return Ok(Gone::default());
    };
    let part = ListedPart {
        day: day.date,
        from,
        to,
    };
    let db = day.context.db.read();
    let listed =
        |slice: &&SliceRow| slice.seen.unwrap_or_default() - slice.undialled - slice.not_kept;
    let listed: i64 = done().map(listed).sum();
    // A call may be dated a little later than it is listed.
    let whole = ListedPart {
        to: day.last_second(),
        ..part
    };
    let of_other_days = removals::count_of_other_days(db, day.date).await?;
    let stored = removals::count_of_part(db, whole).await? + of_other_days;
    if stored < listed {
        return Err(SyncError::NotStored { listed, stored });
    }
    // What was only pushed a moment ago is not missed by any slice.
    let is_missed = of_other_days > 0 || done().any(|slice| slice.unlisted > 0);
    if stored == listed || !is_missed {
        return Ok(Gone::default());
    }
    let mut windows: Vec<Window> = done()
        .map(|slice| Window {
            from: slice.from_at,
            to: slice.to_at,
        })
        .collect();
    // Others may have listed more of the day than was read here: what they stored is looked for there, too.
    let stored = removals::ids_of_part(db, part).await?;
    windows.extend(day.behind(to).await?);
    windows.extend(before(day, &stored));
    let ids = list_again(day, &windows).await?;
    let gone = not_among(day.context, &stored, &ids, day.run.started_at).await?;
    let is_much = gone.len() > BELIEVABLE.max(stored.len() / BELIEVABLE_PART);
    if is_much && !day.run.accepts_removals {
        return Err(SyncError::TooManyGone {
            gone: gone.len(),
            stored: stored.len(),
        });
    }
    let slice_of = |time: DateTime<Utc>| {
        let had_it = done().find(|slice| time < slice.to_at + TimeDelta::seconds(1));
        had_it.map(|slice| slice.id)
    };
    let last = done().map(|slice| slice.id).next_back().unwrap_or_default();
    let mut by_slice: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (id, time) in gone {
        let slice = slice_of(*time).unwrap_or(last);
        by_slice.entry(slice).or_default().push(id.clone());
    }
    Ok(Gone(by_slice))
}

/// Where calls of the day before may be listed by now that this day's part gave: from when the first of
/// them was dialled to the end of its day.
fn before(day: &Day<'_>, stored: &[(String, DateTime<Utc>)]) -> Option<Window> {
    const EARLIEST: TimeDelta = TimeDelta::hours(12);
    let begin = day.context.zone.start_of(day.date);
    let of_before = stored.iter().map(|(_, time)| *time);
    let first = of_before
        .filter(|time| *time < begin && begin - *time <= EARLIEST)
        .min()?;
    Some(Window {
        from: DateTime::from_timestamp(first.timestamp(), 0)?,
        to: begin - TimeDelta::seconds(1),
    })
}

/// The ids that the platform lists for these windows, several of them at a time.
async fn list_again(day: &Day<'_>, windows: &[Window]) -> Result<HashSet<String>, SyncError> {
    let at_once = day.context.options.page_concurrency.max(1);
    let reads: Vec<_> = windows
        .iter()
        .map(|window| list_window(day, *window))
        .collect();
    let mut reads = stream::iter(reads).buffer_unordered(at_once);
    let mut ids = HashSet::new();
    while let Some(more) = reads.next().await {
        ids.extend(more?);
    }
    Ok(ids)
}

async fn list_window(day: &Day<'_>, window: Window) -> Result<HashSet<String>, SyncError> {
    let mut passes_left = day.context.options.passes.max(1);
    loop {
        passes_left -= 1;
        let seen = list_once(day, window).await?;
        match seen.verdict() {
            Ok(()) => return Ok(seen.ids),
            Err(error) if passes_left > 0 && error.is_worth_another_read() => {}
            Err(error) => return Err(error),
        }
    }
}

/// One pass over the pages of a window, one after the other.
async fn list_once(day: &Day<'_>, window: Window) -> Result<Seen, SyncError> {
    let (context, run) = (day.context, day.run);
    let size = context.client.page_size() as usize;
    let mut seen = Seen::of(window, context.zone, context.clock.now(), None);
    for number in 1.. {
        let page = context.client.call_records(window.from, window.to, number);
        let page = context.ask(run.track, run.triggered_by, page).await?;
        let known = seen.count();
        seen.note(&page);
        let asked = RunCounts::of_request(page.retries);
        day.add_counts(asked).await?;
        if page.received < size || seen.count() == known {
            break;
        }
    }
    Ok(seen)
}
