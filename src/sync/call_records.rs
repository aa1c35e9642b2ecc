//! CALL_RECORDS: every record of a day.

use std::{
    collections::HashSet,
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use futures_util::{StreamExt, stream};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::{
    day::{DayReader, Span, SyncError},
    run::Context,
};
use crate::{
    domain::{
        dialing::CallSource,
        incoming::{IncomingCall, PlatformAgent, PlatformTask},
        stats::count,
    },
    guanke::{CallRecord, RecordPage},
    service::ingest::ingest,
    store::sync_runs::RunCounts,
};

/// What a pass over a day has brought so far.
#[derive(Default)]
struct Seen {
    ids: HashSet<String>,
    /// The platform's count, the highest of the pass: pages arrive in any order.
    total: Option<u64>,
    unusable: usize,
    first_unusable: Option<String>,
}

impl Seen {
    fn note(&mut self, page: &RecordPage) {
        self.total = self.total.max(page.total_count);
        self.unusable += page.unusable.len();
        if let (None, Some(unusable)) = (&self.first_unusable, page.unusable.first()) {
            self.first_unusable = Some(unusable.reason.clone());
        }
        // The platform counts what waits to be dialled, too.
        let calls = page.records.iter().map(|record| &record.id);
        let others = page.unusable.iter().filter_map(|record| record.id.as_ref());
        self.ids
            .extend(calls.chain(&page.undialled).chain(others).cloned());
    }

    fn count(&self) -> u64 {
        self.ids.len() as u64
    }
}

/// Reads all of the day's records and, if they are as many as the platform counts, publishes it.
pub(super) async fn read_day(mut reader: DayReader<'_>) -> Result<(), SyncError> {
    let span = reader.span();
    let passes = reader.context.options.passes.max(1);
    let mut last = Err(SyncError::NoTotal);
    for pass in 1..=passes {
        let seen = read_pass(&mut reader, span).await?;
        last = verdict(&seen);
        match &last {
            // Pages shift while a day grows: what was pushed over a page's edge comes with the next pass.
            Err(error @ SyncError::Mismatch { .. }) if pass < passes => {
                tracing::info!(sync.day = %reader.day, pass, %error, "reading the day again");
            }
            _ => break,
        }
    }
    publish(&mut reader, span, last?).await
}

fn verdict(seen: &Seen) -> Result<u64, SyncError> {
    if let Some(reason) = &seen.first_unusable {
        return Err(SyncError::Unusable {
            count: seen.unusable,
            reason: reason.clone(),
        });
    }
    let expected = seen.total.ok_or(SyncError::NoTotal)?;
    let found = seen.count();
    if found == expected {
        Ok(found)
    } else {
        Err(SyncError::Mismatch {
            expected,
            seen: found,
        })
    }
}

async fn publish(reader: &mut DayReader<'_>, span: Span, records: u64) -> Result<(), SyncError> {
    let records = i64::try_from(records).unwrap_or(i64::MAX);
    let tx = reader.begin().await?;
    reader.note_success(&tx, span, records).await?;
    reader.commit(tx, RunCounts::default()).await
}

/// One pass over all pages: the first one tells how many there are; the others are fetched
/// several at a time, and stored one by one as they arrive.
async fn read_pass(reader: &mut DayReader<'_>, span: Span) -> Result<Seen, SyncError> {
    let size = reader.context.client.page_size() as usize;
    let mut seen = Seen::default();
    let first = fetch(reader.context, span, 1).await?;
    let mut last_is_full = first.received >= size;
    store(reader, &mut seen, first).await?;

    let mut last = seen
        .total
        .map_or(1, |total| page_number(total.div_ceil(size as u64)).max(1));
    // A page that is not full is the last one, whatever the total says.
    let end = Arc::new(AtomicU32::new(if last_is_full { last } else { 1 }));
    let (context, known_end) = (Arc::clone(reader.context), Arc::clone(&end));
    let mut pages = stream::iter(2..=last)
        .take_while(move |page| ready(*page <= known_end.load(Ordering::Relaxed)))
        .map(|page| {
            let fetched = fetch(&context, span, page);
            async move { (page, fetched.await) }
        })
        .buffer_unordered(context.options.page_concurrency.max(1));
    while let Some((number, page)) = pages.next().await {
        let page = page?;
        if number == last {
            last_is_full = page.received >= size;
        } else if page.received < size {
            end.fetch_min(number, Ordering::Relaxed);
        }
        store(reader, &mut seen, page).await?;
    }
    last_is_full &= end.load(Ordering::Relaxed) == last;
    // A full last page may have a successor: the list grew, or there is no total to tell its
    // length. A page that brings nothing new is no successor.
    while last_is_full && seen.total.is_none_or(|total| seen.count() < total) {
        last = last.saturating_add(1);
        let known = seen.ids.len();
        let page = fetch(reader.context, span, last).await?;
        last_is_full = page.received >= size;
        store(reader, &mut seen, page).await?;
        last_is_full &= seen.ids.len() > known;
    }
    Ok(seen)
}

fn page_number(page: u64) -> u32 {
    u32::try_from(page).unwrap_or(u32::MAX)
}

/// Asks for a page in a task of its own, so that it goes on while another page is stored.
fn fetch(
    context: &Arc<Context>,
    span: Span,
    page: u32,
) -> impl Future<Output = Result<RecordPage, SyncError>> + use<> {
    let context = Arc::clone(context);
    let task = async move {
        // The semaphore is never closed; if it were, pages would just not be bounded.
        let _permit = context.pages.acquire().await;
        context.client.call_records(span.from, span.to, page).await
    };
    let task = AbortOnDropHandle::new(tokio::spawn(task.in_current_span()));
    async move {
        match task.await {
            Ok(page) => Ok(page?),
            Err(error) if error.is_cancelled() => Err(SyncError::Stopped),
            Err(_) => Err(SyncError::Panicked),
        }
    }
}

/// Stores a page, counts it, and notes it on the run, all or nothing.
async fn store(
    reader: &mut DayReader<'_>,
    seen: &mut Seen,
    page: RecordPage,
) -> Result<(), SyncError> {
    seen.note(&page);
    let received = page.received;
    let non_seats = reader.context.client.non_seat_names();
    let calls: Vec<IncomingCall> = page
        .records
        .into_iter()
        .map(|record| incoming(record, non_seats))
        .collect();
    let counts = RunCounts {
        pages: 1,
        fetched: count(received),
        skipped: count(received.saturating_sub(calls.len())),
        ..RunCounts::default()
    };
    let mut attempt = 1;
    while let Err(error) = store_calls(reader, &calls, counts).await {
        let contended = matches!(&error, SyncError::Store(error) if error.is_contended());
        if !contended || attempt == CONTENDED_ATTEMPTS {
            return Err(error);
        }
        attempt += 1;
    }
    reader.report(seen.total, seen.count());
    Ok(())
}

/// One try: other writers may be in the way, and then nothing is stored.
async fn store_calls(
    reader: &mut DayReader<'_>,
    calls: &[IncomingCall],
    counts: RunCounts,
) -> Result<(), SyncError> {
    let tx = reader.begin().await?;
    let now = reader.context.clock.now();
    let ingested = ingest(&tx, reader.context.zone, CallSource::Guanke, calls, now).await?;
    let counts = RunCounts {
        inserted: ingested.inserted,
        updated: ingested.updated,
        unchanged: ingested.unchanged,
        ..counts
    };
    reader.commit(tx, counts).await
}

const CONTENDED_ATTEMPTS: u32 = 5;

/// A platform's record in our words.
fn incoming(record: CallRecord, non_seats: &[String]) -> IncomingCall {
    let task = record.task_id.map(|external_id| PlatformTask {
        external_id,
        name: record.task_name,
    });
    let agent = record.agent.map(|agent| PlatformAgent {
        is_seat: agent
            .name
            .as_ref()
            .is_none_or(|name| !non_seats.contains(name)),
        external_id: agent.id,
        name: agent.name,
    });
    IncomingCall {
        external_id: record.id,
        task,
        agent,
        phone_number: record.phone_number,
        call_time: record.call_time,
        duration: i32::try_from(record.duration_seconds).unwrap_or(i32::MAX),
        result: record.result,
        grade: record.grade,
        hangup_reason: record.hangup_reason,
        notes: record.notes,
        customer_name: record.customer_name,
        company: record.company,
        province: record.province,
        city: record.city,
        device_name: record.device_name,
        recording_url: record.recording_url,
        billed_amount: record.billed_amount,
        tags: record.tags,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guanke::UnusableRecord;

    #[test]
    fn a_day_is_whole_with_what_waits_to_be_dialled_and_never_with_what_cannot_be_used() {
        let page = RecordPage {
            undialled: vec!["1".to_owned(), "2".to_owned(), "1".to_owned()],
            received: 3,
            total_count: Some(2),
            ..RecordPage::default()
        };
        let mut seen = Seen::default();
        seen.note(&page);
        assert!(matches!(verdict(&seen), Ok(2)));

        let unusable = UnusableRecord {
            id: Some("3".to_owned()),
            reason: "record without call time".to_owned(),
        };
        seen.note(&RecordPage {
            unusable: vec![unusable],
            total_count: Some(3),
            ..RecordPage::default()
        });
        assert!(matches!(
            verdict(&seen),
            Err(SyncError::Unusable { count: 1, .. })
        ));
    }

    #[test]
    fn without_a_total_or_with_another_one_a_day_is_not_whole() {
        let mut seen = Seen::default();
        assert!(matches!(verdict(&seen), Err(SyncError::NoTotal)));
        seen.total = Some(1);
        assert!(matches!(
            verdict(&seen),
            Err(SyncError::Mismatch {
                expected: 1,
                seen: 0
            })
        ));
    }
}
