use async_graphql::{Enum, ID, Object};

use super::{SyncRunFilter, SyncRunOrder};
use crate::{
    graphql::{
        connection::listed,
        id::{self, Kind},
        scalars::{Date, DateTime},
    },
    store::sync_runs::SyncRunRow,
};

/// What a run asks the platform for. A run has one track.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::sync::SyncTrack")]
pub(in crate::graphql) enum SyncTrack {
    /// The platform's own daily figures, a day at a time.
    TaskStats,
    /// Every call record, from which grades, tags and all figures come.
    CallRecords,
}

/// Which days a run is about.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::sync::SyncWindow")]
pub(in crate::graphql) enum SyncWindow {
    /// The ten days before today.
    T10,
    /// The three days before today.
    T3,
    /// The day that is going on.
    Today,
    /// Days that somebody asked for.
    Manual,
}

/// What a run came to.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::sync::SyncStatus")]
pub(in crate::graphql) enum SyncStatus {
    /// Waiting for its turn or at work.
    Running,
    /// Every day was read whole and counted; a day that is going on, up to the moment it was read.
    Succeeded,
    /// Some days were, others not: see the error.
    Partial,
    /// No day was: see the error.
    Failed,
}

/// Who started a run.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::sync::SyncTrigger")]
pub(in crate::graphql) enum SyncTrigger {
    /// The schedule.
    Schedule,
    /// A person or program, through this API.
    Api,
    /// The command line.
    Cli,
}

listed! {
    SyncRun(SyncRunRow) by SyncRunFilter, SyncRunOrder, whole = true {
    }
}

/// One synchronisation: which days were read, and what came of it.
#[Object(serial)]
impl SyncRun {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::SyncRun, self.0.row.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// What it asks the platform for.
    async fn track(&self) -> SyncTrack {
        self.0.row.track.into()
    }

    /// Why these days.
    async fn window(&self) -> SyncWindow {
        self.0.row.sync_window.into()
    }

    /// The first business day.
    async fn from(&self) -> Date {
        self.0.row.from_day.into()
    }

    /// The last business day, included.
    async fn to(&self) -> Date {
        self.0.row.to_day.into()
    }

    /// What it came to.
    async fn status(&self) -> SyncStatus {
        self.0.row.status.into()
    }

    /// Who started it.
    async fn trigger(&self) -> SyncTrigger {
        self.0.row.triggered_by.into()
    }

    /// Days done so far, well or not.
    async fn days_done(&self) -> i64 {
        self.0.row.days_done
    }

    /// Answers read from the platform.
    async fn pages(&self) -> i64 {
        self.0.row.pages
    }

    /// Rows in them.
    async fn fetched(&self) -> i64 {
        self.0.row.fetched
    }

    /// Rows that were new here.
    async fn inserted(&self) -> i64 {
        self.0.row.inserted
    }

    /// Rows that had changed.
    async fn updated(&self) -> i64 {
        self.0.row.updated
    }

    /// Rows that were stored as they are, and not written again.
    async fn unchanged(&self) -> i64 {
        self.0.row.unchanged
    }

    /// Rows that are no calls yet, or that cannot be told apart or dated.
    async fn skipped(&self) -> i64 {
        self.0.row.skipped
    }

    /// Which days could not be read, and why; null when all could.
    async fn error(&self) -> Option<&str> {
        self.0.row.error.as_deref()
    }

    /// When it was started.
    async fn started_at(&self) -> DateTime {
        self.0.row.started_at.into()
    }

    /// When it ended; null while it is RUNNING.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.row.finished_at.map(DateTime)
    }
}
