use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};

use super::{
    SyncRun,
    run::{SyncTrack, SyncWindow},
};
use crate::{
    graphql::{
        connection::shown,
        context::ContextExt as _,
        error::Result,
        loaders::{UnlinkedTasks, load},
        scalars::DateTime,
    },
    service::sync_status::{self, TrackStatus, WindowStatus},
    store::schema,
};

/// Whether the platform is asked on a track.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::service::sync_status::BreakerState")]
pub(super) enum BreakerState {
    /// It is asked.
    Closed,
    /// It failed too often in a row, and is left alone until retryAt.
    Open,
    /// It was left alone for long enough: the next request decides.
    HalfOpen,
}

/// The time of a call by which the platform lists it.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::listing::ListedBy")]
#[expect(clippy::enum_variant_names, reason = "the words of the API")]
pub(super) enum ListedBy {
    /// When it was dialled.
    CallTime,
    /// When it ended.
    EndTime,
    /// Another time after it was dialled, such as that of its record's upload.
    UploadTime,
}

/// The circuit breaker of a track: it pauses the track while the platform fails.
#[derive(SimpleObject)]
pub(super) struct SyncBreaker {
    /// Whether the platform is asked.
    state: BreakerState,
    /// Requests that failed in a row, after all repeats.
    failures: i64,
    /// Since when the platform is left alone; null while it is asked.
    since: Option<DateTime>,
    /// When it is tried again; null while it is asked.
    retry_at: Option<DateTime>,
    /// What failed last.
    error: Option<String>,
}

/// Where synchronisation stands.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct SyncOverview {
    /// Whether there is a platform to ask: without one nothing is ever synchronised.
    pub platform_configured: bool,
    /// Each track.
    pub tracks: Vec<SyncTrackStatus>,
}

#[ComplexObject]
impl SyncOverview {
    /// Tasks that belong to no package: nothing claims them, more than one package does, or a person
    /// took them from theirs. `tasks(filter: {package: {isNull: true}})` lists them.
    async fn tasks_without_package(&self, context: &Context<'_>) -> Result<i64> {
        let unlinked = load(context, UnlinkedTasks).await?;
        Ok(unlinked.unwrap_or_default().without_package)
    }

    /// Of those, tasks that more than one package claims.
    /// `tasks(filter: {packageClaims: {gt: 1}})` lists them.
    async fn tasks_claimed_twice(&self, context: &Context<'_>) -> Result<i64> {
        let unlinked = load(context, UnlinkedTasks).await?;
        Ok(unlinked.unwrap_or_default().claimed_twice)
    }

    /// Rows that an update of this program could not bring to the one form in which texts, numbers and ids
    /// are read, because another row has that form: two calls whose ids differ in characters that cannot be
    /// seen, say. They are as they were, and count as two; `dialgraph migrate status` lists them. Delete or
    /// rename the one that is not wanted: the number tells of the update and stays.
    async fn rows_kept_apart(&self, context: &Context<'_>) -> Result<u64> {
        Ok(schema::rows_kept_apart(context.services()?.db.read()).await?)
    }
}

pub(super) struct SyncTrackStatus(pub TrackStatus);

/// Where a track stands.
#[Object]
impl SyncTrackStatus {
    /// What is asked of the platform.
    async fn track(&self) -> SyncTrack {
        self.0.track.into()
    }

    /// Whether the platform is asked, or left alone because it fails.
    async fn breaker(&self) -> SyncBreaker {
        let sync_status::Breaker {
            state,
            failures,
            since,
            retry_at,
            error,
        } = self.0.breaker.clone();
        SyncBreaker {
            state: state.into(),
            failures,
            since: since.map(DateTime),
            retry_at: retry_at.map(DateTime),
            error,
        }
    }

    /// By which time of a call the platform's list of a window has it, as its answers show: null until
    /// they do, and of TASK_STATS. Calls count on the day on which they were dialled in any case.
    async fn listed_by(&self) -> Option<ListedBy> {
        self.0.listing.by.map(Into::into)
    }

    /// How many seconds after it was dialled a call may be listed, as far as is known: the list is read
    /// so far beyond a day's end for the day's calls.
    async fn list_lag_seconds(&self) -> i64 {
        self.0.listing.lag().num_seconds()
    }

    /// Each window of the schedule, and MANUAL for what somebody asked for.
    async fn windows(&self) -> Vec<SyncWindowStatus> {
        let windows = self.0.windows.iter().cloned();
        windows.map(SyncWindowStatus).collect()
    }
}

pub(super) struct SyncWindowStatus(WindowStatus);

/// Where a window of a track stands.
#[Object]
impl SyncWindowStatus {
    /// Which days.
    async fn window(&self) -> SyncWindow {
        self.0.window.into()
    }

    /// Its newest run, however it ended; null when there was none.
    async fn last_run(&self) -> Option<SyncRun> {
        self.0.last_run.clone().map(shown)
    }

    /// Its newest run that is at work; null when there is none.
    async fn running(&self) -> Option<SyncRun> {
        self.0.running.clone().map(shown)
    }

    /// When its newest run that SUCCEEDED ended; null when there was none.
    async fn last_success_at(&self) -> Option<DateTime> {
        self.0.last_success_at.map(DateTime)
    }

    /// When the schedule starts its next run; null where there is no schedule for it.
    async fn next_run_at(&self) -> Option<DateTime> {
        self.0.next_run_at.map(DateTime)
    }

    /// How many seconds old what is known of its days is. Of TODAY: since the moment up to which the
    /// day that is going on was read. Of T3 and T10: since the day that was read longest ago was read.
    /// Null of MANUAL, and when a day was never read.
    async fn lag_seconds(&self) -> Option<i64> {
        self.0.lag.map(|lag| lag.num_seconds())
    }
}
