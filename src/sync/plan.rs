//! Cutting a day into slices: windows of a few pages each, by how many calls each hour is known to
//! have.

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::slice_claims::Window;

/// So many pages a slice has, about: deep pages are slow, and many slices cost requests, half a page
/// each, because the last page of each is not full.
const PAGES_A_SLICE: u32 = 8;
/// Of the pages that a slice is thought to have, so many are asked for before its count is known:
/// a page too many would be a request for nothing.
const CERTAIN_PERCENT: u32 = 95;

/// How many calls each hour of a day is thought to have, and so how many a part of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Nobody knows.
    Unknown,
    /// By the hour, 0–23.
    Known([f64; 24]),
}

/// How much is asked for at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    /// Records a page.
    pub size: u32,
    /// Slices of a day of which nothing is known.
    pub unknown_slices: u32,
    /// Pages that are asked for at once of a slice of which nothing is known.
    pub unknown_pages: u32,
}

impl Shape {
    /// From counts by hour; [`Self::Unknown`] when there are none.
    pub fn of(hours: [i64; 24], days: i64) -> Self {
        if days <= 0 || hours.iter().all(|&calls| calls <= 0) {
            return Self::Unknown;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        Self::Known(hours.map(|calls| calls.max(0) as f64 / days as f64))
    }

    /// How many calls the seconds from `from` until before `to` have, both since the day began.
    fn calls(&self, from: i64, to: i64) -> Option<f64> {
        let Self::Known(hours) = self else {
            return None;
        };
        Some(sum(hours, to) - sum(hours, from))
    }
}

/// Calls before `second`; a day's last hour goes on if clocks are set back in it.
fn sum(hours: &[f64; 24], second: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let part = |seconds: i64| seconds.clamp(0, 3_600) as f64 / 3_600.0;
    hours
        .iter()
        .zip(0_i64..)
        .map(|(calls, hour)| calls * part(second - hour * 3_600))
        .sum()
}

/// The slices of `window`, a part of a day that began at `midnight`.
pub(super) fn cut(
    midnight: DateTime<Utc>,
    window: Window,
    shape: &Shape,
    paging: Paging,
) -> Vec<Window> {
    let second = |at: DateTime<Utc>| (at - midnight).num_seconds();
    let (from, end) = (second(window.from), second(window.to) + 1);
    // By day, when people are called, if nothing else is known.
    let mut usual = [0.0; 24];
    usual[8..21].fill(1.0);
    let (weights, slices) = match shape.calls(from, end) {
        Some(calls) => (*shape, slices_of(calls, paging.size)),
        None => (Shape::Known(usual), paging.unknown_slices),
    };
    let total = weights.calls(from, end).unwrap_or_default();
    let mut windows = Vec::new();
    let mut start = from;
    for slice in 1..slices {
        let wanted = total * f64::from(slice) / f64::from(slices);
        let next = first_second(start + 1, end, |at| {
            weights.calls(from, at).unwrap_or_default() >= wanted
        });
        if next >= end {
            break;
        }
        windows.push(between(midnight, start, next));
        start = next;
    }
    windows.push(between(midnight, start, end));
    windows
}

/// The first second from `low` until before `high` at which `reached` holds, as it does ever after;
/// `high` when there is none.
fn first_second(mut low: i64, mut high: i64, reached: impl Fn(i64) -> bool) -> i64 {
    while low < high {
        let middle = i64::midpoint(low, high);
        if reached(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

fn slices_of(calls: f64, page_size: u32) -> u32 {
    let most = f64::from(page_size) * f64::from(PAGES_A_SLICE);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counted in hundreds at most"
    )]
    {
        (calls / most).ceil().clamp(1.0, 1_000.0) as u32
    }
}

/// From the second `from` until before `end`, both since `midnight`.
fn between(midnight: DateTime<Utc>, from: i64, end: i64) -> Window {
    Window {
        from: midnight + TimeDelta::seconds(from),
        to: midnight + TimeDelta::seconds(end - 1),
    }
}

/// The two halves of a window; `None` for a single second.
pub(super) fn halves(window: Window) -> Option<[Window; 2]> {
    let half = (window.to - window.from).num_seconds() / 2;
    let middle = window.from + TimeDelta::seconds(half);
    (middle < window.to).then(|| {
        [
            Window {
                from: window.from,
                to: middle,
            },
            Window {
                from: middle + TimeDelta::seconds(1),
                to: window.to,
            },
        ]
    })
}

/// How many pages of `window` to ask for before its count is known.
pub(super) fn first_pages(
    midnight: DateTime<Utc>,
    window: Window,
    shape: &Shape,
    paging: Paging,
) -> u32 {
    let second = |at: DateTime<Utc>| (at - midnight).num_seconds();
    let pages = match shape.calls(second(window.from), second(window.to) + 1) {
        None => paging.unknown_pages,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded below"
        )]
        Some(calls) => {
            let certain = calls * f64::from(CERTAIN_PERCENT) / 100.0;
            (certain / f64::from(paging.size)).min(1_000.0) as u32
        }
    };
    pages.clamp(1, PAGES_A_SLICE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGING: Paging = Paging {
        size: 1_000,
        unknown_slices: 4,
        unknown_pages: 2,
    };

    fn midnight() -> DateTime<Utc> {
        "2026-11-19T16:00:00Z".parse().unwrap()
    }

    fn day() -> Window {
        between(midnight(), 0, 86_400)
    }

    fn hours(windows: &[Window]) -> Vec<String> {
        windows
            .iter()
            .map(|window| {
                let part =
                    |at: DateTime<Utc>| (at + TimeDelta::hours(8)).format("%H:%M:%S").to_string();
                format!("{}–{}", part(window.from), part(window.to))
            })
            .collect()
    }

    #[test]
    fn a_day_of_28_000_calls_is_cut_into_four_of_7_000_each() {
        let mut calls = [0; 24];
        calls[9] = 14_000;
        calls[10] = 7_000;
        calls[20] = 7_000;
        let windows = cut(midnight(), day(), &Shape::of(calls, 1), PAGING);
        assert_eq!(
            hours(&windows),
            [
                "00:00:00–09:29:59",
                "09:30:00–09:59:59",
                "10:00:00–10:59:59",
                "11:00:00–23:59:59"
            ]
        );
    }

    #[test]
    fn a_day_of_few_calls_is_one_slice_and_an_unknown_one_is_cut_by_the_hours_of_work() {
        let mut calls = [0; 24];
        calls[9] = 16_000;
        let windows = cut(midnight(), day(), &Shape::of(calls, 2), PAGING);
        assert_eq!(hours(&windows), ["00:00:00–23:59:59"]);
        let windows = cut(midnight(), day(), &Shape::Unknown, PAGING);
        assert_eq!(
            hours(&windows),
            [
                "00:00:00–11:14:59",
                "11:15:00–14:29:59",
                "14:30:00–17:44:59",
                "17:45:00–23:59:59"
            ]
        );
    }

    #[test]
    fn only_pages_that_are_sure_to_be_there_are_asked_for_at_once() {
        let mut calls = [0; 24];
        calls[9] = 4_200;
        let shape = Shape::of(calls, 1);
        // 95 % of 4,200 are 3,990.
        assert_eq!(first_pages(midnight(), day(), &shape, PAGING), 3);
        let night = between(midnight(), 0, 3_600);
        assert_eq!(first_pages(midnight(), night, &shape, PAGING), 1);
        assert_eq!(first_pages(midnight(), day(), &Shape::Unknown, PAGING), 2);
        calls[9] = 400_000;
        let shape = Shape::of(calls, 1);
        assert_eq!(first_pages(midnight(), day(), &shape, PAGING), 8);
    }

    #[test]
    fn a_second_cannot_be_halved() {
        let second = between(midnight(), 7, 8);
        assert_eq!(halves(second), None);
        let halves = halves(between(midnight(), 7, 10)).unwrap();
        assert_eq!(
            halves,
            [between(midnight(), 7, 9), between(midnight(), 9, 10)]
        );
    }

    proptest! {
        /// Slices follow each other without a gap, from the first second to the last.
        #[test]
        fn slices_cover_every_second_once(
            hours in prop::array::uniform24(0_i64..9_000),
            from in 0_i64..86_399,
            length in 1_i64..86_400,
            size in 1_u32..1_000,
        ) {
            let window = between(midnight(), from, (from + length).min(86_400));
            let paging = Paging { size, ..PAGING };
            let windows = cut(midnight(), window, &Shape::of(hours, 1), paging);
            prop_assert_eq!(windows[0].from, window.from);
            prop_assert_eq!(windows[windows.len() - 1].to, window.to);
            for pair in windows.windows(2) {
                prop_assert_eq!(pair[0].to + TimeDelta::seconds(1), pair[1].from);
            }
            for window in &windows {
                prop_assert!(window.from <= window.to);
            }
        }
    }
}
