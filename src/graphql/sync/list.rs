//! Which runs a list has, and how they can be ordered.

use super::{
    run::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
    slice::SliceState,
};
use crate::graphql::{
    filter::{
        DateFilter, DateTimeFilter, IntFilter, StringFilter, WordFilter, compared_words,
        list_filter,
    },
    ordering::list_order,
};

compared_words!(
    SliceState => crate::domain::sync::SliceState,
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
        /// Days done that could not be read whole.
        days_failed: IntFilter,
        /// Requests that had to be repeated.
        retries: IntFilter,
        /// Calls that the platform has no longer.
        removed: IntFilter,
        /// Why days could not be read.
        error: StringFilter,
        /// When it was started.
        started_at: DateTimeFilter,
        /// When it ended.
        finished_at: DateTimeFilter,
        /// When somebody asked for its end.
        cancelled_at: DateTimeFilter,
    }
}

list_filter! {
    /// Which slices of a synchronisation. What is said of several fields holds together.
    SyncSliceFilter {
        ids {
            /// The slice itself.
            id: SyncSlice,
            /// The synchronisation that it is a part of.
            run_id: SyncRun,
        }
        /// The id in the database.
        database_id("id"): IntFilter,
        /// What it asks the platform for.
        track: WordFilter<SyncTrack>,
        /// The business day that it is a part of.
        day: DateFilter,
        /// Its first second.
        from("from_at"): DateTimeFilter,
        /// Its last second.
        to("to_at"): DateTimeFilter,
        /// How far it is.
        state: WordFilter<SliceState>,
        /// How many records the platform says it has.
        expected: IntFilter,
        /// How many distinct records the last attempt brought.
        seen: IntFilter,
        /// Answers read from the platform.
        pages: IntFilter,
        /// Requests that had to be repeated.
        retries: IntFilter,
        /// How often it was read from the start.
        attempts: IntFilter,
        /// Calls of it that the platform has no longer.
        removed: IntFilter,
        /// Why the last attempt did not prove it whole.
        error: StringFilter,
        /// When somebody began to read it.
        started_at: DateTimeFilter,
        /// When nothing more was to be done about it.
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

list_order! {
    /// A key of the order of slices.
    SyncSliceOrder by SyncSliceOrderField {
        /// The order in which they were planned.
        Id => "id",
        /// The business day.
        Day => "day",
        /// The first second.
        From => "from_at",
        /// How far they are, by the word.
        State => "state",
        /// How often they were read from the start.
        Attempts => "attempts",
        /// When they were begun; those that wait come last.
        StartedAt => "started_at",
        /// When they ended; the others come last.
        FinishedAt => "finished_at",
    }
}
