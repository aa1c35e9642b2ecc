use async_graphql::{Enum, ID, Object};

use crate::{
    domain::page::Ordering,
    graphql::{
        connection::Listed,
        id::{self, Kind},
        scalars::{Date, DateTime},
    },
    store::sync_runs::{SyncRunRow, SyncRuns},
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

pub(in crate::graphql) struct SyncRun(pub SyncRunRow);

impl Listed for SyncRun {
    type Table = SyncRuns;
    const ORDERING: Ordering = Ordering {
        name: "syncRuns",
        kinds: "i",
    };

    fn new(row: SyncRunRow) -> Self {
        Self(row)
    }
}

/// One synchronisation: which days were read, and what came of it.
#[Object]
impl SyncRun {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::SyncRun, self.0.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.id
    }

    /// What it asks the platform for.
    async fn track(&self) -> SyncTrack {
        self.0.track.into()
    }

    /// Why these days.
    async fn window(&self) -> SyncWindow {
        self.0.sync_window.into()
    }

    /// The first business day.
    async fn from(&self) -> Date {
        self.0.from_day.into()
    }

    /// The last business day, included.
    async fn to(&self) -> Date {
        self.0.to_day.into()
    }

    /// What it came to.
    async fn status(&self) -> SyncStatus {
        self.0.status.into()
    }

    /// Who started it.
    async fn trigger(&self) -> SyncTrigger {
        self.0.triggered_by.into()
    }

    /// Days done so far, well or not.
    async fn days_done(&self) -> i64 {
        self.0.days_done
    }

    /// Answers read from the platform.
    async fn pages(&self) -> i64 {
        self.0.pages
    }

    /// Rows in them.
    async fn fetched(&self) -> i64 {
        self.0.fetched
    }

    /// Rows that were new here.
    async fn inserted(&self) -> i64 {
        self.0.inserted
    }

    /// Rows that had changed.
    async fn updated(&self) -> i64 {
        self.0.updated
    }

    /// Rows that were stored as they are, and not written again.
    async fn unchanged(&self) -> i64 {
        self.0.unchanged
    }

    /// Rows that are no calls yet, or that cannot be told apart or dated.
    async fn skipped(&self) -> i64 {
        self.0.skipped
    }

    /// Which days could not be read, and why; null when all could.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When it was started.
    async fn started_at(&self) -> DateTime {
        self.0.started_at.into()
    }

    /// When it ended; null while it is RUNNING.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }
}
