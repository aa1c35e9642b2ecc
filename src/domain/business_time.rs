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

impl std::fmt::Display for BusinessZone {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0.name())
    }
}

/// The text is no IANA name of a time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no IANA time zone, such as Asia/Shanghai")]
pub struct UnknownZone(String);

impl std::str::FromStr for BusinessZone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        let zone = name.parse().map_err(|_| UnknownZone(name.to_owned()))?;
        Ok(Self(zone))
    }
}

impl BusinessZone {
    /// The zone of the platform's own days and wall-clock times, whatever the business zone is.
    pub const BEIJING: Self = Self(chrono_tz::Asia::Shanghai);

    /// The IANA zone.
    #[must_use]
    pub const fn tz(self) -> Tz {
        self.0
    }

    /// Whether the calendars of both are the same from 1970 to 2100, as those of Asia/Shanghai and PRC
    /// are: two names of one zone, or zones that nothing tells apart.
    #[must_use]
    pub fn has_days_of(self, other: Self) -> bool {
        if self == other {
            return true;
        }
        let first = NaiveDate::default();
        let last = NaiveDate::from_ymd_opt(2100, 1, 1).unwrap_or(first);
        let mut offsets = self.offsets_of(other, midnight(first));
        DayRange {
            from: first,
            to: last,
        }
        .iter()
        .all(|day| {
            let before = offsets;
            offsets = self.offsets_of(other, midnight(day));
            let is_steady = before == offsets;
            // Clocks are moved at any quarter of an hour of the day before.
            let quarters =
                || (1..96).map(|quarter| midnight(day) - TimeDelta::minutes(15 * quarter));
            offsets.0 == offsets.1
                && (is_steady
                    || quarters().all(|at| {
                        let (own, others) = self.offsets_of(other, at);
                        own == others
                    }))
        })
    }

    /// How far the clocks of both are ahead of UTC, in seconds.
    fn offsets_of(self, other: Self, at: DateTime<Utc>) -> (i32, i32) {
        use chrono::Offset as _;
        let offset = |zone: Self| zone.0.offset_from_utc_datetime(&at.naive_utc()).fix();
        (
            offset(self).local_minus_utc(),
            offset(other).local_minus_utc(),
        )
    }

    /// Whether `day` begins and ends at the same instants in both.
    #[must_use]
    pub fn shares_day(self, other: Self, day: NaiveDate) -> bool {
        self.start_of(day) == other.start_of(day) && self.end_of(day) == other.end_of(day)
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
    fn names_of_one_zone_have_the_same_days_and_others_do_not() {
        let same = |one: &str, other: &str| {
            let zone = |name: &str| name.parse::<BusinessZone>().unwrap();
            zone(one).has_days_of(zone(other))
        };
        for (one, other) in [
            ("Asia/Shanghai", "PRC"),
            ("Asia/Chongqing", "Asia/Shanghai"),
            ("Asia/Kolkata", "Asia/Calcutta"),
            ("America/New_York", "US/Eastern"),
            ("UTC", "Etc/GMT"),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("Asia/Shanghai", "Asia/Tokyo"),
            // Eight hours ahead both; Shanghai had summer time until 1991.
            ("Asia/Shanghai", "Asia/Singapore"),
            ("Europe/London", "UTC"),
            ("Europe/Berlin", "Africa/Lagos"),
            ("Asia/Kolkata", "Asia/Kathmandu"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
        assert!("Mars/Olympus".parse::<BusinessZone>().is_err());
    }

    #[test]
    fn a_day_is_shared_where_it_begins_and_ends_together() {
        let zone = |name: &str| name.parse::<BusinessZone>().unwrap();
        let day = day("2026-11-20");
        assert!(zone("Asia/Singapore").shares_day(BusinessZone::BEIJING, day));
        assert!(!zone("Asia/Tokyo").shares_day(BusinessZone::BEIJING, day));
        let winter = zone("Europe/London").shares_day(zone("UTC"), day);
        assert!(
            winter && !zone("Europe/London").shares_day(zone("UTC"), "2026-07-01".parse().unwrap())
        );
    }

    #[test]
    fn the_month_to_date_starts_on_the_first() {
        let month = DayRange::month_to(day("2026-02-17"));
        assert_eq!((month.from(), month.days()), (day("2026-02-01"), 17));
        assert_eq!(month.iter().last(), Some(day("2026-02-17")));
        assert_eq!(DayRange::new(day("2026-02-02"), day("2026-02-01")), None);
    }
}
