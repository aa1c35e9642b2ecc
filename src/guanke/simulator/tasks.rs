//! The dial tasks: twelve a fortnight, each running four or five days, three to five at a time.

use chrono::{Datelike, Days, NaiveDate};

use super::names::PACKAGE_PLACES;

const TASKS: u32 = 12;
const FORTNIGHT: u32 = 14;
/// The platform's id of the first task ever.
const FIRST_ID: u64 = 700_000;

/// A dial task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    /// The platform's id.
    pub(super) id: u64,
    /// For instance `浙江企业-11月A包-01`.
    pub(super) name: String,
}

/// The tasks that run on `day`, oldest first; never none.
pub(super) fn running_on(day: NaiveDate, seed: u64) -> Vec<Task> {
    let today = days_since_epoch(day);
    let newest = today * TASKS / FORTNIGHT + 1;
    (newest.saturating_sub(8)..=newest)
        .filter(|&number| (start_of(number)..start_of(number) + length_of(number)).contains(&today))
        .map(|number| task(number, seed))
        .collect()
}

/// Days since the start of 1970; 0 before.
pub(super) fn days_since_epoch(day: NaiveDate) -> u32 {
    u32::try_from(day.to_epoch_days()).unwrap_or_default()
}

fn start_of(number: u32) -> u32 {
    (number * FORTNIGHT).div_ceil(TASKS)
}

fn length_of(number: u32) -> u32 {
    4 + number % 2
}

fn task(number: u32, seed: u64) -> Task {
    let start = NaiveDate::default()
        .checked_add_days(Days::new(u64::from(start_of(number))))
        .unwrap_or_default();
    let places = PACKAGE_PLACES.len() as u64;
    let place = usize::try_from((u64::from(number) * 5 + seed % places) % places).unwrap_or(0);
    let letter = ["A", "B", "C", "D"][(number / TASKS % 4) as usize];
    Task {
        id: FIRST_ID + u64::from(number),
        name: format!(
            "{}企业-{}月{letter}包-{:02}",
            PACKAGE_PLACES[place],
            start.month(),
            number % TASKS + 1
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn three_to_five_tasks_run_each_day_and_none_for_more_than_five() {
        let first: NaiveDate = "2026-01-01".parse().unwrap();
        let mut days_of = BTreeMap::new();
        for day in first.iter_days().take(140) {
            let running = running_on(day, 7);
            assert!((3..=5).contains(&running.len()), "{day}: {}", running.len());
            for task in running {
                *days_of.entry((task.id, task.name)).or_insert(0) += 1;
            }
        }
        assert!((118..=126).contains(&days_of.len()), "{}", days_of.len());
        assert!(days_of.values().all(|days| *days <= 5));
    }
}
