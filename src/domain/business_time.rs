//! Business days: which calendar day and hour an instant belongs to.

use chrono::{
    DateTime, Datelike, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta,
    TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

/// The zone whose calendar days are the business days (`BUSINESS_TIMEZONE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusinessZone(Tz);

impl Default for BusinessZone {
    fn default() -> Self {
        Self(chrono_tz::Asia::Shanghai)
    }
}

impl From<Tz> for BusinessZone {
    fn from(zone: Tz) -> Self {
        Self(zone)
    }
}

impl BusinessZone {
    /// The IANA zone.
    #[must_use]
    pub const fn tz(self) -> Tz {
        self.0
    }

    /// An instant as a clock there shows it, to the second.
    #[must_use]
    pub fn wall_clock(self, instant: DateTime<Utc>) -> String {
        let local = instant.with_timezone(&self.0);
        local.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The business day that holds `instant`.
    #[must_use]
    pub fn day_of(self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.0).date_naive()
    }

    /// The hour, 0–23, of the business day that holds `instant`.
    #[must_use]
    pub fn hour_of(self, instant: DateTime<Utc>) -> u8 {
        u8::try_from(instant.with_timezone(&self.0).hour()).unwrap_or_default()
    }

    /// The instant at which `day` begins.
    #[must_use]
    pub fn start_of(self, day: NaiveDate) -> DateTime<Utc> {
        self.instant_of(day.and_time(NaiveTime::MIN))
    }

    /// The instant at which `day` is over: the start of the next one.
    #[must_use]
    pub fn end_of(self, day: NaiveDate) -> DateTime<Utc> {
        self.start_of(day.checked_add_days(Days::new(1)).unwrap_or(day))
    }

    /// The instant of a wall-clock time here. Of two (clocks set back) the first, and for a time
    /// that does not exist (clocks set forward) the first that does.
    #[must_use]
    pub fn instant_of(self, wall: NaiveDateTime) -> DateTime<Utc> {
        match self.0.from_local_datetime(&wall) {
            MappedLocalTime::Single(instant) | MappedLocalTime::Ambiguous(instant, _) => {
                instant.to_utc()
            }
            MappedLocalTime::None => {
                let before = wall.checked_sub_signed(TimeDelta::hours(3)).unwrap_or(wall);
                self.0.from_local_datetime(&before).earliest().map_or_else(
                    || wall.and_utc(),
                    |early| early.to_utc() + TimeDelta::hours(3),
                )
            }
        }
    }
}

/// No instant of a business day lies before this, in whatever zone: none is a day away from UTC.
#[must_use]
pub fn earliest_of(day: NaiveDate) -> DateTime<Utc> {
    midnight(day.checked_sub_days(Days::new(1)).unwrap_or(day))
}

/// Every instant of a business day lies before this, in whatever zone.
#[must_use]
pub fn latest_of(day: NaiveDate) -> DateTime<Utc> {
    midnight(day.checked_add_days(Days::new(2)).unwrap_or(day))
}

const fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Whole business days, first and last included. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DayRange {
    from: NaiveDate,
    to: NaiveDate,
}

impl DayRange {
    /// The days from `from` to `to`, or `None` when `to` lies before `from`.
    #[must_use]
    pub fn new(from: NaiveDate, to: NaiveDate) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// One day.
    #[must_use]
    pub const fn day(day: NaiveDate) -> Self {
        Self { from: day, to: day }
    }

    /// From the first of `day`'s month to `day` itself.
    #[must_use]
    pub fn month_to(day: NaiveDate) -> Self {
        Self {
            from: day.with_day(1).unwrap_or(day),
            to: day,
        }
    }

    /// The first day.
    #[must_use]
    pub const fn from(self) -> NaiveDate {
        self.from
    }

    /// The last day, included.
    #[must_use]
    pub const fn to(self) -> NaiveDate {
        self.to
    }

    /// How many days: at least 1.
    #[must_use]
    pub fn days(self) -> i64 {
        (self.to - self.from).num_days() + 1
    }

    /// Whether every day of `other` is one of these.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// The days, oldest first.
    #[must_use]
    pub fn iter(self) -> impl DoubleEndedIterator<Item = NaiveDate> {
        let days = u64::try_from(self.days()).unwrap_or(1);
        (0..days).filter_map(move |offset| self.from.checked_add_days(Days::new(offset)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_call_at_four_in_the_afternoon_utc_belongs_to_the_next_day_in_shanghai() {
        let zone = BusinessZone::default();
        assert_eq!(zone.day_of(at("2026-11-19T15:59:59Z")), day("2026-11-19"));
        assert_eq!(zone.hour_of(at("2026-11-19T15:59:59Z")), 23);
        assert_eq!(zone.day_of(at("2026-11-19T16:00:00Z")), day("2026-11-20"));
        assert_eq!(zone.hour_of(at("2026-11-19T16:00:00Z")), 0);
    }

    #[test]
    fn a_day_runs_from_midnight_to_midnight_of_the_zone() {
        let zone = BusinessZone::default();
        assert_eq!(zone.start_of(day("2026-11-20")), at("2026-11-19T16:00:00Z"));
        assert_eq!(zone.end_of(day("2026-11-20")), at("2026-11-20T16:00:00Z"));
    }

    #[test]
    fn a_day_that_loses_an_hour_has_23() {
        let zone = BusinessZone::from(chrono_tz::Europe::Berlin);
        let day = day("2026-03-29");
        assert_eq!((zone.end_of(day) - zone.start_of(day)).num_hours(), 23);
        let skipped = day.and_hms_opt(2, 30, 0).unwrap();
        assert_eq!(zone.instant_of(skipped), at("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn the_month_to_date_starts_on_the_first() {
        let month = DayRange::month_to(day("2026-02-17"));
        assert_eq!((month.from(), month.days()), (day("2026-02-01"), 17));
        assert_eq!(month.iter().last(), Some(day("2026-02-17")));
        assert_eq!(DayRange::new(day("2026-02-02"), day("2026-02-01")), None);
    }
}
