//! The figures that people ask for, on days whose truth is known.

use std::collections::BTreeMap;

use dialgraph::{
    domain::{money::Money, sync::SyncTrack},
    entity::call_rollup,
    guanke::simulator::KnownDay,
};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, TestDatabase, day},
    on_both,
};

/// A rate as people write it: percent, two decimals.
fn percent(rate: &Value) -> String {
    format!("{:.2}", rate.as_f64().unwrap() * 100.0)
}

on_both! {
    /// Days of known totals, trap grades included, give exactly these totals, and the first two of the
    /// design's known answers.
    synchronised_days_give_their_known_totals = async |backend: Backend| {
        let known = |calls, connected, nine_yuan, one_yuan| KnownDay { calls, connected, nine_yuan, one_yuan };
        let app = TestApp::with_platform(&backend, |platform| {
            platform.known_days = BTreeMap::from([
                (day("2026-11-18"), known(28_719, 4_753, 44, 16)),
                (day("2026-11-19"), known(15_305, 2_496, 20, 4)),
            ]);
        })
        .await;
        let outcome = app.synced(SyncTrack::CallRecords, "2026-11-18", "2026-11-19").await;
        assert_eq!(outcome.counts.inserted, 28_719 + 15_305);

        let data = app
            .data(
                r#"{ gradeStats(date: "2026-11-19") { grade9 grade1 totalSuccess totalRecords complete stale fromCache
                     ungraded grades { code count revenue } }
                     dashboard(date: "2026-11-19") { today { calls connectedCalls connectRate totalSuccess successRate
                     grade9 grade1 activeSeats revenue }
                     yesterday { calls connectedCalls connectRate totalSuccess successRate } } }"#,
            )
            .await;
        let grades = &data["gradeStats"];
        let truth = app.platform.truth(day("2026-11-19"));
        assert_eq!((truth.calls, truth.connected), (15_305, 2_496));
        assert_eq!(grades["grade9"], 20);
        assert_eq!(grades["grade1"], 4);
        assert_eq!(grades["totalSuccess"], 24);
        assert_eq!(grades["totalRecords"], 15_305);
        assert_eq!(grades["complete"], true);
        assert_eq!(grades["stale"], false);
        assert_eq!(grades["fromCache"], true);
        let mut graded = 0;
        for grade in grades["grades"].as_array().unwrap() {
            let expected = truth.grades.get(grade["code"].as_str().unwrap()).copied().unwrap_or(0);
            assert_eq!(grade["count"], expected, "{grade}");
            graded += i64::from(expected);
        }
        assert!(truth.grades["OTHER"] >= 5, "the day has no trap grades: {truth:?}");
        assert_eq!(grades["ungraded"], 15_305 - graded);
        assert_eq!(grades["grades"][0]["revenue"], "180.00");

        let today = &data["dashboard"]["today"];
        assert_eq!(today["connectedCalls"], 2_496);
        assert_eq!(percent(&today["connectRate"]), "16.31");
        assert_eq!(percent(&today["successRate"]), "0.96");
        assert_eq!(today["activeSeats"], truth.seats);
        assert_eq!(today["revenue"], "184.00");
        let yesterday = &data["dashboard"]["yesterday"];
        let counts = (&yesterday["calls"], &yesterday["connectedCalls"], &yesterday["totalSuccess"]);
        assert_eq!(counts, (&json!(28_719), &json!(4_753), &json!(60)));
        assert_eq!(percent(&yesterday["connectRate"]), "16.55");
        assert_eq!(percent(&yesterday["successRate"]), "1.26");
    };

    /// The month of the design's known answers comes out of the dashboard, from rollups put there.
    the_dashboard_gives_the_known_answers = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        // A day of 28,719 calls, and 16 others that make a month of 774,449.
        rollup(&app.database, "2026-11-20", "", 28_719 - 60, 4_753 - 60).await;
        rollup(&app.database, "2026-11-20", "NINE_YUAN", 60, 60).await;
        for date in 1..=15 {
            rollup(&app.database, &format!("2026-11-{date:02}"), "", 46_000, 5_000).await;
        }
        rollup(&app.database, "2026-11-18", "", 55_730 - 386, 6_134 - 386).await;
        rollup(&app.database, "2026-11-18", "ONE_YUAN", 386, 386).await;

        let data = app
            .data(
                r#"{ dashboard(date: "2026-11-20") {
                     today { calls connectedCalls totalSuccess connectRate successRate roi averageHandleTime }
                     yesterday { calls connectRate activeDays dailyAverageCalls }
                     thisMonth { calls connectedCalls totalSuccess connectRate successRate activeDays dailyAverageCalls revenue } } }"#,
            )
            .await;
        let today = &data["dashboard"]["today"];
        assert_eq!(today["calls"], 28_719);
        assert_eq!(percent(&today["connectRate"]), "16.55");
        assert_eq!(percent(&today["successRate"]), "1.26");
        assert_eq!(today["roi"], Value::Null, "there is no cost");
        assert_eq!(today["averageHandleTime"], 0.0);
        let yesterday = json!({ "calls": null, "connectRate": null, "activeDays": null, "dailyAverageCalls": null });
        assert_eq!(data["dashboard"]["yesterday"], yesterday);
        let month = &data["dashboard"]["thisMonth"];
        assert_eq!(month["calls"], 774_449);
        assert_eq!(month["connectedCalls"], 85_887);
        assert_eq!(month["totalSuccess"], 446);
        assert_eq!(percent(&month["connectRate"]), "11.09");
        assert_eq!(percent(&month["successRate"]), "0.52");
        assert_eq!(month["activeDays"], 17);
        assert_eq!(format!("{:.0}", month["dailyAverageCalls"].as_f64().unwrap()), "45556");
        // 60 × 9 + 386 × 1.
        assert_eq!(month["revenue"], "926.00");
    };

    /// Cost is the packages created in the period and what its calls were billed.
    the_dashboard_weighs_revenue_against_cost = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        // 16:00 UTC is the next day in Shanghai: the second package is of the 20th.
        crate::harness::package(&app.database.db, "A", "2026-11-19T15:59:59Z").await;
        crate::harness::package(&app.database.db, "B", "2026-11-19T16:00:00Z").await;
        let mut call = crate::harness::call("1", "2026-11-20T01:00:00Z");
        call.details.grade = Some("9元".to_owned());
        call.details.billed_amount = Some(Money::from_ten_thousandths(100_000));
        crate::harness::ingest(&app.database.db, vec![call]).await;

        let data = app
            .data(
                r#"{ dashboard { newPackages totalPackages totalLeads validLeads today { revenue cost roi }
                     thisMonth { cost } newestPackages { name totalCost } } }"#,
            )
            .await;
        let expected = json!({ "dashboard": {
            "newPackages": 1, "totalPackages": 2, "totalLeads": 2_000, "validLeads": 1_800,
            // 9 − (50 + 10) over 60.
            "today": { "revenue": "9.00", "cost": "60.00", "roi": -0.85 },
            "thisMonth": { "cost": "110.00" },
            "newestPackages": [{ "name": "B", "totalCost": "50.00" }, { "name": "A", "totalCost": "50.00" }],
        }});
        assert_eq!(data, expected);
    };

    /// A trend has every day, those without calls too.
    a_trend_has_no_gaps = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(SyncTrack::CallRecords, "2026-11-18", "2026-11-19").await;
        let data = app
            .data(r#"{ trend(from: "2026-11-16", to: "2026-11-19") { date calls connectRate activeSeats freshness { complete } } }"#)
            .await;
        let days: Vec<_> = data["trend"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| (point["date"].as_str().unwrap(), point["calls"].as_i64(), point["freshness"]["complete"] == true))
            .collect();
        assert_eq!(
            days,
            [("2026-11-16", None, false), ("2026-11-17", None, false), ("2026-11-18", Some(300), true), ("2026-11-19", Some(300), true)]
        );
        assert_eq!(data["trend"][0]["connectRate"], Value::Null);
        let seats = app.platform.truth(day("2026-11-19")).seats;
        assert_eq!(data["trend"][3]["activeSeats"], seats);
    };

    /// Periods that make no sense are refused, with what is allowed.
    a_trend_of_an_impossible_period_is_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let backwards = app.query(r#"{ trend(from: "2026-11-16", to: "2026-11-15") { date } }"#).await;
        assert_eq!(backwards.code(), "BAD_USER_INPUT");
        let long = app.query(r#"{ trend(from: "2025-01-01", to: "2026-11-15") { date } }"#).await;
        assert_eq!(long.message(), "at most 366 days can be asked for at once, and 684 were");
        let nonsense = app.query(r#"{ trend(from: "2026-2-1", to: "2026-11-15") { date } }"#).await;
        assert!(nonsense.message().contains("YYYY-MM-DD"), "{}", nonsense.message());
    };

    /// A past day that nobody read is no zero but an error that says when it will be read.
    a_past_day_that_was_never_synchronised_has_no_grades = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let error = app.query(r#"{ gradeStats(date: "2026-11-18") { totalRecords } }"#).await;
        assert_eq!(error.code(), "NOT_SYNCED");
        // It is noon on the 20th in Shanghai; the last three days are read at 15:05.
        assert_eq!(error.body["errors"][0]["extensions"]["nextSync"], "2026-11-20T07:05:00Z");
        let old = app.query(r#"{ gradeStats(date: "2026-10-01") { totalRecords } }"#).await;
        assert_eq!(old.code(), "NOT_SYNCED");
        assert_eq!(old.body["errors"][0]["extensions"]["nextSync"], Value::Null);
        let future = app.query(r#"{ gradeStats(date: "2026-11-21") { totalRecords } }"#).await;
        assert_eq!(future.code(), "BAD_USER_INPUT");
        let future = app.query(r#"{ dashboard(date: "2026-11-21") { date } }"#).await;
        assert_eq!(future.message(), "2026-11-21 lies in the future: today is 2026-11-20");

        let today = app.data("{ gradeStats { date totalRecords complete fromCache } }").await;
        let expected = json!({ "date": "2026-11-20", "totalRecords": 0, "complete": false, "fromCache": false });
        assert_eq!(today["gradeStats"], expected);
    };
}

/// Counts of whole days, put where the dashboard reads them.
async fn rollup(database: &TestDatabase, date: &str, grade: &str, calls: i64, connected: i64) {
    call_rollup::ActiveModel {
        dimension: Set(dialgraph::domain::stats::Dimension::Day),
        key: Set(String::new()),
        call_date: Set(day(date)),
        grade_code: Set(grade.to_owned()),
        calls: Set(calls),
        connected: Set(connected),
        talk_time: Set(0),
        ring_time: Set(0),
        billed_amount: Set(Money::ZERO),
    }
    .insert(database.db.write())
    .await
    .unwrap();
}
