//! What the slices of a day come to: whether they prove that it was read whole.

use chrono::{DateTime, TimeDelta, Utc};

use super::{context::Context, error::SyncError};
use crate::{
    domain::sync::{SliceState, SyncTrack},
    store::{
        StoreError,
        removals::{self, ListedPart},
        slice_claims::{self, RunDay, SliceRow},
        sync_days::Counted,
    },
};

pub(super) fn is_open(slice: &SliceRow) -> bool {
    matches!(slice.state, SliceState::Pending | SliceState::Reading)
}

pub(super) fn is_abandoned(slice: &SliceRow) -> bool {
    slice.state == SliceState::Abandoned
}

/// Whether nobody reads a slice: a reader has it for no longer than until `longest`, whatever a clock
/// said that was wrong.
pub(super) fn is_free(slice: &SliceRow, now: DateTime<Utc>, longest: DateTime<Utc>) -> bool {
    let is_over = slice.expires_at <= Some(now) || slice.expires_at > Some(longest);
    slice.state == SliceState::Pending || (slice.state == SliceState::Reading && is_over)
}

/// The slices of a day's own part of the list that are not abandoned.
pub(super) fn of_day(
    slices: &[SliceRow],
    last_second: DateTime<Utc>,
) -> impl Iterator<Item = &SliceRow> {
    let is_of_day = move |slice: &&SliceRow| !is_abandoned(slice) && slice.from_at <= last_second;
    slices.iter().filter(is_of_day)
}

/// What slices add up to that follow each other without a gap and are all whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Proven {
    /// The last second of the day that was read.
    pub to: DateTime<Utc>,
    /// The last second that was read, behind the day's end, too.
    pub listed_to: DateTime<Utc>,
    /// When the first of them began to be read.
    pub began: DateTime<Utc>,
    pub expected: i64,
    pub seen: i64,
    pub undialled: i64,
}

impl Proven {
    /// How far beyond the day's `end` was read.
    pub fn listed_for(&self, end: DateTime<Utc>) -> TimeDelta {
        (self.listed_to + TimeDelta::seconds(1) - end).max(TimeDelta::zero())
    }
}

/// What the slices add up to, if all of them are whole and nothing that was planned is missing. Those
/// behind `last_second`, the day's last, are of the next day's part of the list, and count for nothing.
pub(super) fn proven(slices: &[SliceRow], last_second: DateTime<Utc>) -> Result<Proven, SyncError> {
    let valid = || slices.iter().filter(|slice| !is_abandoned(slice));
    let incomplete = valid().filter(|slice| slice.state == SliceState::Incomplete);
    if let Some(first) = incomplete.clone().next() {
        return Err(SyncError::Incomplete {
            slices: incomplete.count(),
            reason: first.error.clone().unwrap_or_default(),
        });
    }
    // Another run took the day over meanwhile, wherever something is missing.
    let planned = valid()
        .map(|slice| (slice.from_at, slice.to_at))
        .reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)));
    let (from, to) = planned.ok_or(SyncError::LeaseLost)?;
    let began = valid().filter_map(|slice| slice.started_at).min();
    let mut sum = Proven {
        to: from - TimeDelta::seconds(1),
        listed_to: from - TimeDelta::seconds(1),
        began: began.unwrap_or(from),
        expected: 0,
        seen: 0,
        undialled: 0,
    };
    for slice in valid().filter(|slice| slice.state == SliceState::Done) {
        if slice.from_at != sum.listed_to + TimeDelta::seconds(1) {
            return Err(SyncError::LeaseLost);
        }
        sum.listed_to = slice.to_at;
        if slice.from_at > last_second {
            continue;
        }
        sum.to = slice.to_at;
        sum.expected += slice.expected.unwrap_or_default() - slice.not_kept;
        sum.seen += slice.seen.unwrap_or_default() - slice.not_kept;
        sum.undialled += slice.undialled;
    }
    if sum.listed_to == to {
        Ok(sum)
    } else {
        Err(SyncError::LeaseLost)
    }
}

