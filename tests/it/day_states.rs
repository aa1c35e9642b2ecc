//! A day that nobody read is no day of zeros: every figure says what is known of it.

use dialgraph::domain::sync::SyncTrack;
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, call, day, ingest},
    on_both,
    writes::{call_input, done},
};
use dialgraph::guanke::simulator::{Distortion, Fault, FaultKind, FaultOn};

const CALLS: SyncTrack = SyncTrack::CallRecords;

/// Days, with what is known of them and how many calls they had.
async fn trend(app: &TestApp, from: &str, to: &str) -> Vec<(String, String, Value)> {
    let query = format!(
        r#"{{ trend(from: "{from}", to: "{to}") {{ date state calls totalSuccess freshness {{ state neverReadDays }} }} }}"#
    );
    let data = app.data(&query).await;
    let points = data["trend"].as_array().unwrap().iter();
    points
        .map(|point| {
            assert_eq!(point["state"], point["freshness"]["state"]);
            let is_never = point["state"] == "NEVER_READ";
            assert_eq!(point["freshness"]["neverReadDays"], i32::from(is_never));
            assert_eq!(point["calls"].is_null(), point["totalSuccess"].is_null());
            let text = |name: &str| point[name].as_str().unwrap().to_owned();
            (text("date"), text("state"), point["calls"].clone())
        })
        .collect()
}

fn point(date: &str, state: &str, calls: impl Into<Value>) -> (String, String, Value) {
    (date.to_owned(), state.to_owned(), calls.into())
}

