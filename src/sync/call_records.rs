//! CALL_RECORDS: every record of a slice, and the proof that these are all.
//!
//! Every page tells the platform's count. A slice is whole when all of these agree with each other and
//! with the number of distinct ids; a slice of one page asks for the count once more. A list that grows
//! or shifts under the reader gives another count, and is read again.

use std::sync::Arc;

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::{
    context::{Context, insist},
    error::SyncError,
    incoming::incoming,
    listing, missing, plan,
    raw::RawPage,
    seen::Seen,
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
    store::{
        Lane, Transaction, retention,
        slice_claims::{self, SliceCounts, SliceSeen},
        sync_days,
    },
};

const TRACK: SyncTrack = SyncTrack::CallRecords;
/// Most pages of a slice, whatever count the platform tells: more records than a day has.
const MOST_PAGES: u32 = 1_000;

/// Reads all of a slice: it is proven whole, or cut in two, or an error.
pub(super) async fn read(reader: &SliceReader) -> Result<(), SyncError> {
    let passes = reader.context.options.passes.max(1);
    let horizon = retention::call_horizon(reader.context.db.read()).await?;
    let mut last = (SyncError::NoTotal, 0, false);
    for _ in 0..passes {
        let (zone, now) = (reader.context.zone, reader.context.clock.now());
        let mut seen = Seen::of(reader.window(), zone, now, horizon);
        read_pass(reader, &mut seen).await?;
        listing::learn(&reader.context, TRACK, &seen.evidence).await?;
        if seen.pages == 1 && reader.recounts {
            recount(reader, &mut seen).await?;
        }
        let size = seen.count().max(seen.most().unwrap_or_default());
        let error = match seen.verdict() {
            Ok(()) => return finish(reader, &seen).await,
            Err(error) if error.is_worth_another_read() => error,
            Err(error) => return Err(error),
        };
        tracing::info!(sync.day = %reader.slice.day, %error, "reading a part of a day again");
        last = (error, size, seen.repeated > 0);
    }
    let (reason, size, repeats) = last;
    split(reader, reason, size, repeats).await
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

/// Notes that the slice is whole. Whether stored calls that it does not list are gone is for the day
/// to say: another slice may list them.
async fn finish(reader: &SliceReader, seen: &Seen) -> Result<(), SyncError> {
    let unlisted = missing::of_slice(reader, seen).await?;
    let step = Step {
        seen: Some(SliceSeen {
            unlisted,
            ..seen.told()
        }),
        ..Step::default()
    };
    insist(&reader.context.db, Lane::Short, async |tx: &Transaction| {
        reader.note(tx, step, Some(SliceState::Done)).await
    })
    .await?;
    reader.tell(step);
    Ok(())
}

/// Cuts a slice of `size` records in two that could not be proven whole: smaller ones shift less, and
/// a record that is listed twice for good may be in one half once, and in the other.
async fn split(
    reader: &SliceReader,
    reason: SyncError,
    size: u64,
    repeats: bool,
) -> Result<(), SyncError> {
    let slice = &reader.slice;
    // A slice of one page cannot shift.
    let is_small = size <= u64::from(reader.context.client.page_size());
    let Some(halves) = plan::halves(reader.window()).filter(|_| !is_small || repeats) else {
        return Err(reason);
    };
    let reason = reason.to_string();
    insist(&reader.context.db, Lane::Short, async |tx: &Transaction| {
        let now = reader.context.clock.now();
        if !slice_claims::split(tx, slice, &halves, &reason, now).await? {
            return Err(SyncError::LeaseLost);
        }
        Ok(())
    })
    .await?;
    reader.tally.slices_added(halves.len());
    Ok(())
}

/// One pass over all pages, several at a time, each stored as it arrives.
async fn read_pass(reader: &SliceReader, seen: &mut Seen) -> Result<(), SyncError> {
    let attempt = Step {
        slice: SliceCounts {
            attempts: 1,
            ..SliceCounts::default()
        },
        ..Step::default()
    };
    reader.step(attempt).await?;
    let size = reader.context.client.page_size() as usize;
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
            return Ok(());
        };
        let (number, fetched) = fetched?;
        let (received, known) = (fetched.page.received, seen.count());
        store(reader, seen, fetched).await?;
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
    let context = &reader.context;
    let step = insist(&context.db, Lane::Background, async |tx: &Transaction| {
        let now = context.clock.now();
        let ingested = raw.ingest(tx, context, &reader.slice, &calls, now).await?;
        let mut step = read;
        step.run.inserted = ingested.inserted;
        step.run.updated = ingested.updated;
        step.run.unchanged = ingested.unchanged;
        reader.note(tx, step, None).await?;
        if !calls.is_empty() {
            let stored = count(calls.len());
            sync_days::note_stored(tx, TRACK, reader.slice.day, stored).await?;
        }
        Ok(step)
    })
    .await?;
    reader.tell(step);
    Ok(())
}
