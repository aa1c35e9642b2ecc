//! CALL_RECORDS: every record of a slice, and the proof that these are all.
//!
//! Every page tells the platform's count. A slice is whole when all of these agree with each other and
//! with the number of distinct ids; a slice of one page asks for the count once more. A list that grows
//! or shifts under the reader gives another count, and is read again.

use std::{collections::HashSet, sync::Arc};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::{
    context::{Context, delta, insist},
    error::SyncError,
    incoming::incoming,
    plan,
    raw::RawPage,
    shape,
    slice::{SliceReader, Step},
};
use crate::{
    domain::{
        incoming::IncomingCall,
        stats::count,
        sync::{SliceState, SyncTrack},
    },
    guanke::RecordPage,
    service::removal,
    store::{
        Lane, call_pushes, removals,
        slice_claims::{self, SliceCounts, SliceSeen},
        sync_runs::RunCounts,
    },
};

const TRACK: SyncTrack = SyncTrack::CallRecords;
/// So many calls of a slice may be gone at once, or such a part of them: more are rather a sign of lost
/// rights, or of days that the platform does not keep any more.
const BELIEVABLE: usize = 20;
const BELIEVABLE_PART: usize = 10;
/// Most pages of a slice, whatever count the platform tells: more records than a day has.
const MOST_PAGES: u32 = 1_000;

/// What a pass over a slice has brought so far.
#[derive(Default)]
struct Seen {
    ids: HashSet<String>,
    undialled: HashSet<String>,
    /// The lowest and the highest count that the platform told.
    totals: Option<(u64, u64)>,
    pages: u32,
    unusable: usize,
    first_unusable: Option<String>,
}

impl Seen {
    fn note(&mut self, page: &RecordPage) {
        self.pages += 1;
        if let Some(total) = page.total_count {
            self.note_total(total);
        }
        self.unusable += page.unusable.len();
        if let (None, Some(unusable)) = (&self.first_unusable, page.unusable.first()) {
            self.first_unusable = Some(unusable.reason.clone());
        }
        // The platform counts what waits to be dialled, too.
        let calls = page.records.iter().map(|record| &record.id);
        let others = page.unusable.iter().filter_map(|record| record.id.as_ref());
        self.ids
            .extend(calls.chain(&page.undialled).chain(others).cloned());
        self.undialled.extend(page.undialled.iter().cloned());
    }

    fn note_total(&mut self, total: u64) {
        let (least, most) = self.totals.unwrap_or((total, total));
        self.totals = Some((least.min(total), most.max(total)));
    }

    fn count(&self) -> u64 {
        self.ids.len() as u64
    }

    fn most(&self) -> Option<u64> {
        self.totals.map(|(_, most)| most)
    }

    fn told(&self) -> SliceSeen {
        SliceSeen {
            expected: self.most().and_then(|total| i64::try_from(total).ok()),
            seen: count(self.ids.len()),
            undialled: count(self.undialled.len()),
        }
    }

    fn verdict(&self) -> Result<(), SyncError> {
        if let Some(reason) = &self.first_unusable {
            return Err(SyncError::Unusable {
                count: self.unusable,
                reason: reason.clone(),
            });
        }
        let (least, most) = self.totals.ok_or(SyncError::NoTotal)?;
        if least != most {
            return Err(SyncError::Moving { least, most });
        }
        if self.count() == most {
            Ok(())
        } else {
            Err(SyncError::Mismatch {
                expected: most,
                seen: self.count(),
            })
        }
    }
}

/// Reads all of a slice: it is proven whole, or cut in two, or an error.
pub(super) async fn read(reader: &SliceReader) -> Result<(), SyncError> {
    let passes = reader.context.options.passes.max(1);
    let mut missed: Option<HashSet<String>> = None;
    let mut last = (SyncError::NoTotal, 0);
    for _ in 0..passes {
        let mut seen = read_pass(reader).await?;
        if seen.pages == 1 && reader.recounts {
            recount(reader, &mut seen).await?;
        }
        let size = seen.count().max(seen.most().unwrap_or_default());
        let error = match seen.verdict() {
            Ok(()) => {
                let gone = gone(reader, &seen).await?;
                // What is missing once may have slipped from one page to another meanwhile.
                let is_sure = missed.as_ref().is_some_and(|missed| gone.is_subset(missed));
                if gone.is_empty() || is_sure {
                    return finish(reader, &seen, &gone).await;
                }
                let number = gone.len();
                missed = Some(gone);
                SyncError::Gone(number)
            }
            Err(error) if error.is_worth_another_read() => {
                missed = None;
                error
            }
            Err(error) => return Err(error),
        };
        tracing::info!(sync.day = %reader.slice.day, %error, "reading a part of a day again");
        last = (error, size);
    }
    let (reason, size) = last;
    split(reader, reason, size).await
}

