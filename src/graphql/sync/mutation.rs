use crate::graphql::error::Result;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::{SyncRun, each, run::SyncTrack};
use crate::{
    domain::{self, business_time::DayRange, sync::SyncTrigger},
    graphql::{
        connection::shown,
        context::{ContextExt, Services},
        error::ApiError,
        id::{self, Kind},
        input::{Payload, answer, payloads, writer},
        permissions::Root,
        scalars::Date,
        user_error::UserError,
    },
    service::{
        refresh::{DaysError, RefreshError, requested_days},
        sync_requests,
    },
};

/// Which days to read from the platform again, and what of them.
#[derive(InputObject)]
pub(super) struct RefreshStatsInput {
    /// One business day. Not together with from and to.
    date: Option<Date>,
    /// The first business day of several.
    from: Option<Date>,
    /// The last business day of several, included and not in the future; at most 92 days.
    to: Option<Date>,
    /// What to ask for; both tracks by default, or when the list is empty. Each becomes a run of its
    /// own.
    tracks: Option<Vec<SyncTrack>>,
}

/// Which days to read from the platform whole again, and what of them.
#[derive(InputObject)]
pub(super) struct ResyncDaysInput {
    /// The first business day.
    from: Date,
    /// The last business day, included and not in the future; at most 92 days.
    to: Date,
    /// What to ask for; both tracks by default, or when the list is empty. Each becomes a run of its
    /// own.
    tracks: Option<Vec<SyncTrack>>,
}

/// Which synchronisation is to end.
#[derive(InputObject)]
pub(super) struct CancelSyncInput {
    /// The run's `id`.
    run_id: ID,
}

/// A run that was asked for.
#[derive(SimpleObject)]
pub(super) struct RefreshedRun {
    /// The run as it is now; look it up again with `syncRun`.
    run: SyncRun,
    /// Whether it was at work on these days already, and was joined.
    joined: bool,
}

/// What came of asking for a refresh.
#[derive(SimpleObject, Default)]
pub(super) struct RefreshStatsPayload {
    /// One run for each track; empty when there are userErrors.
    runs: Vec<RefreshedRun>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of asking for days to be read whole again.
#[derive(SimpleObject, Default)]
pub(super) struct ResyncDaysPayload {
    /// One run for each track, as it is now; empty when there are userErrors.
    runs: Vec<SyncRun>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

/// What came of asking for the end of a synchronisation.
#[derive(SimpleObject, Default)]
pub(super) struct CancelSyncPayload {
    /// The run as it is now; it ends soon after. Null when there are userErrors.
    run: Option<SyncRun>,
    /// What has to be mended first.
    user_errors: Vec<UserError>,
}

payloads!(RefreshStatsPayload, ResyncDaysPayload, CancelSyncPayload);

/// Changes about synchronisation.
#[derive(Default)]
pub struct SyncMutation;

#[Object(guard = "Root::Mutation")]
impl SyncMutation {
    /// Reads days from the platform again. Returns at once: the runs go on in the background, and a
    /// run that is at work on these days already is joined instead. Of today, what is new is read, and
    /// all of it once an hour; `resyncDays` reads all of it at once. For ADMIN and MANAGER.
    async fn refresh_stats(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which days, and what of them.")] input: RefreshStatsInput,
    ) -> Result<RefreshStatsPayload> {
        let services = context.services()?;
        let day = |date: &Option<Date>| date.map(|date| date.0);
        let days = requested_days(
            day(&input.date),
            day(&input.from),
            day(&input.to),
            services.today(),
        );
        Ok(match days {
            Ok(days) => start(services, days, &each(input.tracks.as_deref())).await?,
            Err(error) => refused(bad_days(error)),
        })
    }

    /// Reads days from the platform again, each of them whole, whatever is known of it: for days that
    /// are doubted. Returns at once: the runs are new ones and go on in the background. For ADMIN and
    /// MANAGER.
    async fn resync_days(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which days, and what of them.")] input: ResyncDaysInput,
    ) -> Result<ResyncDaysPayload> {
        let services = context.services()?;
        let (from, to) = (Some(input.from.0), Some(input.to.0));
        let days = match requested_days(None, from, to, services.today()) {
            Ok(days) => days,
            Err(error) => return Ok(refused(bad_days(error))),
        };
        let refresher = services.refresher.as_ref();
        let instance = match refresher.instance() {
            Ok(instance) => instance,
            Err(error) => return Ok(refused(cannot_start(error)?)),
        };
        let tracks = each(input.tracks.as_deref()).into_iter().map(Into::into);
        let tracks: Vec<domain::sync::SyncTrack> = tracks.collect();
        let writer = writer(context)?;
        let done = sync_requests::resync(&writer, refresher, instance, &tracks, days).await;
        answer(done, |runs| ResyncDaysPayload {
            runs: runs.into_iter().map(shown).collect(),
            ..Default::default()
        })
    }

    /// Asks a synchronisation to end. It ends soon after, FAILED or PARTIAL: what it stored stays, and
    /// the day that it was reading is stale until it is read again. For ADMIN and MANAGER.
    async fn cancel_sync(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CancelSyncInput,
    ) -> Result<CancelSyncPayload> {
        let id = id::given(&input.run_id, Kind::SyncRun);
        let done = sync_requests::cancel(&writer(context)?, &id).await;
        answer(done, |run| CancelSyncPayload {
            run: Some(shown(run)),
            ..Default::default()
        })
    }
}

/// A payload that says what has to be mended.
fn refused<P: Payload>(error: UserError) -> P {
    let mut payload = P::default();
    payload.user_errors().push(error);
    payload
}

fn bad_days(error: DaysError) -> UserError {
    UserError::of_input(error.field(), error.code(), &error)
}

/// Why nothing is started, where the caller can do something about it.
fn cannot_start(error: RefreshError) -> Result<UserError> {
    let code = match error {
        RefreshError::NotConfigured => "PLATFORM_NOT_CONFIGURED",
        RefreshError::ShuttingDown => "SHUTTING_DOWN",
        RefreshError::Store(error) => return Err(error.into()),
    };
    Ok(UserError {
        field: vec!["input".to_owned()],
        code: code.to_owned(),
        message: error.to_string(),
    })
}

async fn start(
    services: &Services,
    days: DayRange,
    tracks: &[SyncTrack],
) -> Result<RefreshStatsPayload, ApiError> {
    let mut payload = RefreshStatsPayload::default();
    for &track in tracks {
        match services
            .refresher
            .start(track.into(), days, SyncTrigger::Api)
            .await
        {
            Ok(started) => payload.runs.push(RefreshedRun {
                run: shown(started.run),
                joined: started.joined,
            }),
            Err(error) => return Ok(refused(cannot_start(error)?)),
        }
    }
    Ok(payload)
}
