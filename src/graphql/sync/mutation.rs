use crate::graphql::error::Result;
use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{SyncRun, run::SyncTrack};
use crate::{
    domain::{business_time::DayRange, sync::SyncTrigger},
    graphql::{
        connection::shown,
        context::{ContextExt, Services},
        error::ApiError,
        permissions::Root,
        scalars::Date,
        user_error::UserError,
    },
    service::refresh::{RefreshError, requested_days},
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

/// Changes about synchronisation.
#[derive(Default)]
pub struct SyncMutation;

#[Object(guard = "Root::Mutation")]
impl SyncMutation {
    /// Reads days from the platform again. Returns at once: the runs go on in the background, and a
    /// run that is at work on these days already is joined instead. For ADMIN and MANAGER.
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
            Ok(days) => start(services, days, &input.tracks()).await?,
            Err(error) => {
                RefreshStatsPayload::of(UserError::of_input(error.field(), error.code(), &error))
            }
        })
    }
}

impl RefreshStatsInput {
    /// The tracks asked for, each once; both when nothing was said.
    fn tracks(&self) -> Vec<SyncTrack> {
        let both = [SyncTrack::CallRecords, SyncTrack::TaskStats];
        match self.tracks.as_deref() {
            None | Some([]) => both.to_vec(),
            Some(asked) => both
                .into_iter()
                .filter(|track| asked.contains(track))
                .collect(),
        }
    }
}

impl RefreshStatsPayload {
    fn of(error: UserError) -> Self {
        Self {
            user_errors: vec![error],
            ..Self::default()
        }
    }
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
            Err(error @ RefreshError::NotConfigured) => {
                return Ok(RefreshStatsPayload::of(UserError {
                    field: vec!["input".to_owned()],
                    code: "PLATFORM_NOT_CONFIGURED".to_owned(),
                    message: error.to_string(),
                }));
            }
            Err(error @ RefreshError::ShuttingDown) => {
                return Ok(RefreshStatsPayload::of(UserError {
                    field: vec!["input".to_owned()],
                    code: "SHUTTING_DOWN".to_owned(),
                    message: error.to_string(),
                }));
            }
            Err(RefreshError::Store(error)) => return Err(error.into()),
        }
    }
    Ok(payload)
}
