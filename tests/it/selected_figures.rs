//! Figures read what is selected of them and nothing else, and are the same whatever is selected
//! beside them; seats are those of the calls.

use std::collections::BTreeSet;

use dialgraph::{
    domain::{
        business_time::DayRange, dialing::CallResult, incoming::PlatformAgent, money::Money,
        sync::SyncTrack,
    },
    entity::{agent, call as calls},
};
use sea_orm::EntityTrait as _;
use serde_json::Value;

use crate::{
    harness::{Backend, TestApp, call, day, ingest, package, remove},
    on_both,
    selection::leaves,
};

/// Two days from the platform, and calls of three days with every grade and none, by seats, by another
/// account and without an agent. On the last day one seat has no call, and one only a removed call.
async fn fill(app: &TestApp) {
    app.synced(SyncTrack::CallRecords, "2026-11-18", "2026-11-19")
        .await;
    let db = &app.database.db;
    package(db, "A", "2026-11-18T02:00:00Z").await;
    package(db, "B", "2026-11-19T02:00:00Z").await;
    let agents = [Some(true), Some(false), None, Some(true), Some(true)];
    let grades = [Some("9元"), Some("1元"), Some("A"), Some("没听过的"), None];
    let mut batch = Vec::new();
    for date in ["2026-10-31", "2026-11-16", "2026-11-19"] {
        for (number, is_seat) in agents.iter().enumerate() {
            for (place, grade) in grades.iter().enumerate() {
                let id = format!("{date}-{number}-{place}");
                let mut call = call(&id, &format!("{date}T02:0{place}:00Z"));
                call.agent = is_seat.map(|is_seat| PlatformAgent {
                    external_id: format!("seat {number}"),
                    name: None,
                    is_seat,
                });
                call.details.grade = grade.map(str::to_owned);
                call.duration = 10;
                if place % 2 == 0 {
                    call.result = CallResult::Connected;
                    call.details.billed_amount = Some(Money::from_ten_thousandths(1_000));
                }
                if date != "2026-11-19" || number < 3 || (number == 4 && place == 0) {
                    batch.push(call);
                }
            }
        }
    }
    ingest(db, batch).await;
    assert_eq!(remove(db, &["2026-11-19-4-0".to_owned()]).await, 1);
}

/// Distinct seats with calls on the days, counted call by call.
async fn recount(app: &TestApp, days: DayRange) -> usize {
    let db = app.database.db.read();
    let agents = agent::Entity::find().all(db).await.unwrap();
    let seats: BTreeSet<i64> = agents
        .into_iter()
        .filter(|agent| agent.is_seat)
        .map(|agent| agent.id)
        .collect();
    let calls = calls::Entity::find().all(db).await.unwrap();
    let active: BTreeSet<i64> = calls
        .into_iter()
        .filter(|call| call.removed_at.is_none() && days.covers(DayRange::day(call.call_date)))
        .filter_map(|call| call.agent_id)
        .filter(|agent| seats.contains(agent))
        .collect();
    active.len()
}

fn days(from: &str, to: &str) -> DayRange {
    DayRange::new(day(from), day(to)).unwrap()
}

/// A field of an object, or of each in a list.
fn shown(of: &Value, field: &str) -> Value {
    match of {
        Value::Array(items) => items.iter().map(|item| item[field].clone()).collect(),
        of => of[field].clone(),
    }
}

