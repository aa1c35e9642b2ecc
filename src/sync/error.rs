//! Why a slice, a day or a run could not be read.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    domain::counting::{counted, verb},
    guanke,
    store::{MaybeStoreError, StoreError},
};

/// Why a day could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The platform did not answer, or not usably.
    #[error(transparent)]
    Platform(#[from] guanke::Error),
    /// The platform failed so often that it is left alone for a while.
    #[error("the platform is left alone until {until}, because it failed too often: {reason}", until = .until.format("%Y-%m-%d %H:%M:%S UTC"))]
    Paused {
        /// When it is asked again.
        until: DateTime<Utc>,
        /// What failed last.
        reason: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was read is not what the platform counted, after reading it again.
    #[error("the platform counts {}, and {seen} could be read", counted(*.expected, "record"))]
    Mismatch {
        /// What it counts.
        expected: u64,
        /// How many distinct ones it gave.
        seen: u64,
    },
    /// The platform's count was another one each time it was asked for.
    #[error("the platform counts {}, and then {most}", counted(*.least, "record"))]
    Moving {
        /// The lowest count.
        least: u64,
        /// The highest.
        most: u64,
    },
    /// So many calls that are stored and that the platform does not give any more that this is no
    /// matter of a few records.
    #[error(
        "the platform does not give {gone} of {} any more that are stored; if that is meant, `dialgraph sync --accept-removals` for these days takes it for granted",
        counted(*.stored, "call")
    )]
    TooManyGone {
        /// How many.
        gone: usize,
        /// Of how many.
        stored: usize,
    },
    /// Not every call that the platform listed is stored as one of that day's part of its list.
    #[error("the platform listed {}, of which {stored} {} stored", counted(*.listed, "call"), verb(.stored, "is", "are"))]
    NotStored {
        /// How many it listed.
        listed: i64,
        /// How many of them are stored.
        stored: i64,
    },
    /// Calls of a time that has not come yet: a clock of the platform is wrong. They are stored.
    #[error(
        "{} {} dated in the future, the first one ({id}) {time}: {} stored, and the day is not complete while the platform has {} so",
        counted(*.count, "record"),
        verb(.count, "is", "are"),
        verb(.count, "it is", "they are"),
        verb(.count, "it", "them"),
        time = .time.format("%Y-%m-%d %H:%M:%S UTC")
    )]
    FutureDated {
        /// How many.
        count: usize,
        /// The id of the first.
        id: String,
        /// Its time.
        time: DateTime<Utc>,
    },
    /// The platform gave no count to compare with.
    #[error("the platform gave no total, so nothing proves that these are all")]
    NoTotal,
    /// Records that cannot be stored.
    #[error("{} cannot be used; the first one{}: {reason}", counted(*.count, "record"), in_brackets(.id.as_deref()))]
    Unusable {
        /// How many.
        count: usize,
        /// The id of the first, if it has one.
        id: Option<String>,
        /// What is wrong with the first.
        reason: String,
    },
    /// The platform's figures contradict each other.
    #[error("the platform's {kind} rows add up to {sum} dialled, and its total says {total}")]
    TotalsDisagree {
        /// Account or task.
        kind: &'static str,
        /// Sum over the rows.
        sum: i64,
        /// Its own total.
        total: i64,
    },
    /// Parts of the day could not be proven whole.
    #[error("{reason}{}", others(*.slices))]
    Incomplete {
        /// How many parts.
        slices: usize,
        /// What is wrong with the first of them.
        reason: String,
    },
    /// Another instance took the day over, because this one was silent for too long.
    #[error("another instance took this day over")]
    LeaseLost,
    /// The calls of so old a day were deleted, and its figures kept.
    #[error(
        "calls of days before {0} are not kept any more (RETENTION_CALL_DAYS): the figures stay what they are"
    )]
    NotKept(NaiveDate),
    /// Nothing can be known of a day that has not begun.
    #[error("the day has not begun")]
    NotBegun,
    /// A fault of ours.
    #[error("a task of this program failed; the log says more")]
    Panicked,
    /// Somebody asked for the end of the run.
    #[error("cancelled")]
    Cancelled,
    /// The program ends.
    #[error("stopped before its end, because the program was")]
    Stopped,
}

