//! Figures in a row of days.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::Figures;
use crate::domain::business_time::DayRange;

/// The figures of one business day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyFigures {
    /// The day.
    pub date: NaiveDate,
    /// Its figures.
    pub figures: Figures,
    /// Distinct seats with at least one call that day.
    pub active_seats: i64,
}

/// One entry for each day of `range`, oldest first; a day that is missing is there with zeros.
#[must_use]
pub fn fill_gaps(range: DayRange, days: Vec<DailyFigures>) -> Vec<DailyFigures> {
    let mut by_date: HashMap<NaiveDate, DailyFigures> =
        days.into_iter().map(|day| (day.date, day)).collect();
    range
        .iter()
        .map(|date| {
            by_date.remove(&date).unwrap_or(DailyFigures {
                date,
                figures: Figures::default(),
                active_seats: 0,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_days_are_there_with_zeros() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let given = DailyFigures {
            date: day("2026-11-02"),
            figures: Figures {
                success: 3,
                ..Figures::default()
            },
            active_seats: 1,
        };
        let range = DayRange::new(day("2026-11-01"), day("2026-11-03")).unwrap();
        let filled: Vec<_> = fill_gaps(range, vec![given])
            .into_iter()
            .map(|day| (day.date.to_string(), day.figures.success))
            .collect();
        assert_eq!(
            filled,
            [
                ("2026-11-01".to_owned(), 0),
                ("2026-11-02".to_owned(), 3),
                ("2026-11-03".to_owned(), 0)
            ]
        );
    }
}