on_both! {
    /// Seats by the day and of periods, by the call: each counts once, agents that are none do not.
    active_seats_are_those_of_the_calls = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        let data = app.data(r#"{ trend(from: "2026-10-30", to: "2026-11-19") { date activeSeats } }"#).await;
        let points = data["trend"].as_array().unwrap();
        assert_eq!(points.len(), 21);
        for point in points {
            let date = point["date"].as_str().unwrap();
            let seats = recount(&app, days(date, date)).await;
            assert_eq!(point["activeSeats"].as_u64().unwrap_or(0), seats as u64, "{date}");
        }
        // By hand: seats 0, 3 and 4.
        assert_eq!((&points[1]["activeSeats"], &points[17]["activeSeats"]), (&Value::from(3), &Value::from(3)));
        for (from, to) in [("2026-10-31", "2026-11-19"), ("2026-11-16", "2026-11-18"), ("2026-11-19", "2026-11-19"), ("2026-10-31", "2026-10-31")] {
            let data = app.data(&format!(r#"{{ callStats(from: "{from}", to: "{to}") {{ activeSeats }} }}"#)).await;
            assert_eq!(data["callStats"]["activeSeats"], recount(&app, days(from, to)).await, "{from} to {to}");
        }
        let query = r#"{ dashboard(date: "2026-11-19") { today { activeSeats } yesterday { activeSeats } thisMonth { activeSeats } } }"#;
        let dashboard = app.data(query).await["dashboard"].clone();
        for (period, from, to) in [("today", "2026-11-19", "2026-11-19"), ("yesterday", "2026-11-18", "2026-11-18"), ("thisMonth", "2026-11-01", "2026-11-19")] {
            assert_eq!(dashboard[period]["activeSeats"], recount(&app, days(from, to)).await, "{period}");
        }
    };

    /// Every field of every kind of figures, asked for alone and with all others.
    a_figure_is_the_same_alone = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        let freshness = format!("freshness {{ {} }}", leaves(&app, "Freshness").await.join(" "));
        let mut period = leaves(&app, "PeriodStats").await;
        period.push(freshness.clone());
        let period = period.join(" ");
        for (field, arguments, name, more) in [
            ("trend", r#"from: "2026-11-15", to: "2026-11-21""#, "TrendPoint", vec![freshness.clone()]),
            ("callStats", r#"from: "2026-11-15", to: "2026-11-19""#, "PeriodStats", vec![freshness.clone()]),
            ("metricsSummary", r#"date: "2026-11-19""#, "MetricsSummary", vec![]),
            ("gradeStats", r#"date: "2026-11-19""#, "GradeStats", vec![
                freshness, "grades { code isRetired count revenue }".to_owned(), "unknownGrades { text count }".to_owned(),
            ]),
            ("dashboard", r#"date: "2026-11-19""#, "Dashboard", vec![
                format!("today {{ {period} }}"), format!("yesterday {{ {period} }}"), format!("thisMonth {{ {period} }}"),
                "freshness { neverReadDays readAt state }".to_owned(), "newestPackages { name }".to_owned(),
            ]),
        ] {
            let mut fields = leaves(&app, name).await;
            // How long this very answer took.
            fields.retain(|field| field != "elapsedMs");
            fields.extend(more);
            let ask = async |selection: &str| {
                let data = app.data(&format!("{{ {field}({arguments}) {{ {selection} }} }}")).await;
                data[field].clone()
            };
            let all = ask(&fields.join(" ")).await;
            for selection in fields {
                let key = selection.split(' ').next().unwrap();
                let expected = shown(&all, key);
                if name == "PeriodStats" {
                    assert!(!expected.is_null() && expected != 0 && expected != "0.00", "{key} says nothing: {expected}");
                }
                assert_eq!(shown(&ask(&selection).await, key), expected, "{name}.{key}");
            }
        }
    };

    /// A statement for each part that is shown, by whichever alias or fragment, and none for others.
    only_what_is_selected_is_read = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        let of = |root: &str, selection: &str| format!(r#"{{ {root} {{ {selection} }} }}"#);
        let trend = |selection: &str| of(r#"trend(from: "2026-11-15", to: "2026-11-19")"#, selection);
        let stats = |selection: &str| of(r#"callStats(from: "2026-11-15", to: "2026-11-19")"#, selection);
        let dashboard = |selection: &str| of(r#"dashboard(date: "2026-11-19")"#, selection);
        let summary = |selection: &str| of(r#"metricsSummary(date: "2026-11-19")"#, selection);
        let grades = |selection: &str| of(r#"gradeStats(date: "2026-11-19")"#, selection);
        let included = |yes: bool| {
            let fields = r#"dashboard(date: "2026-11-19") { today { ...P } thisMonth { calls @skip(if: $yes) } }"#;
            format!("query($yes: Boolean = {yes}) {{ {fields} }} fragment P on PeriodStats {{ calls ... @include(if: $yes) {{ seats: activeSeats }} }}")
        };
        for (query, statements, counts_seats) in [
            (trend("date"), 0, false),
            (trend("state"), 1, false),
            (trend("date connectRate averageHandleTime"), 1, false),
            (trend("date calls connectedCalls connectRate freshness { complete }"), 2, false),
            (trend("successRate"), 2, false),
            (trend("calls totalSuccess"), 3, false),
            (trend("activeSeats"), 3, true),
            (trend("date calls interestRate seats: activeSeats"), 4, true),
            (stats("from to __typename"), 0, false),
            (stats("calls grade9 activeDays"), 2, false),
            (stats("cost"), 3, false),
            (stats("roi"), 4, false),
            (stats("activeSeats"), 3, true),
            (dashboard("date"), 0, false),
            (dashboard("totalPackages validLeads"), 1, false),
            (dashboard("newPackages"), 1, false),
            (dashboard("freshness { complete }"), 1, false),
            (dashboard("newestPackages { name }"), 1, false),
            (dashboard("today { calls } thisMonth { connectRate }"), 2, false),
            (dashboard("today { calls } again: today { activeSeats }"), 3, true),
            (dashboard("yesterday { connectRate } thisMonth { activeSeats }"), 3, true),
            (dashboard("today { activeSeats } thisMonth { activeSeats }"), 4, true),
            (included(true), 3, true),
            (included(false), 2, false),
            (summary("totalPackages"), 1, false),
            (summary("totalCalls avgContactRate"), 2, false),
            (summary("newPackages totalPackages totalCalls totalRevenue totalCost"), 5, false),
            (grades("totalRecords ungraded state"), 2, false),
            (grades("grade9 totalSuccess grades { count }"), 3, false),
            (grades("unknownGrades { text }"), 3, false),
        ] {
            app.statements();
            app.data(&query).await;
            let ran = app.statements();
            assert_eq!(ran.len(), statements, "{query}: {ran:#?}");
            assert_eq!(ran.iter().any(|sql| sql.contains("\"agents\"")), counts_seats, "{query}: {ran:#?}");
        }
    };
}