impl MaybeStoreError for SyncError {
    fn store(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

fn in_brackets(id: Option<&str>) -> String {
    id.map(|id| format!(" ({id})")).unwrap_or_default()
}

fn others(slices: usize) -> String {
    match slices {
        0 | 1 => String::new(),
        2 => "; and so is another part of the day".to_owned(),
        more => format!("; and so are {} other parts of the day", more - 1),
    }
}

impl SyncError {
    /// Whether reading the same again at once may come to something else.
    pub(super) const fn is_worth_another_read(&self) -> bool {
        matches!(self, Self::Mismatch { .. } | Self::Moving { .. })
    }

    /// Whether the run has to end here, whatever days are left: none of them would do better.
    pub(super) const fn ends_the_run(&self) -> bool {
        matches!(self, Self::Stopped | Self::Cancelled | Self::Paused { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::alert::Reason, guanke::TokenStoreError, store::Trouble};

    fn assert_known(error: &impl std::error::Error) {
        let said = error.to_string();
        let reason = Reason::read(&said);
        assert!(!matches!(reason, Reason::Other(_)), "{said}");
    }

    /// Alerts are in two languages: what is noted of a day can be read again.
    #[test]
    fn every_reason_has_a_translation() {
        let until = "2026-11-20T04:00:00Z".parse().unwrap();
        let text = || "x: y".to_owned();
        for error in [
            SyncError::Platform(guanke::Error::Config(text())),
            SyncError::Platform(guanke::Error::Timeout),
            SyncError::Platform(guanke::Error::Transport(text())),
            SyncError::Platform(guanke::Error::Status(502)),
            SyncError::Platform(guanke::Error::Platform {
                code: -1,
                message: text(),
            }),
            SyncError::Platform(guanke::Error::Malformed(text())),
            SyncError::Platform(guanke::Error::Unauthorised),
            SyncError::Platform(guanke::Error::RateLimited { retry_after: None }),
            SyncError::Platform(guanke::Error::RateLimited {
                retry_after: Some(std::time::Duration::from_secs(9)),
            }),
            SyncError::Platform(guanke::Error::WindowTooLong),
            SyncError::Platform(guanke::Error::EmptyWindow),
            SyncError::Paused {
                until,
                reason: text(),
            },
            SyncError::Mismatch {
                expected: 1,
                seen: 2,
            },
            SyncError::Moving { least: 1, most: 2 },
            SyncError::TooManyGone { gone: 9, stored: 9 },
            SyncError::NotStored {
                listed: 2,
                stored: 1,
            },
            SyncError::FutureDated {
                count: 1,
                id: "7".to_owned(),
                time: until,
            },
            SyncError::NoTotal,
            SyncError::Unusable {
                count: 1,
                id: None,
                reason: text(),
            },
            SyncError::Unusable {
                count: 2,
                id: Some("7".to_owned()),
                reason: text(),
            },
            SyncError::TotalsDisagree {
                kind: "task",
                sum: 1,
                total: -2,
            },
            SyncError::Incomplete {
                slices: 2,
                reason: text(),
            },
            SyncError::Incomplete {
                slices: 3,
                reason: text(),
            },
            SyncError::Platform(TokenStoreError(text()).into()),
            SyncError::Store(StoreError::Busy {
                retry_after: std::time::Duration::from_secs(3),
            }),
            SyncError::LeaseLost,
            SyncError::NotKept(until.date_naive()),
            SyncError::NotBegun,
            SyncError::Panicked,
            SyncError::Cancelled,
            SyncError::Stopped,
        ] {
            assert_known(&error);
        }
        for trouble in [Trouble::DiskFull, Trouble::ReadOnly, Trouble::DiskFails] {
            assert_known(&trouble);
        }
    }
}
