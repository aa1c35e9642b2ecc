//! Which runs a list has, and how they can be ordered.

use super::run::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow};
use crate::graphql::{
    filter::{
        DateFilter, DateTimeFilter, IntFilter, StringFilter, WordFilter, compared_words,
        list_filter,
    },
    ordering::list_order,
};

compared_words!(
    SyncStatus => crate::domain::sync::SyncStatus,
    SyncTrack => crate::domain::sync::SyncTrack,
    SyncTrigger => crate::domain::sync::SyncTrigger,
    SyncWindow => crate::domain::sync::SyncWindow,
);

list_filter! {
    /// Which synchronisations. What is said of several fields holds together.
    SyncRunFilter {
        ids {
            /// The run itself.
            id: SyncRun,
        }
        /// The id in the database.
        database_id("id"): IntFilter,
        /// What it asks the platform for.
        track: WordFilter<SyncTrack>,
        /// Why these days.
        window("sync_window"): WordFilter<SyncWindow>,
        /// The first business day.
        from("from_day"): DateFilter,
        /// The last business day.
        to("to_day"): DateFilter,
        /// What it came to.
        status: WordFilter<SyncStatus>,
        /// Who started it.
        trigger("triggered_by"): WordFilter<SyncTrigger>,
        /// Days done.
        days_done: IntFilter,
        /// Answers read from the platform.
        pages: IntFilter,
        /// Rows in them.
        fetched: IntFilter,
        /// Rows that were new here.
        inserted: IntFilter,
        /// Rows that had changed.
        updated: IntFilter,
        /// Rows that were stored as they are.
        unchanged: IntFilter,
        /// Rows that are no calls.
        skipped: IntFilter,
        /// Why days could not be read.
        error: StringFilter,
        /// When it was started.
        started_at: DateTimeFilter,
        /// When it ended.
        finished_at: DateTimeFilter,
    }
}

list_order! {
    /// A key of the order of synchronisations.
    SyncRunOrder by SyncRunOrderField {
        /// The order in which they were started.
        Id => "id",
        /// The first business day.
        From => "from_day",
        /// The last business day.
        To => "to_day",
        /// What it came to, by the word.
        Status => "status",
        /// When it was started.
        StartedAt => "started_at",
        /// When it ended; those at work come last.
        FinishedAt => "finished_at",
    }
}
