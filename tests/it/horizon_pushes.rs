//! What was pushed and imported of calls that are too old to be kept: it goes with them, and nothing is
//! noted of them any more.

use axum::{
    body::Body,
    http::{Request, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use dialgraph::{
    domain::{business_time::BusinessZone, pushed_call::PushedCall},
    entity::{call, call_push},
    http::HttpOptions,
    service::retention::{RetentionOptions, RetentionReport, retain, survey},
    store::{Database, call_pushes, retention::move_call_horizon},
};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{Backend, TestApp, TestDatabase, answer, call as new_call, day, ingest},
    on_both,
    writes::{assert_counted, at, done, id, problems, state},
};

const SECRET: &str = "sixteen characters";

fn now() -> DateTime<Utc> {
    "2026-11-20T04:00:00Z".parse().unwrap()
}

/// Calls are kept for 11 days: from 2026-11-09 on, which begins at 16:00 the day before.
const KEPT: RetentionOptions = RetentionOptions {
    raw_days: 30,
    call_days: Some(11),
    run_days: 90,
};
const FOR_EVER: RetentionOptions = RetentionOptions {
    call_days: None,
    ..KEPT
};

async fn retained(db: &Database, options: RetentionOptions, at: DateTime<Utc>) -> RetentionReport {
    let zone = BusinessZone::default();
    let would = survey(db, options, zone, at).await.unwrap();
    let stop = CancellationToken::new();
    let report = retain(db, options, zone, at, &stop).await.unwrap();
    assert_eq!(report, would);
    report
}

/// The calls of which something is noted.
async fn noted(db: &Database) -> Vec<String> {
    let rows = call_push::Entity::find().all(db.read()).await.unwrap();
    let mut ids: Vec<String> = rows.into_iter().map(|row| row.external_id).collect();
    ids.sort();
    ids
}

async fn stored(db: &Database) -> Vec<String> {
    let rows = call::Entity::find().all(db.read()).await.unwrap();
    let mut ids: Vec<String> = rows.into_iter().filter_map(|row| row.external_id).collect();
    ids.sort();
    ids
}

/// Notes that something was pushed of a call at a time, and whether its own record was read.
async fn note(db: &Database, pushes: &[(&str, &str, bool)]) {
    let tx = db.begin().await.unwrap();
    for (id, time, polled) in pushes {
        let mut pushes = call_pushes::CallPushes {
            polled: *polled,
            ..Default::default()
        };
        pushes.merged.merge(&PushedCall {
            external_id: (*id).to_owned(),
            ..PushedCall::default()
        });
        call_pushes::save(&tx, &[(*id, pushes)].into(), time.parse().unwrap())
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

async fn import(app: &TestApp, rows: &[Value]) -> Vec<Value> {
    let fields = "results { status code reason userErrors { field code message } }";
    let payload = done(app, "importCalls", fields, json!({ "rows": rows })).await;
    payload["results"].as_array().unwrap().clone()
}

async fn move_horizon(app: &TestApp, to: &str) {
    let tx = app.database.db.begin().await.unwrap();
    move_call_horizon(&tx, day(to), now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn taking_pushes(backend: &Backend) -> TestApp {
    let options = HttpOptions {
        webhook_secret: Some(SECRET.into()),
        ..HttpOptions::default()
    };
    TestApp::with_options(backend, options).await
}

/// A push that is taken.
async fn push(app: &TestApp, kind: &str, body: &Value) {
    let request = Request::post(format!("/webhooks/guanke/{kind}"))
        .header("X-Webhook-Secret", SECRET)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    assert_eq!(answer(app.send(request).await).await.status, 200);
}

on_both! {
    /// What was imported and pushed of a call is deleted with it, and nothing else is.
    what_was_said_of_a_call_goes_with_it = async |backend: Backend| {
        let app = taking_pushes(&backend).await;
        let db = &app.database.db;
        ingest(db, vec![
            new_call("filled", "2026-11-01T02:00:00Z"), new_call("last", "2026-11-08T15:59:59Z"),
            new_call("first", "2026-11-08T16:00:00Z"), new_call("young", "2026-11-19T02:00:00Z"),
        ]).await;
        let ids = ["filled", "last", "first", "young"];
        let rows = ids.map(|id| json!({ "platformCallId": id, "grade": "9元", "notes": "x" }));
        let statuses: Vec<Value> = import(&app, &rows).await.iter().map(|result| result["status"].clone()).collect();
        assert_eq!(statuses, vec![json!("UPDATED"); 4]);
        // One that was only pushed, and another system's old call that has the id of a young one here.
        push(&app, "cdr", &json!({ "cdr_id": "pushed", "call_time": "2026-11-02 10:00:00", "grade": "A" })).await;
        import(&app, &[json!({ "externalId": "young", "callTime": "2026-11-01T02:00:00Z", "result": "BUSY" })]).await;
        assert_eq!(noted(db).await, ["filled", "first", "last", "pushed", "young"]);

        assert_eq!(retained(db, FOR_EVER, now()).await, RetentionReport { finished: true, ..RetentionReport::default() });
        let report = retained(db, KEPT, now()).await;
        assert_eq!((report.calls, report.pushes), (4, 3));
        assert_eq!(stored(db).await, ["first", "young"]);
        assert_eq!(noted(db).await, ["first", "young"]);
        assert_counted(&app).await;

        // The platform's record does not bring the old ones back, and the young ones keep what was imported.
        ingest(db, ids.map(|id| new_call(id, if id == "young" { "2026-11-19T02:00:00Z" } else { "2026-11-01T02:00:00Z" })).to_vec()).await;
        let young = app.data(r#"{ calls(filter: { externalId: { eq: "young" } }) { nodes { grade notes } } }"#).await;
        assert_eq!(young["calls"]["nodes"], json!([{ "grade": "9元", "notes": "x" }]));
        assert_eq!(noted(db).await, ["first", "young"]);
        assert_eq!(retained(db, KEPT, now()).await, RetentionReport { finished: true, ..RetentionReport::default() });
    };

    /// More calls than fit a transaction, each with something that was said of it.
    many_calls_take_theirs_with_them = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let ids: Vec<String> = (0..1_500).map(|id| id.to_string()).collect();
        ingest(db, ids.iter().map(|id| new_call(id, "2026-11-01T02:00:00Z")).collect()).await;
        let pushes: Vec<(&str, &str, bool)> = ids.iter().step_by(2).map(|id| (id.as_str(), "2026-11-19T02:00:00Z", true)).collect();
        note(db, &pushes).await;
        let report = retained(db, KEPT, now()).await;
        assert_eq!((report.calls, report.pushes), (1_500, 750));
        assert_eq!(noted(db).await, [""; 0]);
    };

    /// What is left of calls that are not stored goes at the age of calls, imported or pushed; so it does
    /// when calls are kept for ever again, because those days stay closed.
    what_has_no_call_goes_at_the_age_of_calls = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let (last, first) = ("2026-11-08T15:59:59Z", "2026-11-08T16:00:00Z");
        note(db, &[("waits", last, false), ("waits on", first, false), ("gone", last, true), ("there", last, true), ("young", first, true)]).await;
        // Told of later than it was dialled, by a clock that was wrong: it is stored, and keeps what is its.
        ingest(db, vec![new_call("there", "2026-11-19T02:00:00Z"), new_call("imported", "2026-11-19T02:00:00Z")]).await;
        note(db, &[("there", last, true)]).await;
        import(&app, &[json!({ "platformCallId": "imported", "grade": "A" })]).await;
        let rows = app.data(r#"{ calls(filter: { externalId: { eq: "imported" } }) { nodes { id } } }"#).await;
        done(&app, "deleteCall", "deletedTags", json!({ "id": id(&rows["calls"]["nodes"][0]) })).await;

        let report = retained(db, KEPT, now()).await;
        assert_eq!((report.calls, report.pushes), (0, 2));
        assert_eq!(noted(db).await, ["imported", "there", "waits on", "young"]);
        // Nobody has deleted a call for its age: days do not close by themselves.
        let later = now() + TimeDelta::days(10);
        assert_eq!(retained(db, FOR_EVER, later).await.pushes, 0);
        move_horizon(&app, "2026-11-21").await;
        let report = retained(db, FOR_EVER, later).await;
        assert_eq!((report.calls, report.pushes), (0, 3), "the deleted call's, and those of the first moment that was kept");
        assert_eq!(noted(db).await, ["there"]);
    };

    /// A call of a day that is closed, and that is not deleted yet: a row that adds to it is refused as
    /// one that enters a call there.
    a_row_for_a_call_that_is_to_go_is_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        ingest(db, vec![
            new_call("old", "2026-11-01T02:00:00Z"), new_call("last", "2026-11-08T15:59:59Z"),
            new_call("first", "2026-11-08T16:00:00Z"),
        ]).await;
        import(&app, &[json!({ "platformCallId": "old", "grade": "A" })]).await;
        move_horizon(&app, "2026-11-09").await;
        let before = state(db).await;
        let rows = [
            json!({ "platformCallId": "old", "grade": "A" }),
            json!({ "platformCallId": "old ", "notes": "new" }),
            json!({ "platformCallId": "last", "grade": "B" }),
            json!({ "platformCallId": "never stored", "grade": "B" }),
            json!({ "externalId": "old", "callTime": "2026-11-08T15:59:59Z", "result": "BUSY" }),
        ];
        let results = import(&app, &rows).await;
        let codes: Vec<&Value> = results.iter().map(|result| &result["code"]).collect();
        assert_eq!(codes, ["OUT_OF_RANGE", "DUPLICATE", "OUT_OF_RANGE", "NOT_FOUND", "OUT_OF_RANGE"]);
        assert!(results.iter().all(|result| result["status"] == "INVALID"), "{results:?}");
        assert_eq!(problems(&results[2]["userErrors"]), [at("input.rows.2.platformCallId", "OUT_OF_RANGE")]);
        let closed = "2026-11-09 is the first day whose calls are kept: calls of earlier days are not kept any more (RETENTION_CALL_DAYS), and the figures of these days stay what they are";
        assert_eq!(results[2]["reason"], json!(format!("the call is of 2026-11-08, and {closed}")));
        assert_eq!(results[3]["reason"], json!(format!(
            "no call of the platform with this id is stored here: read its day first, with resyncDays or dialgraph sync; {closed}")));
        assert_eq!(state(db).await, before, "nothing was written");
        assert_eq!(noted(db).await, ["old"], "what was said before, until its call goes");

        let results = import(&app, &[json!({ "platformCallId": "first", "grade": "B" }), rows[2].clone()]).await;
        assert_eq!((&results[0]["status"], &results[1]["status"]), (&json!("UPDATED"), &json!("INVALID")));
        assert_eq!(noted(db).await, ["first", "old"]);
        assert_counted(&app).await;
        retained(db, KEPT, now()).await;
        assert_eq!((stored(db).await, noted(db).await), (vec!["first".to_owned()], vec!["first".to_owned()]));
        let results = import(&app, &rows[..1]).await;
        assert_eq!(results[0]["code"], "NOT_FOUND", "it is gone by now");
    };

    /// Pushes of closed days are heard, and nothing is noted of them: neither a call that would never
    /// come, nor what would fill one that is to go.
    a_push_of_a_closed_day_waits_for_nothing = async |backend: Backend| {
        let app = taking_pushes(&backend).await;
        let db = &app.database.db;
        ingest(db, vec![new_call("old", "2026-11-01T02:00:00Z")]).await;
        move_horizon(&app, "2026-11-09").await;
        let before = state(db).await;
        for (kind, body) in [
            ("cdr", json!({ "cdr_id": "new", "call_time": "2026-11-08 23:59:59", "duration": 9 })),
            ("cdr", json!({ "cdr_id": "new", "call_time": "2026-11-08 23:59:60", "duration": 9 })),
            ("form", json!({ "cdr_id": "new", "call_time": "2026-11-02T02:00:00Z", "grade": "9元" })),
            ("form", json!({ "cdr_id": "old", "grade": "9元" })),
            ("cdr", json!({ "cdr_id": "old", "call_time": "2026-11-19 10:00:00", "city": "杭州" })),
        ] {
            push(&app, kind, &body).await;
            assert_eq!(state(db).await, before, "{body}");
            assert_eq!(noted(db).await, [""; 0], "{body}");
        }
        // One whose time is not said may be of any day; one of the first second that is kept is a call.
        push(&app, "form", &json!({ "cdr_id": "waits", "grade": "9元" })).await;
        push(&app, "cdr", &json!({ "cdr_id": "kept", "call_time": "2026-11-09 00:00:00", "duration": 9 })).await;
        assert_eq!(noted(db).await, ["kept", "waits"]);
        assert_eq!(stored(db).await, ["kept", "old"]);
        // It turns out to be of a closed day: it waits no longer than calls are kept.
        push(&app, "cdr", &json!({ "cdr_id": "waits", "call_time": "2026-11-02 10:00:00" })).await;
        assert_eq!(stored(db).await, ["kept", "old"]);
        let later = now() + TimeDelta::days(12);
        retained(db, KEPT, later).await;
        assert_eq!((stored(db).await, noted(db).await), (Vec::new(), Vec::new()));
        assert_counted(&app).await;
    };

    /// A call of which nothing but pushes is known, and that is of another day by the next push.
    a_push_does_not_move_a_call_into_a_closed_day = async |backend: Backend| {
        let app = taking_pushes(&backend).await;
        let db = &app.database.db;
        move_horizon(&app, "2026-11-09").await;
        push(&app, "cdr", &json!({ "cdr_id": "1", "call_time": "2026-11-10 10:00:00", "duration": 9 })).await;
        push(&app, "cdr", &json!({ "cdr_id": "1", "call_time": "2026-11-02 10:00:00", "duration": 9, "city": "杭州" })).await;
        let seen = async || app.data("{ calls { nodes { callTime city notes } } }").await["calls"]["nodes"].clone();
        assert_eq!(seen().await, json!([{ "callTime": "2026-11-10T02:00:00Z", "city": null, "notes": null }]));
        push(&app, "form", &json!({ "cdr_id": "1", "remark": "x" })).await;
        assert_eq!(seen().await, json!([{ "callTime": "2026-11-10T02:00:00Z", "city": null, "notes": "x" }]));
        // Its own record is what counts.
        ingest(db, vec![new_call("1", "2026-11-10T02:00:00Z")]).await;
        assert_eq!(seen().await[0]["notes"], "x");
        assert_counted(&app).await;
    };
}
