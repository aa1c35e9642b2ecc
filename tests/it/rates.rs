//! Rates lie between 0 and 1, whatever calls are graded, and ringing is not talking.

use axum::{
    body::Body,
    http::{Request, header},
};
use dialgraph::{
    domain::{
        business_time::BusinessZone,
        dialing::CallResult,
        incoming::{IncomingCall, PlatformAgent},
    },
    http::HttpOptions,
    service::retention::{RetentionOptions, retain},
    store::{rollups, schema, tag_counts},
};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{
        Backend, TestApp, TestDatabase, answer, call as new_call, down_to, ingest, remove,
        steps_to, task,
    },
    on_both,
};

/// A call of 2026-11-19, of task 7 and agent 9.
fn call(id: &str, result: CallResult, duration: i32, grade: Option<&str>) -> IncomingCall {
    let mut call = new_call(id, "2026-11-19T02:00:00Z");
    call.task = Some(task("7"));
    call.agent = Some(PlatformAgent {
        external_id: "9".to_owned(),
        name: Some("坐席九".to_owned()),
        is_seat: true,
    });
    call.result = result;
    call.duration = duration;
    call.details.grade = grade.map(str::to_owned);
    call
}

/// One call that connected, and three that did not and were graded after a call back.
fn called_back() -> Vec<IncomingCall> {
    let missed = |id: u8| call(&id.to_string(), CallResult::NoAnswer, 0, Some("9元"));
    let mut calls: Vec<_> = (2..=4).map(missed).collect();
    calls.push(call("1", CallResult::Connected, 60, None));
    calls
}

async fn assert_counted(app: &TestApp) {
    let db = &app.database.db;
    assert_eq!(rollups::differences(db).await.unwrap(), []);
    assert_eq!(tag_counts::differences(db).await.unwrap(), 0);
}

/// All places where a rate or a time of 2026-11-19 is shown.
async fn shown(app: &TestApp) -> Value {
    let period = "calls connectedCalls totalSuccess successRate interestedCalls interestRate totalDuration totalRingTime averageHandleTime";
    app.data(&format!(
        r#"{{
        dashboard(date: "2026-11-19") {{ today {{ {period} revenue }} thisMonth {{ {period} revenue }} }}
        callStats(from: "2026-11-18", to: "2026-11-20") {{ {period} revenue }}
        trend(from: "2026-11-19", to: "2026-11-19") {{ {period} }}
        gradeStats(date: "2026-11-19") {{ totalSuccess grade9 }}
        metricsSummary(date: "2026-11-19") {{ totalDuration totalRingTime avgInterestRate avgCallDuration totalRevenue }}
        tasks {{ nodes {{ totalCalls connectedCalls interestedCalls interestRate }} }}
        packages {{ nodes {{ totalCalls interestRate }} }}
    }}"#
    ))
    .await
}

/// The times of 2026-11-19: talk time, ring time, average handle time.
async fn times(app: &TestApp) -> Value {
    let data = shown(app).await;
    let day = &data["trend"][0];
    for other in [&data["dashboard"]["today"], &data["callStats"]] {
        for name in ["totalDuration", "totalRingTime", "averageHandleTime"] {
            assert_eq!(other[name], day[name], "{name}");
        }
    }
    let summary = &data["metricsSummary"];
    assert_eq!(
        (
            &summary["totalDuration"],
            &summary["totalRingTime"],
            &summary["avgCallDuration"]
        ),
        (
            &day["totalDuration"],
            &day["totalRingTime"],
            &day["averageHandleTime"]
        )
    );
    assert_counted(app).await;
    json!([
        day["totalDuration"],
        day["totalRingTime"],
        day["averageHandleTime"]
    ])
}