on_both! {
    /// Each point of a trend says what is known of its day, and only known ones have figures.
    each_point_says_its_state = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        assert_eq!(trend(&app, "2026-11-17", "2026-11-21").await, [
            point("2026-11-17", "NEVER_READ", Value::Null),
            point("2026-11-18", "COMPLETE", 300),
            point("2026-11-19", "COMPLETE", 300),
            // It is noon, and nobody has read it: it has no calls yet that we know.
            point("2026-11-20", "RUNNING", 0),
            point("2026-11-21", "RUNNING", 0),
        ]);
        // A newer read that fails.
        app.platform.add_fault(Fault {
            on: FaultOn::Page { day: Some(day("2026-11-19")), page: Some(1) },
            kind: FaultKind::HttpStatus(502),
            times: None,
        });
        app.sync(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(trend(&app, "2026-11-19", "2026-11-19").await, [point("2026-11-19", "STALE", 300)]);
    };

    /// A first read that failed: what it stored is in the sums, and the day is stale; where it stored nothing,
    /// nothing is known.
    a_day_that_was_read_and_found_wrong_is_stale = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let page = |date: &str| FaultOn::Page { day: Some(day(date)), page: None };
        // The platform counts more records than it lists; and it does not answer at all.
        let counts_more = Distortion { total: 5, ..Distortion::default() };
        app.platform.add_fault(Fault { on: page("2026-11-18"), kind: FaultKind::Distorted(counts_more), times: None });
        app.platform.add_fault(Fault { on: page("2026-11-19"), kind: FaultKind::HttpStatus(502), times: None });
        app.sync(CALLS, "2026-11-18", "2026-11-18").await;
        app.sync(CALLS, "2026-11-19", "2026-11-19").await;
        assert_eq!(trend(&app, "2026-11-17", "2026-11-19").await, [
            point("2026-11-17", "NEVER_READ", Value::Null),
            point("2026-11-18", "STALE", 300),
            point("2026-11-19", "NEVER_READ", Value::Null),
        ]);
        let query = r#"{ callStats(from: "2026-11-17", to: "2026-11-19") { calls state neverReadDays }
            syncCoverage(from: "2026-11-17", to: "2026-11-19", tracks: [CALL_RECORDS]) { totals { completeDays neverReadDays } } }"#;
        assert_eq!(app.data(query).await, json!({ "callStats": { "calls": 300, "state": "STALE", "neverReadDays": 2 },
            "syncCoverage": { "totals": [{ "completeDays": 0, "neverReadDays": 2 }] } }));
        assert_eq!(app.data(r#"{ gradeStats(date: "2026-11-18") { state totalRecords } }"#).await["gradeStats"], json!({ "state": "STALE", "totalRecords": 300 }));
        assert_eq!(app.query(r#"{ gradeStats(date: "2026-11-19") { state } }"#).await.code(), "NOT_SYNCED");
    };

    /// Sums count what is known and say how many days they miss; a period of which nothing is known has
    /// no figures.
    sums_say_what_they_miss = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-18", "2026-11-20").await;
        let sums = async |from: &str, to: &str| {
            let query = format!(r#"{{ callStats(from: "{from}", to: "{to}") {{ calls activeDays state neverReadDays freshness {{ neverReadDays }} }} }}"#);
            app.data(&query).await["callStats"].clone()
        };
        let sum = |calls: Value, days: Value, state: &str, never: i32| json!({ "calls": calls, "activeDays": days, "state": state,
            "neverReadDays": never, "freshness": { "neverReadDays": never } });
        assert_eq!(sums("2026-11-18", "2026-11-19").await, sum(json!(600), json!(2), "COMPLETE", 0));
        assert_eq!(sums("2026-11-16", "2026-11-19").await, sum(json!(600), json!(2), "STALE", 2));
        assert_eq!(sums("2026-11-16", "2026-11-17").await, sum(json!(null), json!(null), "NEVER_READ", 2));
        let data = app.data(r#"{ dashboard { today { state neverReadDays } thisMonth { calls state neverReadDays } freshness { neverReadDays } } }"#).await;
        // 1 to 17 November; the last of October is not shown.
        assert_eq!(data["dashboard"]["today"], json!({ "state": "RUNNING", "neverReadDays": 0 }));
        assert_eq!(data["dashboard"]["thisMonth"]["state"], "RUNNING");
        assert_eq!(data["dashboard"]["thisMonth"]["neverReadDays"], 17);
        assert_eq!(data["dashboard"]["freshness"]["neverReadDays"], 17);
    };

    /// What is about one day that nobody read says so, and has no figures; the grades of it are an error.
    a_day_that_nobody_read_has_no_figures = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let query = r#"{ dashboard(date: "2026-10-01") { totalPackages
              today { state calls connectedCalls connectRate totalSuccess interestedCalls grade9 grade1 totalDuration activeSeats activeDays revenue cost roi }
              yesterday { state calls } }
            metricsSummary(date: "2026-10-01") { totalPackages state totalCalls connectedCalls totalDuration totalCost totalRevenue roi } }"#;
        let data = app.data(query).await;
        assert_eq!(data, json!({ "dashboard": { "totalPackages": 0,
            "today": { "state": "NEVER_READ", "calls": null, "connectedCalls": null, "connectRate": null, "totalSuccess": null, "interestedCalls": null,
                "grade9": null, "grade1": null, "totalDuration": null, "activeSeats": null, "activeDays": null, "revenue": null, "cost": null, "roi": null },
            "yesterday": { "state": "NEVER_READ", "calls": null } },
            "metricsSummary": { "totalPackages": 0, "state": "NEVER_READ", "totalCalls": null, "connectedCalls": null, "totalDuration": null,
                "totalCost": null, "totalRevenue": null, "roi": null } }));
        let grades = app.query(r#"{ gradeStats(date: "2026-10-01") { totalRecords } }"#).await;
        assert_eq!(grades.code(), "NOT_SYNCED");
    };

    /// Calls that came in another way are counted, and the day says that nobody read it.
    imported_days_are_counted_and_say_that_they_were_not_read = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        done(&app, "createCall", "call { id }", call_input()).await;
        let query = r#"{ gradeStats(date: "2026-11-19") { state totalRecords complete }
            callStats(from: "2026-11-18", to: "2026-11-19") { calls connectedCalls revenue state neverReadDays }
            metricsSummary(date: "2026-11-19") { totalCalls totalRevenue state } }"#;
        assert_eq!(app.data(query).await, json!({
            "gradeStats": { "state": "NEVER_READ", "totalRecords": 1, "complete": false },
            "callStats": { "calls": 1, "connectedCalls": 1, "revenue": "9.00", "state": "NEVER_READ", "neverReadDays": 2 },
            "metricsSummary": { "totalCalls": 1, "totalRevenue": "9.00", "state": "NEVER_READ" } }));
        assert_eq!(trend(&app, "2026-11-18", "2026-11-19").await, [
            point("2026-11-18", "NEVER_READ", Value::Null),
            point("2026-11-19", "NEVER_READ", 1),
        ]);
        // A day that was read while it went on, and not since.
        ingest(&app.database.db, vec![call("x", "2026-11-20T01:00:00Z")]).await;
        app.synced(CALLS, "2026-11-20", "2026-11-20").await;
        app.clock.set("2026-11-21T04:00:00Z".parse().unwrap());
        assert_eq!(trend(&app, "2026-11-20", "2026-11-20").await[0].1, "STALE");
    };
}