/// Asks once more how many records there are.
async fn recount(reader: &SliceReader, seen: &mut Seen) -> Result<(), SyncError> {
    let (context, slice) = (&reader.context, &reader.slice);
    let count = context.client.count(slice.from_at, slice.to_at);
    let told = context.ask(TRACK, reader.trigger, count).await?;
    if let Some(total) = told.value {
        seen.note_total(total);
    }
    let step = Step::answer(told.retries, seen.told());
    reader.step(step).await
}

/// The calls of this window that are stored, and that the platform did not give. Those that it has
/// just pushed are left out: its list may lag behind.
async fn gone(reader: &SliceReader, seen: &Seen) -> Result<HashSet<String>, SyncError> {
    let (context, slice) = (&reader.context, &reader.slice);
    let db = context.db.read();
    let calls = seen.count() - seen.undialled.len() as u64;
    let stored = removals::count_live(db, slice.from_at, slice.to_at).await?;
    if u64::try_from(stored).is_ok_and(|stored| stored <= calls) {
        return Ok(HashSet::new());
    }
    let stored = removals::live_external_ids(db, slice.from_at, slice.to_at).await?;
    let ids = stored.iter().map(|(id, _)| id.as_str());
    let gone: Vec<&str> = ids.filter(|&id| !seen.ids.contains(id)).collect();
    let since = context.clock.now() - delta(context.options.overlap);
    let pushed = call_pushes::just_pushed(db, &gone, since).await?;
    let is_gone = |id: &&str| !pushed.contains(*id);
    let gone: HashSet<String> = gone
        .into_iter()
        .filter(is_gone)
        .map(str::to_owned)
        .collect();
    let is_much = gone.len() > BELIEVABLE.max(stored.len() / BELIEVABLE_PART);
    if is_much && !reader.accepts_removals {
        return Err(SyncError::TooManyGone {
            gone: gone.len(),
            stored: stored.len(),
        });
    }
    Ok(gone)
}

/// Notes that the slice is whole; calls that are gone are marked.
async fn finish(
    reader: &SliceReader,
    seen: &Seen,
    gone: &HashSet<String>,
) -> Result<(), SyncError> {
    let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
    let step = insist!(reader.context, Lane::Background, |tx| {
        let removed = removal::mark_removed(tx, &gone, reader.context.clock.now()).await?;
        let step = Step {
            run: RunCounts {
                removed,
                ..RunCounts::default()
            },
            slice: SliceCounts {
                removed,
                ..SliceCounts::default()
            },
            seen: Some(seen.told()),
        };
        reader.note(tx, step, Some(SliceState::Done)).await?;
        step
    })?;
    reader.tell(step);
    Ok(())
}

/// Cuts a slice of `size` records in two that could not be proven whole: smaller ones shift less.
async fn split(reader: &SliceReader, reason: SyncError, size: u64) -> Result<(), SyncError> {
    let slice = &reader.slice;
    // A slice of one page cannot shift.
    let is_small = size <= u64::from(reader.context.client.page_size());
    let Some(halves) = plan::halves(reader.window()).filter(|_| !is_small) else {
        return Err(reason);
    };
    let reason = reason.to_string();
    insist!(reader.context, |tx| {
        let now = reader.context.clock.now();
        if !slice_claims::split(tx, slice, &halves, &reason, now).await? {
            return Err(SyncError::LeaseLost);
        }
    })
}

/// One pass over all pages, several at a time, each stored as it arrives.
async fn read_pass(reader: &SliceReader) -> Result<Seen, SyncError> {
    let attempt = Step {
        slice: SliceCounts {
            attempts: 1,
            ..SliceCounts::default()
        },
        ..Step::default()
    };
    reader.step(attempt).await?;
    let size = reader.context.client.page_size() as usize;
    let mut seen = Seen::default();
    let mut wanted = first_pages(reader).await?;
    // A page that is not full is the last one, whatever the total says.
    let mut end = u32::MAX;
    let mut asked = 0;
    let mut pages = FuturesUnordered::new();
    let most_at_once = reader.context.options.page_concurrency.max(1) * 2;
    loop {
        // No more at a time than have a place in memory.
        while asked < wanted.min(end) && pages.len() < most_at_once {
            asked += 1;
            pages.push(fetch(reader, asked));
        }
        let Some(fetched) = pages.next().await else {
            return Ok(seen);
        };
        let (number, fetched) = fetched?;
        let (received, known) = (fetched.page.received, seen.count());
        store(reader, &mut seen, fetched).await?;
        if received < size {
            end = end.min(number);
        }
        if let Some(total) = seen.most() {
            let told = page_number(total.div_ceil(size as u64));
            wanted = wanted.max(told.min(MOST_PAGES));
        }
        // A full last page may have a successor: the list grew, or there is no total to tell its
        // length. A page that brings nothing new has none.
        let is_last = number == wanted && received >= size;
        if is_last
            && seen.most().is_none_or(|total| seen.count() < total)
            && seen.count() > known
            && pages.is_empty()
        {
            wanted = wanted.saturating_add(1);
        }
    }
}

