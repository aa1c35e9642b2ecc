//! What people ask of synchronisation beside a refresh: an end, and days read whole again.

use crate::{
    domain::{
        audit::Record,
        business_time::DayRange,
        change::GivenId,
        problem::{Code, Path, Problems},
        sync::{SyncTrack, SyncTrigger, SyncWindow},
    },
    service::{
        audit::{changed, object},
        refresh::Refresher,
        write::{Result, Work, Writer, accepted},
    },
    store::{
        sync_days,
        sync_runs::{self, NewRun, SyncRunRow, SyncRuns},
    },
};

/// Asks for the end of a run. One that was asked to end before stays as it is.
///
/// # Errors
/// Refuses an id of no run, and a run that has ended; or when the database fails.
pub async fn cancel(writer: &Writer<'_>, id: &GivenId) -> Result<SyncRunRow> {
    writer
        .write("cancelSync", async move |work: &Work| {
            let mut problems = Problems::default();
            let run = work
                .lock_noting::<SyncRuns>("runId", object::SYNC_RUN, id, &mut problems)
                .await?;
            if run.as_ref().is_some_and(|run| run.finished_at.is_some()) {
                let path = Path::input().field("runId");
                let message = "this synchronisation has ended already";
                problems.note(path, Code::AlreadyEnded, message);
            }
            let mut run = accepted(run, problems)?;
            if run.cancelled_at.is_none() {
                sync_runs::cancel(&work.tx, run.id, work.now).await?;
                run.cancelled_at = Some(work.now);
                let before = Record::default().with_time("cancelledAt", None);
                let after = Record::default().with_time("cancelledAt", run.cancelled_at);
                let change = changed(object::SYNC_RUN, &run.id, &before, &after);
                work.record(vec![change]).await?;
            }
            Ok(run)
        })
        .await
}

/// Starts a run of its own for each of `tracks`, which reads every one of `days` whole, whatever is
/// known of it, and joins no other. They are recorded as those of `instance`, see
/// [`Refresher::instance`].
///
/// # Errors
/// When the database fails; nothing is started then.
pub async fn resync(
    writer: &Writer<'_>,
    refresher: &dyn Refresher,
    instance: &str,
    tracks: &[SyncTrack],
    days: DayRange,
) -> Result<Vec<SyncRunRow>> {
    let runs = writer
        .write("resyncDays", async move |work: &Work| {
            let mut runs = Vec::with_capacity(tracks.len());
            for &track in tracks {
                runs.push(record(work, track, days, instance).await?);
            }
            Ok(runs)
        })
        .await?;
    for run in &runs {
        refresher.carry_out(run.clone());
    }
    Ok(runs)
}

/// Records a run, and that nothing of its days counts as read from their first second on.
async fn record(
    work: &Work,
    track: SyncTrack,
    days: DayRange,
    instance: &str,
) -> Result<SyncRunRow> {
    sync_days::forget_verified(&work.tx, track, days).await?;
    let new = NewRun {
        track,
        window: SyncWindow::Manual,
        days,
        trigger: SyncTrigger::Api,
    };
    let run = sync_runs::create(&work.tx, new, instance, work.now).await?;
    let after = Record::default()
        .with("track", track.to_string())
        .with("from", days.from().to_string())
        .with("to", days.to().to_string());
    let added = changed(object::SYNC_RUN, &run.id, &Record::default(), &after);
    work.record(vec![added]).await?;
    Ok(run)
}