on_both! {
    /// Deals of calls that did not connect earn what they earn, and are in no rate.
    a_deal_after_a_call_back_is_in_no_rate = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let package = crate::harness::package(&app.database.db, "11月A包", "2026-11-01T02:00:00Z").await;
        ingest(&app.database.db, called_back()).await;
        let link = format!("UPDATE dial_tasks SET package_id = {package}");
        app.database.db.write().execute_unprepared(&link).await.unwrap();
        let figures = |success: i64, rate: f64| json!({ "calls": 4, "connectedCalls": 1, "totalSuccess": success, "successRate": rate,
            "interestedCalls": success, "interestRate": rate, "totalDuration": 60, "totalRingTime": 0, "averageHandleTime": 60.0 });
        let earning = |mut figures: Value, revenue: &str| { figures["revenue"] = json!(revenue); figures };
        for (grade, success, rate, revenue) in [(None, 3, 0.0, "27.00"), (Some("1元"), 4, 1.0, "28.00")] {
            ingest(&app.database.db, vec![call("1", CallResult::Connected, 60, grade)]).await;
            let data = shown(&app).await;
            let period = earning(figures(success, rate), revenue);
            assert_eq!(data["dashboard"], json!({ "today": period, "thisMonth": period }));
            assert_eq!(data["callStats"], period);
            assert_eq!(data["trend"], json!([figures(success, rate)]));
            assert_eq!(data["gradeStats"], json!({ "totalSuccess": success, "grade9": 3 }));
            assert_eq!(data["metricsSummary"], json!({ "totalDuration": 60, "totalRingTime": 0, "avgInterestRate": rate,
                "avgCallDuration": 60.0, "totalRevenue": revenue }));
            assert_eq!(data["tasks"]["nodes"], json!([{ "totalCalls": 4, "connectedCalls": 1, "interestedCalls": success, "interestRate": rate }]));
            assert_eq!(data["packages"]["nodes"], json!([{ "totalCalls": 4, "interestRate": rate }]));
        }
        assert_counted(&app).await;
    };

    /// Where nothing connected there is no rate, deals or not.
    without_a_connected_call_there_is_no_rate = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingest(&app.database.db, called_back()[..3].to_vec()).await;
        let data = shown(&app).await;
        let expected = json!([{ "calls": 3, "connectedCalls": 0, "totalSuccess": 3, "successRate": null, "interestedCalls": 3,
            "interestRate": null, "totalDuration": 0, "totalRingTime": 0, "averageHandleTime": null }]);
        assert_eq!(data["trend"], expected);
        assert_eq!(data["callStats"]["revenue"], "27.00");
    };

    /// One call of 60 s and nine that rang for 30 s; a voicemail is not a talk either.
    ringing_is_not_talking = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let results = [CallResult::NoAnswer, CallResult::Busy, CallResult::Rejected, CallResult::Failed];
        let mut calls: Vec<_> = (1..=9_usize).map(|id| call(&id.to_string(), results[id % 4], 30, None)).collect();
        calls.push(call("10", CallResult::Connected, 60, None));
        ingest(&app.database.db, calls).await;
        assert_eq!(times(&app).await, json!([60, 270, 60.0]));
        ingest(&app.database.db, vec![call("11", CallResult::Voicemail, 20, Some("A"))]).await;
        assert_eq!(times(&app).await, json!([60, 290, 60.0]));
        // The other way round: a call that connected after all.
        ingest(&app.database.db, vec![call("1", CallResult::Connected, 30, None)]).await;
        assert_eq!(times(&app).await, json!([90, 260, 45.0]));
        assert_eq!(remove(&app.database.db, &["10".to_owned(), "2".to_owned()]).await, 2);
        assert_eq!(times(&app).await, json!([30, 230, 30.0]));
    };

    /// Calls that people enter, change, import and delete; and one that is pushed.
    times_follow_whoever_writes = async |backend: Backend| {
        let secret = "sixteen characters";
        let options = HttpOptions { webhook_secret: Some(secret.into()), ..HttpOptions::default() };
        let app = TestApp::with_options(&backend, options).await;
        let created = app.data(r#"mutation { createCall(input: { callTime: "2026-11-19T02:00:00Z", result: CONNECTED, duration: 60, grade: "9元" }) { call { id } } }"#).await;
        let id = created["createCall"]["call"]["id"].as_str().unwrap().to_owned();
        assert_eq!(times(&app).await, json!([60, 0, 60.0]));
        let rate = async || { let data = shown(&app).await; (data["trend"][0]["totalSuccess"].clone(), data["trend"][0]["successRate"].clone()) };
        assert_eq!(rate().await, (json!(1), json!(1.0)));
        let update = |fields: &str| format!(r#"mutation {{ updateCall(input: {{ id: "{id}", {fields} }}) {{ userErrors {{ message }} }} }}"#);
        app.data(&update("result: NO_ANSWER")).await;
        assert_eq!(times(&app).await, json!([0, 60, null]));
        assert_eq!(rate().await, (json!(1), Value::Null));
        app.data(&update("result: VOICEMAIL, duration: 25")).await;
        assert_eq!(times(&app).await, json!([0, 25, null]));
        app.data(r#"mutation { importCalls(input: { rows: [
            { externalId: "i1", callTime: "2026-11-19T03:00:00Z", result: CONNECTED, duration: 40 },
            { externalId: "i2", callTime: "2026-11-19T03:00:00Z", result: BUSY, duration: 5, grade: "9元" }
        ] }) { userErrors { message } } }"#).await;
        assert_eq!(times(&app).await, json!([40, 30, 40.0]));
        assert_eq!(rate().await, (json!(2), json!(0.0)));
        let push = |id: u8, state: u8, duration: u8| Request::post("/webhooks/guanke/cdr")
            .header("X-Webhook-Secret", secret)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "cdr_id": id, "call_time": "2026-11-19 10:00:00", "callState": state, "duration": duration }).to_string()))
            .unwrap();
        for (id, state, duration) in [(91, 2, 20), (92, 1, 7)] {
            assert_eq!(answer(app.send(push(id, state, duration)).await).await.status, 200);
        }
        assert_eq!(times(&app).await, json!([60, 37, 30.0]));
        app.data(&format!(r#"mutation {{ deleteCall(input: {{ id: "{id}" }}) {{ userErrors {{ message }} }} }}"#)).await;
        assert_eq!(times(&app).await, json!([60, 12, 30.0]));
        app.data(r#"mutation { computeDailyMetrics(input: { date: "2026-11-19" }) { userErrors { message } } }"#).await;
        assert_eq!(times(&app).await, json!([60, 12, 30.0]));
    };

    /// What was stored before talk time was kept apart is counted again.
    stored_times_are_divided_by_the_migration = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let mut calls = called_back();
        calls.push(call("5", CallResult::Busy, 30, None));
        calls.push(call("6", CallResult::Voicemail, 20, Some("A")));
        calls.push(call("7", CallResult::Busy, 1_000, None));
        ingest(db, calls).await;
        remove(db, &["7".to_owned()]).await;
        let day = "SELECT CAST(SUM({}) AS BIGINT) AS sum FROM call_rollups WHERE dimension = 'DAY'";
        let sum = async |column: &str| {
            let sql = day.replace("{}", column);
            let statement = sea_orm::Statement::from_string(db.read().get_database_backend(), sql);
            db.read().query_one_raw(statement).await.unwrap().unwrap().try_get_by::<i64, _>(0).unwrap()
        };
        down_to(db, "m20261129_000301_split_call_time").await;
        assert_eq!(sum("duration").await, 110, "60 that were talked, 50 that others took");
        schema::up(db, None).await.unwrap();
        assert_eq!((sum("talk_time").await, sum("ring_time").await), (60, 50));
        assert_eq!(rollups::differences(db).await.unwrap(), []);
    };

    /// What calls lasted that are gone cannot be divided any more: it stays talk time. What was divided
    /// is not thrown together again.
    times_of_calls_that_are_gone_stay = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let at = |time: &str, call: IncomingCall| IncomingCall { call_time: time.parse().unwrap(), ..call };
        let retained = async |now: &str| {
            let options = RetentionOptions { call_days: Some(11), ..RetentionOptions::default() };
            retain(db, options, BusinessZone::default(), now.parse().unwrap(), &CancellationToken::new()).await.unwrap().calls
        };
        let times = async |day: &str| {
            let data = app.data(&format!(r#"{{ trend(from: "{day}", to: "{day}") {{ totalDuration totalRingTime averageHandleTime }} }}"#)).await;
            json!([data["trend"][0]["totalDuration"], data["trend"][0]["totalRingTime"], data["trend"][0]["averageHandleTime"]])
        };
        ingest(db, vec![
            at("2026-11-01T02:00:00Z", call("1", CallResult::Connected, 60, None)),
            at("2026-11-01T02:00:00Z", call("2", CallResult::Busy, 30, None)),
            at("2026-11-09T02:00:00Z", call("3", CallResult::Connected, 60, None)),
            at("2026-11-09T02:00:00Z", call("4", CallResult::Busy, 30, None)),
        ]).await;
        down_to(db, "m20261129_000301_split_call_time").await;
        assert_eq!(retained("2026-11-20T04:00:00Z").await, 2);
        schema::up(db, None).await.unwrap();
        assert_eq!(times("2026-11-01").await, json!([90, 0, 90.0]));
        assert_eq!(times("2026-11-09").await, json!([60, 30, 60.0]));
        assert_counted(&app).await;
        assert_eq!(retained("2026-11-21T04:00:00Z").await, 2);
        assert_eq!(times("2026-11-09").await, json!([60, 30, 60.0]));
        let steps = steps_to(db, "m20261129_000301_split_call_time").await;
        let error = schema::down(db, Some(steps)).await.unwrap_err();
        let error = std::error::Error::source(&error).unwrap().to_string();
        assert!(error.contains("30 s of ring time are of calls of days before 2026-11-10"), "{error}");
        assert_eq!(times("2026-11-09").await, json!([60, 30, 60.0]));
    };
}
