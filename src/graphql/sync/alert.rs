//! What was or is wrong with synchronisation.

use async_graphql::{Enum, ID, Object};

use super::SyncTrack;
use crate::{
    graphql::{
        connection::listed,
        filter::{
            BooleanFilter, DateFilter, DateTimeFilter, IntFilter, StringFilter, WordFilter,
            compared_words, list_filter,
        },
        id::{self, Kind},
        ordering::list_order,
        scalars::{Date, DateTime},
    },
    store::alerts::AlertRow,
};

/// What is wrong.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "crate::domain::alert::AlertKind")]
pub(in crate::graphql) enum SyncAlertKind {
    /// A day could not be read, and no later read of it went well.
    DayFailed,
    /// Today was not read when it should have been.
    Lag,
    /// The platform is left alone because it fails.
    PlatformPaused,
    /// The platform does not accept our credentials.
    CredentialsRefused,
    /// A run is at work without a sign of life, and nobody goes on with it.
    RunStuck,
    /// Calls of the last days have grades that the catalogue does not know: they count as OTHER.
    UnknownGrades,
}

compared_words!(SyncAlertKind => crate::domain::alert::AlertKind);

listed! {
    SyncAlert(AlertRow) by SyncAlertFilter, SyncAlertOrder, whole = true {
    }
}

/// Something that was or is wrong with synchronisation.
#[Object(serial)]
impl SyncAlert {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::SyncAlert, self.0.row.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// What is wrong.
    async fn kind(&self) -> SyncAlertKind {
        self.0.row.kind.into()
    }

    /// The track that it is about.
    async fn track(&self) -> SyncTrack {
        self.0.row.track.into()
    }

    /// The business day that it is about; null where it is about a whole track or a run.
    async fn date(&self) -> Option<Date> {
        self.0.row.day.map(Date)
    }

    /// The id in the database of the run that it is about; null where it is about something else.
    async fn run_database_id(&self) -> Option<i64> {
        self.0.row.run_id
    }

    /// What is wrong, in English; times are those of the business time zone.
    async fn message(&self) -> &str {
        &self.0.row.message
    }

    /// What is wrong, in Chinese; null of alerts from before there were such words.
    async fn message_zh(&self) -> Option<&str> {
        self.0.row.message_zh.as_deref()
    }

    /// Whether it still is.
    async fn is_open(&self) -> bool {
        self.0.row.is_open
    }

    /// Since when.
    async fn opened_at(&self) -> DateTime {
        self.0.row.opened_at.into()
    }

    /// Until when; null while it is open.
    async fn resolved_at(&self) -> Option<DateTime> {
        self.0.row.resolved_at.map(DateTime)
    }

    /// When people were last told something of it: that it began, that it goes on, or that it is over.
    async fn last_notified_at(&self) -> DateTime {
        self.0.row.last_notified_at.into()
    }
}

list_filter! {
    /// Which alerts. What is said of several fields holds together.
    SyncAlertFilter {
        ids {
            /// The alert itself.
            id: SyncAlert,
        }
        /// The id in the database.
        database_id("id"): IntFilter,
        /// What is wrong.
        kind: WordFilter<SyncAlertKind>,
        /// The track that it is about.
        track: WordFilter<SyncTrack>,
        /// The business day that it is about.
        date("day"): DateFilter,
        /// The id in the database of the run that it is about.
        run_database_id("run_id"): IntFilter,
        /// What is wrong, in words.
        message: StringFilter,
        /// Whether it still is.
        is_open: BooleanFilter,
        /// Since when.
        opened_at: DateTimeFilter,
        /// Until when.
        resolved_at: DateTimeFilter,
        /// When people were last told something of it.
        last_notified_at: DateTimeFilter,
    }
}

list_order! {
    /// A key of the order of alerts.
    SyncAlertOrder by SyncAlertOrderField {
        /// The order in which they were opened.
        Id => "id",
        /// Whether it is open; descending, open ones come first.
        IsOpen => "is_open",
        /// The day; those without one come last.
        Date => "day",
        /// Since when.
        OpenedAt => "opened_at",
        /// Until when; open ones come last.
        ResolvedAt => "resolved_at",
        /// When people were last told something of it.
        LastNotifiedAt => "last_notified_at",
    }
}
