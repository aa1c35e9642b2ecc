//! Which time of a call the platform's list goes by, learnt from what it lists.
//!
//! A list of a window holds the calls of which *some* time lies in the window: when they were
//! dialled, when they ended, or when the record was uploaded. Calls count on the day on which they
//! were dialled, so a call dialled just before midnight may be listed with the next day.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DeriveValueType;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// A call that is listed longer after it was dialled says nothing of the list: a clock was wrong.
const LONGEST_LAG: TimeDelta = TimeDelta::hours(12);

/// How far a call's time may lie ahead of our clock. Beyond, a clock of the platform is wrong.
pub const FUTURE_TOLERANCE: TimeDelta = TimeDelta::minutes(10);

/// The time of a call by which the platform lists it.
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
pub enum ListedBy {
    /// When it was dialled.
    CallTime,
    /// When it ended: dialled, and its duration later.
    EndTime,
    /// Another time after it was dialled, such as that of the record's upload.
    UploadTime,
}

/// What is known of the platform's list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Listing {
    /// By which time it lists; none while nothing showed it.
    pub by: Option<ListedBy>,
    /// The longest time seen from when a call was dialled to when it ended or was listed, rounded up to
    /// few steps. Noted whatever the list goes by: by which time that is may be learnt later.
    pub longest: TimeDelta,
}

/// What some records show of the list that they came in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The time by which calls were found that were looked for by each of their times.
    found: Option<ListedBy>,
    /// A call ended within the window, and not dialled within it: it was listed when it ended, or was
    /// uploaded then.
    after_it_was_dialled: bool,
    /// A call neither dialled nor ended within it.
    by_another: bool,
    /// The longest call.
    longest_call: TimeDelta,
    /// The longest time between a call and the window that listed it.
    longest_wait: TimeDelta,
}

impl Evidence {
    /// What calls of `duration` seconds at most show that were looked for by each of their times, and
    /// found by one of them, or by none: then they are listed by that of their upload.
    #[must_use]
    pub fn found(by: ListedBy, duration: u32) -> Self {
        Self {
            found: Some(by),
            longest_call: TimeDelta::seconds(duration.into()).min(LONGEST_LAG),
            ..Self::default()
        }
    }

    /// Notes a call of `duration` seconds that was listed for the window from `from` to `to`, both
    /// whole seconds and included.
    pub fn note(
        &mut self,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        call_time: DateTime<Utc>,
        duration: u32,
    ) {
        let is_within = |time: DateTime<Utc>| from <= time && time < to + TimeDelta::seconds(1);
        let length = TimeDelta::seconds(duration.into()).min(LONGEST_LAG);
        let end = call_time + length;
        self.longest_call = self.longest_call.max(length);
        if is_within(call_time) {
            return;
        }
        if is_within(end) {
            self.after_it_was_dialled = true;
        } else if call_time < from && from - call_time <= LONGEST_LAG {
            self.by_another = true;
            self.longest_wait = self.longest_wait.max(from - call_time);
        }
    }
}

impl Listing {
    /// What is known after `evidence`.
    ///
    /// A call at a window's edge does not show that the list goes by when calls end: it may have been
    /// uploaded a moment later. Nor does one show that the list goes by when they are dialled: durations
    /// are edited after a call was listed. Both are only believed of calls that were looked for.
    #[must_use]
    pub fn after(self, evidence: &Evidence) -> Self {
        let by = match (self.by, evidence.found) {
            _ if evidence.by_another => Some(ListedBy::UploadTime),
            (Some(ListedBy::UploadTime), _) => self.by,
            (_, Some(ListedBy::EndTime | ListedBy::UploadTime)) => evidence.found,
            (known, Some(ListedBy::CallTime)) => known.or(evidence.found),
            // It is to be found out once more.
            (Some(ListedBy::CallTime), None) if evidence.after_it_was_dialled => None,
            (known, None) => known,
        };
        // The window shows the least of a wait only: as long again is allowed for what it hides.
        let longest = evidence.longest_call.max(evidence.longest_wait * 2);
        Self {
            by,
            longest: self.longest.max(in_few_steps(longest)),
        }
    }

    /// How long after a call was dialled it may be listed at most, in whole minutes, as far as is known.
    #[must_use]
    pub fn lag(self) -> TimeDelta {
        match self.by {
            None | Some(ListedBy::CallTime) => TimeDelta::zero(),
            Some(ListedBy::EndTime | ListedBy::UploadTime) => self.longest,
        }
    }

    /// The same to be on the safe side: where it is not known by which time the list goes, and where that
    /// may be any time, at least `margin`.
    #[must_use]
    pub fn safe_lag(self, margin: TimeDelta) -> TimeDelta {
        match self.by {
            Some(ListedBy::CallTime | ListedBy::EndTime) => self.lag(),
            None | Some(ListedBy::UploadTime) => self.longest.max(margin),
        }
    }
}

