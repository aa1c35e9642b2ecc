//! The summary of a day, and counting figures again.

use dialgraph::{domain::sync::SyncTrack, store::rollups};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use super::{a_package, a_task, assert_counted, at, audit, call_input, done, refused, state, with};
use crate::{
    harness::{Backend, TestApp},
    on_both,
};

/// Makes figures wrong.
pub async fn damage(app: &TestApp, sql: &str) {
    app.database
        .db
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
    assert!(
        !rollups::differences(&app.database.db)
            .await
            .unwrap()
            .is_empty()
    );
}

on_both! {
    /// A day of three calls, worked out by hand.
    the_summary_of_a_day = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        a_package(&app).await;
        crate::harness::package(&app.database.db, "old", "2026-11-19T01:00:00Z").await;
        let today = |more| with(&with(&call_input(), json!({ "callTime": "2026-11-20T02:00:00Z" })), more);
        for more in [json!({}), json!({ "grade": "A", "duration": 30 }), json!({ "grade": null, "result": "BUSY", "duration": 0, "billedAmount": null })] {
            done(&app, "createCall", "call { id }", today(more)).await;
        }
        let fields = "date totalPackages newPackages totalLeads totalCalls connectedCalls totalDuration avgContactRate
            avgInterestRate avgCallDuration totalCost totalRevenue roi complete stale syncedThrough";
        let summary = app.data(&format!("{{ metricsSummary {{ {fields} }} }}")).await["metricsSummary"].clone();
        // 9 over 5 + 2 × 0.10.
        let expected = json!({ "date": "2026-11-20", "totalPackages": 2, "newPackages": 1, "totalLeads": 1_100, "totalCalls": 3,
            "connectedCalls": 2, "totalDuration": 90, "avgContactRate": 2.0 / 3.0, "avgInterestRate": 1.0, "avgCallDuration": 45.0,
            "totalCost": "5.20", "totalRevenue": "9.00", "roi": 38.0 / 52.0, "complete": false, "stale": false, "syncedThrough": null });
        assert_eq!(summary, expected);
        let before = app.data(r#"{ metricsSummary(date: "2026-11-19") { totalPackages newPackages totalLeads totalCalls roi avgContactRate } }"#).await;
        // Nobody read that day: its calls, and what they earned, are unknown.
        let expected = json!({ "totalPackages": 1, "newPackages": 1, "totalLeads": 1_000, "totalCalls": null, "roi": null, "avgContactRate": null });
        assert_eq!(before["metricsSummary"], expected);
        let future = app.query(r#"{ metricsSummary(date: "2026-11-21") { totalCalls } }"#).await;
        assert_eq!(future.code(), "BAD_USER_INPUT");
    };

    /// A day that was read whole says so.
    the_summary_says_what_it_is_worth = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(SyncTrack::CallRecords, "2026-11-19", "2026-11-19").await;
        let data = app.data(r#"{ metricsSummary(date: "2026-11-19") { totalCalls complete stale syncedThrough } }"#).await;
        assert_eq!(data["metricsSummary"]["totalCalls"], 300);
        assert_eq!(data["metricsSummary"]["complete"], true);
        assert_ne!(data["metricsSummary"]["syncedThrough"], Value::Null);
    };

    /// Counts that fit stay, and nothing is written; damaged ones are mended, those of the task only.
    a_task_is_counted_again = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let task = a_task(&app).await;
        for grade in ["9元", "A"] {
            done(&app, "createCall", "call { id }", with(&call_input(), json!({ "taskId": task, "grade": grade }))).await;
        }
        let input = json!({ "taskId": task });
        let before = state(&app.database.db).await;
        let selection = "task { totalCalls connectedCalls } repairedCells";
        let fits = done(&app, "refreshTaskMetrics", selection, input.clone()).await;
        assert_eq!(fits, json!({ "task": { "totalCalls": 2, "connectedCalls": 2 }, "repairedCells": 0, "userErrors": [] }));
        assert_eq!(state(&app.database.db).await, before);
        damage(&app, "UPDATE call_rollups SET calls = calls + 5 WHERE dimension = 'TASK' AND grade_code = 'A'").await;
        damage(&app, "DELETE FROM call_rollups WHERE dimension = 'TASK' AND grade_code = 'NINE_YUAN'").await;
        let mended = done(&app, "refreshTaskMetrics", selection, input).await;
        assert_eq!(mended, json!({ "task": { "totalCalls": 2, "connectedCalls": 2 }, "repairedCells": 2, "userErrors": [] }));
        assert_counted(&app).await;
        let (operation, object, changes) = audit(&app.database.db).await.pop().unwrap();
        assert_eq!((operation.as_str(), object.as_str()), ("refreshTaskMetrics", "DialTask"));
        assert_eq!(changes, json!({ "repairedCells": 2 }));
        for (id, code) in [("x", "INVALID_ID"), ("RGlhbFRhc2s6OTk", "NOT_FOUND")] {
            assert_eq!(refused(&app, "refreshTaskMetrics", json!({ "taskId": id })).await, [at("input.taskId", code)]);
        }
    };

    /// The same for a day, in every dimension.
    a_day_is_counted_again = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for time in ["2026-11-18T15:59:59Z", "2026-11-18T16:00:00Z", "2026-11-19T15:59:59Z"] {
            done(&app, "createCall", "call { id }", with(&call_input(), json!({ "callTime": time }))).await;
        }
        let input = json!({ "date": "2026-11-19" });
        let selection = "summary { totalCalls totalRevenue } repairedCells";
        let fits = done(&app, "computeDailyMetrics", selection, input.clone()).await;
        assert_eq!(fits["repairedCells"], 0);
        damage(&app, "UPDATE call_rollups SET calls = 7 WHERE call_date = '2026-11-19'").await;
        damage(&app, "DELETE FROM call_rollups WHERE dimension = 'HOUR' AND call_date = '2026-11-19'").await;
        let mended = done(&app, "computeDailyMetrics", selection, input).await;
        // Day, no task, no agent, the province, and two hours.
        assert_eq!(mended, json!({ "summary": { "totalCalls": 2, "totalRevenue": "18.00" }, "repairedCells": 6, "userErrors": [] }));
        assert_counted(&app).await;
        let future = json!({ "date": "2026-11-21" });
        assert_eq!(refused(&app, "computeDailyMetrics", future).await, [at("input.date", "IN_THE_FUTURE")]);
    };
}
