//! Which parts of figures a selection shows: the others are not read. Fields that `@skip` and
//! `@include` leave out are gone before this.
//!
//! A field that nobody has listed here is shown with every part: it is slower, never wrong.

use async_graphql::SelectionField;

use crate::{
    domain::stats::{Part, Wanted},
    service::dashboard::DashboardParts,
};

/// The parts of what the fields below a field show, each of them `of` its name.
fn shown(field: &SelectionField<'_>, of: fn(&str) -> Wanted) -> Wanted {
    field
        .selection_set()
        .map(|field| of(field.name()))
        .fold(Wanted::default(), Wanted::and)
}

/// A count of calls is null where nothing is known of the days.
fn counted(others: &[Part]) -> Wanted {
    Wanted::of(&[Part::Calls, Part::Freshness]).and(Wanted::of(others))
}

/// A ratio of counts is null where there are no calls, whatever is known.
fn rate(others: &[Part]) -> Wanted {
    Wanted::of(&[Part::Calls]).and(Wanted::of(others))
}

/// Of the `TrendPoint`s behind a field.
pub(super) fn of_trend(field: &SelectionField<'_>) -> Wanted {
    shown(field, |name| match name {
        "date" | "__typename" => Wanted::default(),
        "calls" | "connectedCalls" | "totalDuration" | "totalRingTime" => counted(&[]),
        "totalSuccess" | "interestedCalls" => counted(&[Part::Grades]),
        "activeSeats" => counted(&[Part::ActiveSeats]),
        "connectRate" | "averageHandleTime" => rate(&[]),
        "successRate" | "interestRate" => rate(&[Part::Grades]),
        "state" | "freshness" => Wanted::of(&[Part::Freshness]),
        _ => Wanted::ALL,
    })
}

/// Of the `PeriodStats` behind a field.
pub(super) fn of_period(field: &SelectionField<'_>) -> Wanted {
    shown(field, |name| match name {
        "from" | "to" | "__typename" => Wanted::default(),
        "calls" | "connectedCalls" | "grade9" | "grade1" | "totalDuration" | "totalRingTime"
        | "activeDays" => counted(&[]),
        "totalSuccess" | "interestedCalls" | "revenue" => counted(&[Part::Grades]),
        "activeSeats" => counted(&[Part::ActiveSeats]),
        "cost" => counted(&[Part::NewPackages]),
        "roi" => counted(&[Part::Grades, Part::NewPackages]),
        "connectRate" | "averageHandleTime" | "dailyAverageCalls" | "dailyAverageConnected" => {
            rate(&[])
        }
        "successRate" | "interestRate" | "dailyAverageSuccess" => rate(&[Part::Grades]),
        "state" | "neverReadDays" | "freshness" => Wanted::of(&[Part::Freshness]),
        _ => Wanted::ALL,
    })
}

/// Of the `MetricsSummary` behind a field.
pub(super) fn of_summary(field: &SelectionField<'_>) -> Wanted {
    shown(field, |name| match name {
        "date" | "__typename" => Wanted::default(),
        "totalPackages" | "totalLeads" => Wanted::of(&[Part::Totals]),
        "newPackages" => Wanted::of(&[Part::NewPackages]),
        "totalCalls" | "connectedCalls" | "totalDuration" | "totalRingTime" => counted(&[]),
        "totalRevenue" => counted(&[Part::Grades]),
        "totalCost" => counted(&[Part::NewPackages]),
        "roi" => counted(&[Part::Grades, Part::NewPackages]),
        "avgContactRate" | "avgCallDuration" => rate(&[]),
        "avgInterestRate" => rate(&[Part::Grades]),
        "state" | "complete" | "stale" | "syncedThrough" => Wanted::of(&[Part::Freshness]),
        _ => Wanted::ALL,
    })
}

/// Of the `GradeStats` behind a field. All calls of the day and what is known of it are read in any
/// case, to say that nobody has read it.
pub(super) fn of_grades(field: &SelectionField<'_>) -> Wanted {
    shown(field, |name| match name {
        "date" | "totalRecords" | "ungraded" | "calculatedAt" | "state" | "complete" | "stale"
        | "syncedThrough" | "freshness" | "fromCache" | "elapsedMs" | "__typename" => {
            Wanted::default()
        }
        "grade9" | "grade1" | "totalSuccess" | "grades" => Wanted::of(&[Part::Grades]),
        "unknownGrades" => Wanted::of(&[Part::UnknownGrades]),
        _ => Wanted::ALL,
    })
}

/// Of the `Dashboard` behind a field.
pub(super) fn of_dashboard(field: &SelectionField<'_>) -> DashboardParts {
    let mut parts = DashboardParts::default();
    for field in field.selection_set() {
        let (of, wanted) = match field.name() {
            "today" => (&mut parts.today, of_period(&field)),
            "yesterday" => (&mut parts.yesterday, of_period(&field)),
            "thisMonth" => (&mut parts.this_month, of_period(&field)),
            "freshness" => (&mut parts.beside, Wanted::of(&[Part::Freshness])),
            "newPackages" => (&mut parts.beside, Wanted::of(&[Part::NewPackages])),
            "totalPackages" | "totalLeads" | "validLeads" => {
                (&mut parts.beside, Wanted::of(&[Part::Totals]))
            }
            // The packages themselves are read by their own field.
            "date" | "newestPackages" | "__typename" => continue,
            _ => return DashboardParts::ALL,
        };
        *of = of.and(wanted);
    }
    parts
}