/// What the platform counts of a day, if it did of every slice.
pub(super) async fn counted(context: &Context, of: RunDay) -> Result<Option<Counted>, StoreError> {
    let db = context.db.read();
    let slices = slice_claims::of_day(db, of).await?;
    let start = context.zone_of(of.track).start_of(of.day);
    let last_second = context.zone_of(of.track).end_of(of.day) - TimeDelta::seconds(1);
    let parts = || of_day(&slices, last_second);
    let is_whole = parts().any(|slice| slice.from_at == start);
    let expected: Option<i64> = parts()
        .filter(|slice| slice.state != SliceState::Split)
        .map(|slice| Some(slice.expected.filter(|_| !is_open(slice))? - slice.not_kept))
        .sum();
    let (Some(expected), Some(to)) = (
        expected.filter(|_| is_whole),
        parts().map(|slice| slice.to_at).max(),
    ) else {
        return Ok(None);
    };
    // The last pass may have brought less than those before it.
    let undialled: i64 = parts().map(|slice| slice.undialled).sum();
    let seen = if of.track == SyncTrack::CallRecords {
        let part = ListedPart {
            day: of.day,
            from: start,
            to,
        };
        removals::count_of_part(db, part).await?
            + removals::count_of_other_days(db, of.day).await?
            + undialled
    } else {
        parts().filter_map(|slice| slice.seen).sum()
    };
    Ok(Some(Counted {
        expected,
        seen,
        undialled,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(from: &str, to: &str, state: SliceState) -> SliceRow {
        let at = |time: &str| format!("2026-11-19T{time}Z").parse().unwrap();
        SliceRow {
            id: 1,
            run_id: 1,
            track: SyncTrack::CallRecords,
            day: "2026-11-19".parse().unwrap(),
            from_at: at(from),
            to_at: at(to),
            state,
            expected: Some(10),
            seen: Some(10),
            undialled: 1,
            unlisted: 0,
            not_kept: 0,
            removed: 0,
            pages: 1,
            retries: 0,
            attempts: 1,
            error: None,
            owner: None,
            fence: 1,
            expires_at: None,
            created_at: at(from),
            started_at: None,
            finished_at: None,
        }
    }

    /// What slices prove of a day that ends with their last second.
    fn whole(slices: &[SliceRow]) -> Result<Proven, SyncError> {
        proven(
            slices,
            slice("00:00:00", "15:59:59", SliceState::Done).to_at,
        )
    }

    #[test]
    fn what_lies_behind_the_end_of_the_day_is_not_of_it() {
        let slices = [
            slice("01:00:00", "15:59:59", SliceState::Done),
            slice("16:00:00", "16:07:59", SliceState::Done),
        ];
        let sum = whole(&slices).unwrap();
        assert_eq!((sum.expected, sum.to), (10, slices[0].to_at));
        assert_eq!(sum.listed_to, slices[1].to_at);
        let unread = slice("16:00:00", "16:07:59", SliceState::Pending);
        assert!(whole(&[slices[0].clone(), unread]).is_err());
    }

    #[test]
    fn slices_that_follow_each_other_add_up() {
        let slices = [
            slice("01:00:00", "09:59:59", SliceState::Split),
            slice("01:00:00", "04:59:59", SliceState::Done),
            slice("05:00:00", "09:59:59", SliceState::Done),
        ];
        let sum = whole(&slices).unwrap();
        assert_eq!((sum.expected, sum.seen, sum.undialled), (20, 20, 2));
        assert_eq!(sum.to, slices[2].to_at);
    }

    #[test]
    fn a_gap_or_a_part_that_is_not_whole_proves_nothing() {
        let gap = [
            slice("01:00:00", "04:59:59", SliceState::Done),
            slice("05:00:01", "09:59:59", SliceState::Done),
        ];
        assert!(whole(&gap).is_err());
        let bad = [
            slice("01:00:00", "04:59:59", SliceState::Done),
            slice("05:00:00", "09:59:59", SliceState::Incomplete),
        ];
        assert!(matches!(
            whole(&bad),
            Err(SyncError::Incomplete { slices: 1, .. })
        ));
        assert!(whole(&[]).is_err());
    }

    #[test]
    fn what_was_left_at_either_end_or_is_read_anew_proves_nothing() {
        let (first, last) = (("01:00:00", "04:59:59"), ("05:00:00", "09:59:59"));
        for state in [SliceState::Pending, SliceState::Split] {
            for states in [(state, SliceState::Done), (SliceState::Done, state)] {
                let slices = [
                    slice(first.0, first.1, states.0),
                    slice(last.0, last.1, states.1),
                ];
                assert!(whole(&slices).is_err(), "{states:?}");
            }
        }
        let abandoned = [
            slice("01:00:00", "09:59:59", SliceState::Abandoned),
            slice(first.0, first.1, SliceState::Done),
            slice(last.0, last.1, SliceState::Done),
        ];
        assert_eq!(whole(&abandoned).unwrap().expected, 20);
    }
}
