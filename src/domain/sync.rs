//! Words of synchronisation: tracks, windows, and what a run can come to.

use chrono::{Days, NaiveDate};
use sea_orm::DeriveValueType;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::business_time::{BusinessZone, DayRange};

/// What a run asks the platform for. A run has one track.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncTrack {
    /// The platform's own daily figures, a day at a time.
    TaskStats,
    /// Every call record.
    CallRecords,
}

impl SyncTrack {
    /// Whose days the days of this track are: those of the business, or the platform's own.
    #[must_use]
    pub const fn zone(self, business: BusinessZone) -> BusinessZone {
        match self {
            Self::TaskStats => BusinessZone::BEIJING,
            Self::CallRecords => business,
        }
    }
}

/// Whom a row of the platform's own figures is about.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum StatKind {
    /// An account; seats are accounts.
    Account,
    /// A dial task.
    Task,
}

/// Which days a run is about.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncWindow {
    /// The ten days before today.
    T10,
    /// The three days before today.
    T3,
    /// The day that is going on.
    Today,
    /// Days that somebody asked for.
    Manual,
}

impl SyncWindow {
    /// The days of a scheduled window, seen from `today`; `None` for a manual one.
    #[must_use]
    pub fn days(self, today: NaiveDate) -> Option<DayRange> {
        let before_today = |days| {
            DayRange::new(
                today.checked_sub_days(Days::new(days))?,
                today.checked_sub_days(Days::new(1))?,
            )
        };
        match self {
            Self::T10 => before_today(10),
            Self::T3 => before_today(3),
            Self::Today => Some(DayRange::day(today)),
            Self::Manual => None,
        }
    }
}

/// What a run came to.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncStatus {
    /// Waiting for its turn or at work.
    Running,
    /// Every day was read whole and counted.
    Succeeded,
    /// Some days were, others not: see the error.
    Partial,
    /// No day was: see the error.
    Failed,
}

/// How far a slice of a day is: see `sync_slices`.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum SliceState {
    /// Waits for its turn.
    Pending,
    /// Is being read.
    Reading,
    /// All of it is stored: as many distinct records as the platform counts, twice.
    Done,
    /// Could not be proven whole: see its error.
    Incomplete,
    /// Was cut in two, which are slices of their own.
    Split,
    /// Given up: a later run reads the day, this one was ended, or it read the whole day instead.
    Abandoned,
}

/// Who started a run.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Display,
    IntoStaticStr,
    EnumString,
    VariantArray,
    DeriveValueType,
)]
#[sea_orm(value_type = "String")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncTrigger {
    /// The schedule.
    Schedule,
    /// A person or program, through the API.
    Api,
    /// The command line.
    Cli,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_end_yesterday_and_today_is_today() {
        let today: NaiveDate = "2026-03-01".parse().unwrap();
        let days = |window: SyncWindow| {
            window
                .days(today)
                .map(|range| (range.from().to_string(), range.to().to_string()))
        };
        let pair = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(days(SyncWindow::T10), pair("2026-02-19", "2026-02-28"));
        assert_eq!(days(SyncWindow::T3), pair("2026-02-26", "2026-02-28"));
        assert_eq!(days(SyncWindow::Today), pair("2026-03-01", "2026-03-01"));
        assert_eq!(days(SyncWindow::Manual), None);
    }
}
