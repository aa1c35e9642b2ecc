//! Whose days the stored business days are: one zone a database, and how it is told.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use super::business_time::{BusinessZone, earliest_of};

/// The business days of the database are not those of the configured zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OtherDays {
    /// They are those of another zone.
    #[error(
        "BUSINESS_TIMEZONE is {configured}, and the business days of this database are those of {recorded}: set BUSINESS_TIMEZONE={recorded}, or move all days with `dialgraph rezone --to {configured}`"
    )]
    Recorded {
        /// The zone that is configured.
        configured: BusinessZone,
        /// The zone of the database.
        recorded: BusinessZone,
    },
    /// They are being moved to another zone.
    #[error(
        "the business days of this database are being moved to {target}, and not all are yet: finish with `dialgraph rezone`"
    )]
    Unfinished {
        /// That zone.
        target: BusinessZone,
    },
    /// No zone is recorded, and calls are stored under other days.
    #[error(
        "BUSINESS_TIMEZONE is {configured}, in which the call of {} is of {} at hour {}; it is stored under {} at hour {}: {}",
        .stored.call_time.format("%Y-%m-%dT%H:%M:%SZ"),
        .configured.day_of(.stored.call_time),
        .configured.hour_of(.stored.call_time),
        .stored.call_date,
        .stored.call_hour,
        advice(.fitting, *.configured)
    )]
    Stored {
        /// The zone that is configured.
        configured: BusinessZone,
        /// A call that does not fit.
        stored: StoredDay,
        /// Zones that all calls looked at fit, see [`fitting`].
        fitting: Vec<BusinessZone>,
    },
    /// A zone is recorded that this program does not know.
    #[error(
        "the business days of this database are those of `{0}`, which this program does not know: it is too old"
    )]
    Unknown(String),
}

fn advice(fitting: &[BusinessZone], configured: BusinessZone) -> String {
    if fitting.is_empty() {
        return format!(
            "the calls have days of several time zones; `dialgraph rezone --to {configured}` makes them those of one"
        );
    }
    format!(
        "set BUSINESS_TIMEZONE to the zone whose days they are, one such as {}, or move all days with `dialgraph rezone --to {configured}`",
        one_of(fitting)
    )
}

/// `A`, `A or B`, `A, B or C`.
#[must_use]
pub fn one_of(zones: &[BusinessZone]) -> String {
    let names: Vec<String> = zones.iter().map(ToString::to_string).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// What is stored of a call's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredDay {
    /// The instant.
    pub call_time: DateTime<Utc>,
    /// The business day that it was counted under.
    pub call_date: NaiveDate,
    /// The business hour, 0–23.
    pub call_hour: i16,
}

impl StoredDay {
    /// Whether it is stored as `zone` has it.
    #[must_use]
    pub fn fits(&self, zone: BusinessZone) -> bool {
        zone.day_of(self.call_time) == self.call_date
            && i16::from(zone.hour_of(self.call_time)) == self.call_hour
    }
}

/// Most zones that [`fitting`] names.
const MOST_FITTING: usize = 3;
/// Zones of many people: they are named before others that have the same days.
const WELL_KNOWN: [Tz; 13] = [
    Tz::Asia__Hong_Kong,
    Tz::Asia__Tokyo,
    Tz::Asia__Singapore,
    Tz::Asia__Kolkata,
    Tz::Asia__Dubai,
    Tz::Europe__London,
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::America__Chicago,
    Tz::America__Denver,
    Tz::America__Los_Angeles,
    Tz::Australia__Sydney,
    Tz::UTC,
];

/// Zones that all calls of `sample` fit, three at most: `configured` and the usual one first, and none
/// that has the days of one before it. None where the calls have days of several. Some calls fit many
/// zones: that one fits does not show that they were counted by it.
#[must_use]
pub fn fitting(sample: &[StoredDay], configured: BusinessZone) -> Vec<BusinessZone> {
    let others = WELL_KNOWN.iter().chain(&chrono_tz::TZ_VARIANTS).copied();
    let zones = [configured, BusinessZone::default()]
        .into_iter()
        .chain(others.map(BusinessZone::from));
    let mut fitting: Vec<BusinessZone> = Vec::new();
    for zone in zones.filter(|zone| sample.iter().all(|stored| stored.fits(*zone))) {
        if fitting.len() == MOST_FITTING {
            break;
        }
        if !fitting.iter().any(|other| other.has_days_of(zone)) {
            fitting.push(zone);
        }
    }
    fitting
}

/// What becomes of the days whose calls are kept no longer when all days are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedHorizon {
    /// The first day of the new zone of which all calls are kept, and under which nothing is counted
    /// that is not kept. Never earlier than before.
    pub day: NaiveDate,
    /// Calls since then are moved with their figures. What is counted of earlier ones stays under the
    /// days it was counted under: most of it can be counted no more.
    pub calls_from: DateTime<Utc>,
}