fn page_number(page: u64) -> u32 {
    u32::try_from(page).unwrap_or(u32::MAX)
}

async fn first_pages(reader: &SliceReader) -> Result<u32, SyncError> {
    let (context, slice) = (&reader.context, &reader.slice);
    let shape = shape::of_day(context, slice.day).await?;
    let midnight = context.zone.start_of(slice.day);
    Ok(plan::first_pages(
        midnight,
        reader.window(),
        &shape,
        context.paging(),
    ))
}

/// A page, and its place in memory, which is free again once it is stored.
struct Fetched {
    page: RecordPage,
    _place: Option<tokio::sync::OwnedSemaphorePermit>,
}

/// Asks for a page in a task of its own, so that it goes on while another page is stored.
fn fetch(
    reader: &SliceReader,
    number: u32,
) -> impl Future<Output = Result<(u32, Fetched), SyncError>> + use<> {
    let context: Arc<Context> = Arc::clone(&reader.context);
    let (from, to, trigger) = (reader.slice.from_at, reader.slice.to_at, reader.trigger);
    let task = async move {
        // First, because whoever waits for the platform must not keep others from their places.
        context.admitted(TRACK, trigger).await?;
        // The semaphore is never closed; if it were, pages would just not be bounded.
        let place = Arc::clone(&context.pages).acquire_owned().await.ok();
        let page = context.client.call_records(from, to, number);
        let page = context.answered(TRACK, page).await?;
        Ok::<_, SyncError>(Fetched {
            page,
            _place: place,
        })
    };
    let task = AbortOnDropHandle::new(tokio::spawn(task.in_current_span()));
    async move {
        match task.await {
            Ok(page) => Ok((number, page?)),
            Err(error) if error.is_cancelled() => Err(SyncError::Stopped),
            Err(_) => Err(SyncError::Panicked),
        }
    }
}

/// Stores a page, counts it, and notes it in the ledger, all or nothing.
async fn store(reader: &SliceReader, seen: &mut Seen, fetched: Fetched) -> Result<(), SyncError> {
    let page = fetched.page;
    seen.note(&page);
    let received = page.received;
    let non_seats = reader.context.client.non_seat_names();
    let raw = RawPage::new(page.raw, page.undialled);
    let calls: Vec<IncomingCall> = page
        .records
        .into_iter()
        .map(|record| incoming(record, non_seats))
        .collect();
    let mut read = Step::answer(page.retries, seen.told());
    read.run.fetched = count(received);
    read.run.skipped = count(received.saturating_sub(calls.len()));
    let step = insist!(reader.context, Lane::Background, |tx| {
        let (context, now) = (&reader.context, reader.context.clock.now());
        let ingested = raw.ingest(tx, context, &reader.slice, &calls, now).await?;
        let mut step = read;
        step.run.inserted = ingested.inserted;
        step.run.updated = ingested.updated;
        step.run.unchanged = ingested.unchanged;
        reader.note(tx, step, None).await?;
        step
    })?;
    reader.tell(step);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guanke::UnusableRecord;

    fn page(undialled: &[&str], total: Option<u64>) -> RecordPage {
        RecordPage {
            undialled: undialled.iter().map(ToString::to_string).collect(),
            received: undialled.len(),
            total_count: total,
            ..RecordPage::default()
        }
    }

    #[test]
    fn a_slice_is_whole_with_what_waits_to_be_dialled_and_never_with_what_cannot_be_used() {
        let mut seen = Seen::default();
        seen.note(&page(&["1", "2", "1"], Some(2)));
        assert!(seen.verdict().is_ok());

        let unusable = UnusableRecord {
            id: Some("3".to_owned()),
            reason: "record without call time".to_owned(),
        };
        seen.note(&RecordPage {
            unusable: vec![unusable],
            total_count: Some(2),
            ..RecordPage::default()
        });
        assert!(matches!(
            seen.verdict(),
            Err(SyncError::Unusable { count: 1, .. })
        ));
    }

    #[test]
    fn without_a_total_or_with_another_one_a_slice_is_not_whole() {
        let mut seen = Seen::default();
        assert!(matches!(seen.verdict(), Err(SyncError::NoTotal)));
        seen.note(&page(&["1"], Some(2)));
        assert!(matches!(
            seen.verdict(),
            Err(SyncError::Mismatch {
                expected: 2,
                seen: 1
            })
        ));
    }

    #[test]
    fn a_count_that_moves_proves_nothing_even_if_it_is_right_at_last() {
        let mut seen = Seen::default();
        seen.note(&page(&["1"], Some(1)));
        seen.note(&page(&["2"], Some(2)));
        assert!(matches!(
            seen.verdict(),
            Err(SyncError::Moving { least: 1, most: 2 })
        ));
    }
}
