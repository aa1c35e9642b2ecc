//! Stored calls that the platform does not list any more.
//!
//! Each call belongs to one day's part of the list: that of its own day, or the one that gave it. Only
//! the read of that part can find it gone, and only if two passes over all of the part miss it:
//! within a day one slice may list what another one did before.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
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
        retention,
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

/// What is stored of a day beside what was listed.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// Calls that the platform has no longer, by the slice that had their time.
    gone: BTreeMap<i64, Vec<String>>,
    /// Records that were listed more than once: by two slices, or by another day's part of the list.
    pub listed_again: i64,
    /// Calls of other days that this day's part gave once, and that their own day lists by now.
    pub returned: BTreeMap<NaiveDate, Vec<String>>,
}

impl Comparison {
    pub fn gone(&self) -> Vec<&str> {
        self.gone.values().flatten().map(String::as_str).collect()
    }

    /// How many are gone of each slice.
    pub fn gone_by_slice(&self) -> impl Iterator<Item = (i64, i64)> {
        let of_slice = |(&slice, ids): (&i64, &Vec<String>)| (slice, count(ids.len()));
        self.gone.iter().map(of_slice)
    }
}

/// Compares what is stored of the day's part of the list with the list, once `slices`, which are done,
/// have read all of it.
///
/// # Errors
/// When a call that was listed is not stored, when too many are gone to be believed, or the platform
/// fails.
pub(super) async fn of_day(day: &Day<'_>, slices: &[&SliceRow]) -> Result<Comparison, SyncError> {
    let done = || {
        slices
            .iter()
            .filter(|slice| slice.state == SliceState::Done)
    };
    let (Some(from), Some(to)) = (
        done().map(|slice| slice.from_at).min(),
        done().map(|slice| slice.to_at).max(),
    ) else {
        return Ok(Comparison::default());
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
    let counted = removals::count_of_part(db, whole).await? + of_other_days;
    // What was only pushed a moment ago is not missed by any slice.
    let is_missed = of_other_days > 0 || done().any(|slice| slice.unlisted > 0);
    if counted == listed || (counted > listed && !is_missed) {
        return Ok(Comparison::default());
    }
    let own: Vec<Window> = done()
        .map(|slice| Window {
            from: slice.from_at,
            to: slice.to_at,
        })
        .collect();
    let own = list_again(day, &own).await?;
    if counted < listed {
        insist_on_stored(day, &own.calls).await?;
    }
    // Others may have listed more of the day than was read here: what they stored is looked for there, too.
    let stored = removals::ids_of_part(db, part).await?;
    let mut ids = own.ids;
    let behind: Vec<Window> = day.behind(to).await?.into_iter().collect();
    ids.extend(list_again(day, &behind).await?.ids);
    let elsewhere = elsewhere(day, &stored, &ids).await?;
    let elsewhere = list_again(day, &elsewhere).await?.ids;
    let mut returned: BTreeMap<NaiveDate, Vec<String>> = BTreeMap::new();
    for (id, time) in &stored {
        let own_day = day.context.zone.day_of(*time);
        if own_day != day.date && !ids.contains(id) && elsewhere.contains(id) {
            returned.entry(own_day).or_default().push(id.clone());
        }
    }
    ids.extend(elsewhere);
    let gone = not_among(day.context, &stored, &ids, day.run.started_at).await?;
    let is_much = gone.len() > BELIEVABLE.max(stored.len() / BELIEVABLE_PART);
    if is_much && !day.run.accepts_removals {
        return Err(SyncError::TooManyGone {
            gone: gone.len(),
            stored: stored.len(),
        });
    }
    let others = gone.len() + returned.values().map(Vec::len).sum::<usize>();
    let listed_again = (listed - (counted - count(others))).max(0);
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
    Ok(Comparison {
        gone: by_slice,
        listed_again,
        returned,
    })
}

/// That all of these calls are stored, whichever part of the list is said to have given them: one that
/// is listed twice is stored once.
async fn insist_on_stored(day: &Day<'_>, calls: &HashSet<String>) -> Result<(), SyncError> {
    let ids: Vec<&str> = calls.iter().map(String::as_str).collect();
    let (listed, db) = (count(ids.len()), day.context.db.read());
    let stored = removals::count_among(db, &ids).await?;
    if stored < listed {
        return Err(SyncError::NotStored { listed, stored });
    }
    Ok(())
}

/// Where calls of other days may be listed by now that this day's part gave and has no longer: from when
/// they were dialled on. Those of the last hours before the day are looked for together, others one by
/// one; of too many to be believed nothing is looked for.
async fn elsewhere(
    day: &Day<'_>,
    stored: &[(String, DateTime<Utc>)],
    ids: &HashSet<String>,
) -> Result<Vec<Window>, SyncError> {
    const TOGETHER: TimeDelta = TimeDelta::hours(12);
    let zone = day.context.zone;
    let (begin, end) = (zone.start_of(day.date), zone.end_of(day.date));
    let unlisted = stored.iter().filter(|(id, _)| !ids.contains(id));
    let of_others = unlisted
        .map(|(_, time)| DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(*time))
        .filter(|time| *time < begin || end <= *time);
    let (late, other): (Vec<_>, Vec<_>) =
        of_others.partition(|time| *time < begin && begin - *time <= TOGETHER);
    let mut windows = Vec::new();
    if let Some(first) = late.into_iter().min() {
        windows.push(Window {
            from: first,
            to: begin - TimeDelta::seconds(1),
        });
    }
    if other.len() <= BELIEVABLE {
        let lag = day.list_lag().await?;
        windows.extend(other.into_iter().map(|time| Window {
            from: time,
            to: time + lag,
        }));
    }
    Ok(windows)
}

/// What the platform lists for some windows.
#[derive(Default)]
struct Listed {
    ids: HashSet<String>,
    /// Of those, calls of days whose calls are kept.
    calls: HashSet<String>,
}

/// Reads these windows, several of them at a time.
async fn list_again(day: &Day<'_>, windows: &[Window]) -> Result<Listed, SyncError> {
    let at_once = day.context.options.page_concurrency.max(1);
    let horizon = retention::call_horizon(day.context.db.read()).await?;
    let reads: Vec<_> = windows
        .iter()
        .map(|window| list_window(day, *window, horizon))
        .collect();
    let mut reads = stream::iter(reads).buffer_unordered(at_once);
    let mut listed = Listed::default();
    while let Some(seen) = reads.next().await {
        let seen = seen?;
        listed.calls.extend(seen.kept_calls().cloned());
        listed.ids.extend(seen.ids);
    }
    Ok(listed)
}

async fn list_window(
    day: &Day<'_>,
    window: Window,
    horizon: Option<NaiveDate>,
) -> Result<Seen, SyncError> {
    let mut passes_left = day.context.options.passes.max(1);
    loop {
        passes_left -= 1;
        let seen = list_once(day, window, horizon).await?;
        match seen.verdict() {
            Ok(()) => return Ok(seen),
            Err(error) if passes_left > 0 && error.is_worth_another_read() => {}
            Err(error) => return Err(error),
        }
    }
}

/// One pass over the pages of a window, one after the other.
async fn list_once(
    day: &Day<'_>,
    window: Window,
    horizon: Option<NaiveDate>,
) -> Result<Seen, SyncError> {
    let (context, run) = (day.context, day.run);
    let size = context.client.page_size() as usize;
    let mut seen = Seen::of(window, context.zone, context.clock.now(), horizon);
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