impl MovedHorizon {
    /// The horizon `day` of `from`, or of nobody knows which zone, in the zone `to`.
    ///
    /// A day that begins before the first call that is kept stays behind the horizon, so that no
    /// recount takes its missing calls for missing figures; so does every day that has kept figures.
    #[must_use]
    pub fn new(day: NaiveDate, from: Option<BusinessZone>, to: BusinessZone) -> Self {
        // Clocks are at most 14 hours ahead of UTC, and 12 behind.
        let (calls_from, all_since) = match from {
            Some(zone) => (zone.start_of(day), zone.start_of(day)),
            None => (
                earliest_of(day),
                earliest_of(day) + TimeDelta::hours(24 + 12),
            ),
        };
        let whole = (0..4)
            .filter_map(|later| day.checked_add_days(Days::new(later)))
            .find(|day| to.start_of(*day) >= all_since);
        Self {
            day: whole.unwrap_or(day),
            calls_from,
        }
    }

    /// The first day that gets or loses figures.
    #[must_use]
    pub fn first_changed(self, to: BusinessZone, before: NaiveDate) -> NaiveDate {
        to.day_of(self.calls_from).min(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> BusinessZone {
        name.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn stored(time: &str, date: &str, hour: i16) -> StoredDay {
        StoredDay {
            call_time: time.parse().unwrap(),
            call_date: day(date),
            call_hour: hour,
        }
    }

    #[test]
    fn the_zone_of_stored_calls_is_found() {
        let shanghai = stored("2026-11-19T16:30:00Z", "2026-11-20", 0);
        let new_york = stored("2026-11-19T16:30:00Z", "2026-11-19", 11);
        let first = |sample: &[StoredDay], configured: &str| {
            let found = fitting(sample, zone(configured));
            found.first().map(ToString::to_string)
        };
        let name = |name: &str| Some(name.to_owned());
        assert_eq!(first(&[], "Asia/Tokyo"), name("Asia/Tokyo"));
        assert_eq!(first(&[shanghai], "Asia/Tokyo"), name("Asia/Shanghai"));
        assert_eq!(first(&[shanghai], "Asia/Manila"), name("Asia/Manila"));
        assert_eq!(first(&[new_york], "Asia/Tokyo"), name("America/New_York"));
        assert_eq!(first(&[new_york], "America/Lima"), name("America/Lima"));
        assert_eq!(first(&[shanghai, new_york], "Asia/Tokyo"), None);
    }

    #[test]
    fn several_zones_that_calls_fit_are_named_as_such() {
        let stored = stored("2026-11-19T16:30:00Z", "2026-11-19", 11);
        let tokyo = zone("Asia/Tokyo");
        let fitting = fitting(&[stored], tokyo);
        assert_eq!(fitting.len(), 3);
        let said = OtherDays::Stored {
            configured: tokyo,
            stored,
            fitting,
        };
        let said = said.to_string();
        let advice =
            "set BUSINESS_TIMEZONE to the zone whose days they are, one such as America/New_York, ";
        assert!(said.contains(advice), "{said}");
        assert_eq!(one_of(&[tokyo]), "Asia/Tokyo");
        let three = [tokyo, zone("UTC"), zone("PRC")];
        assert_eq!(one_of(&three), "Asia/Tokyo, UTC or PRC");
    }

    #[test]
    fn the_horizon_never_lies_before_a_day_of_which_calls_are_gone() {
        // Kept since midnight of the 10th in Shanghai: 16:00 UTC of the 9th.
        let moved = |to: &str| {
            let moved = MovedHorizon::new(day("2026-11-10"), Some(zone("Asia/Shanghai")), zone(to));
            assert_eq!(moved.calls_from.to_rfc3339(), "2026-11-09T16:00:00+00:00");
            let first = moved.first_changed(zone(to), day("2026-11-10"));
            (first.to_string(), moved.day.to_string())
        };
        let days = |first: &str, kept: &str| (first.to_owned(), kept.to_owned());
        // There the 10th began at 15:00 UTC: an hour of it is gone.
        assert_eq!(moved("Asia/Tokyo"), days("2026-11-10", "2026-11-11"));
        // There it begins at 05:00 UTC, and calls of the 9th's last 13 hours are kept.
        assert_eq!(moved("America/New_York"), days("2026-11-09", "2026-11-10"));
        assert_eq!(moved("Asia/Kolkata"), days("2026-11-09", "2026-11-10"));
        assert_eq!(moved("Asia/Singapore"), days("2026-11-10", "2026-11-10"));
        // Nobody knows of which zone the 10th was: it may have begun at 12:00 UTC in the far west.
        let unknown = MovedHorizon::new(day("2026-11-10"), None, zone("UTC"));
        assert_eq!(unknown.day, day("2026-11-11"));
        assert_eq!(unknown.calls_from.to_rfc3339(), "2026-11-09T00:00:00+00:00");
    }
}