/// The next power of two in minutes: the longest lag seen grows in few steps, because days are read
/// again when it does.
fn in_few_steps(lag: TimeDelta) -> TimeDelta {
    let Ok(seconds @ 1..) = u32::try_from(lag.min(LONGEST_LAG).num_seconds()) else {
        return TimeDelta::zero();
    };
    TimeDelta::minutes(seconds.div_ceil(60).next_power_of_two().into()).min(LONGEST_LAG)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        format!("2026-11-19T{time}Z").parse().unwrap()
    }

    /// What a call of `time` and `duration` shows in the list of 10:00:00–10:59:59.
    fn seen(time: &str, duration: u32) -> Evidence {
        let mut evidence = Evidence::default();
        evidence.note((at("10:00:00"), at("10:59:59")), at(time), duration);
        evidence
    }

    fn learnt(evidence: Evidence) -> (Option<ListedBy>, i64) {
        let listing = Listing::default().after(&evidence);
        (listing.by, listing.lag().num_minutes())
    }

    #[test]
    fn a_call_within_the_window_that_ends_within_it_shows_nothing() {
        assert_eq!(learnt(seen("10:00:00", 60)), (None, 0));
        assert_eq!(learnt(seen("10:59:59", 0)), (None, 0));
    }

    #[test]
    fn calls_at_the_edges_of_a_window_do_not_tell_the_end_from_the_upload() {
        for at_the_edge in [
            seen("10:59:30", 60),
            seen("09:59:30", 60),
            seen("09:55:00", 400),
        ] {
            assert_eq!(learnt(at_the_edge), (None, 0));
        }
        // It ended 270 s before the window: at least 300 s passed until it was listed.
        assert_eq!(
            learnt(seen("09:55:00", 30)),
            (Some(ListedBy::UploadTime), 16)
        );
    }

    #[test]
    fn calls_that_were_looked_for_show_by_which_time_it_lists() {
        for (by, lag) in [
            (ListedBy::CallTime, 0),
            (ListedBy::EndTime, 8),
            (ListedBy::UploadTime, 8),
        ] {
            assert_eq!(learnt(Evidence::found(by, 400)), (Some(by), lag));
        }
    }

    #[test]
    fn a_list_of_which_less_is_known_is_read_farther() {
        let margin = TimeDelta::minutes(15);
        let safe = |listing: Listing| listing.safe_lag(margin).num_minutes();
        let edge = Listing::default().after(&seen("09:59:30", 60));
        assert_eq!(safe(edge), 15);
        assert_eq!(safe(edge.after(&seen("10:10:00", 1_900))), 32);
        assert_eq!(safe(edge.after(&Evidence::found(ListedBy::EndTime, 60))), 1);
        assert_eq!(
            safe(edge.after(&Evidence::found(ListedBy::CallTime, 60))),
            0
        );
        let by_upload = edge.after(&Evidence::found(ListedBy::UploadTime, 60));
        assert_eq!(safe(by_upload), 15);
    }

    #[test]
    fn a_wrong_clock_shows_nothing() {
        let days_ago = DateTime::UNIX_EPOCH;
        let mut evidence = Evidence::default();
        evidence.note((at("10:00:00"), at("10:59:59")), days_ago, 30);
        evidence.note((at("10:00:00"), at("10:59:59")), at("23:00:00"), 30);
        assert_eq!(learnt(evidence), (None, 0));
    }

    #[test]
    fn the_longest_call_counts_once_it_is_known_that_the_list_goes_by_its_end() {
        let unknown = Listing::default().after(&seen("10:10:00", 1_900));
        assert_eq!((unknown.by, unknown.lag()), (None, TimeDelta::zero()));
        let by_end = unknown.after(&Evidence::found(ListedBy::EndTime, 60));
        assert_eq!(by_end.by, Some(ListedBy::EndTime));
        assert_eq!(by_end.lag(), TimeDelta::minutes(32));
    }

    #[test]
    fn a_call_that_is_listed_after_it_was_dialled_has_it_found_out_once_more() {
        let by_call = Listing::default().after(&Evidence::found(ListedBy::CallTime, 400));
        assert_eq!(by_call.after(&seen("10:59:30", 60)), by_call);
        let unknown = by_call.after(&seen("09:59:30", 60));
        assert_eq!((unknown.by, unknown.longest), (None, by_call.longest));
        let by_end = unknown.after(&Evidence::found(ListedBy::EndTime, 60));
        assert_eq!(by_end.by, Some(ListedBy::EndTime));
    }

    #[test]
    fn what_was_learnt_is_not_forgotten() {
        let by_end = Listing::default().after(&Evidence::found(ListedBy::EndTime, 400));
        assert_eq!(by_end.after(&seen("10:59:30", 60)), by_end);
        assert_eq!(by_end.after(&seen("09:59:30", 60)), by_end);
        assert_eq!(by_end.after(&seen("10:00:00", 1)), by_end);
        let by_upload = by_end.after(&seen("09:30:00", 30));
        assert_eq!(by_upload.by, Some(ListedBy::UploadTime));
        assert_eq!(by_upload.lag(), TimeDelta::minutes(64));
        assert_eq!(by_upload.after(&seen("09:59:30", 60)), by_upload);
        for by in [ListedBy::CallTime, ListedBy::EndTime] {
            assert_eq!(by_upload.after(&Evidence::found(by, 60)), by_upload);
        }
    }
}
