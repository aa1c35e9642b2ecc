//! Days whose calls are kept no longer: what they counted for stays what it was, whoever writes at the
//! same moment, and whatever becomes of their tasks and grades.

use std::cell::Cell;

use axum::{
    body::Body,
    http::{Request, header},
};
use chrono::{DateTime, Utc};
use dialgraph::{
    domain::{
        business_time::BusinessZone,
        dialing::{CallResult, CallSource, Tag},
        incoming::{IncomingCall, PlatformAgent},
        stats::Dimension,
    },
    entity::{call, call_rollup},
    http::HttpOptions,
    service::{
        ingest,
        retention::{RetentionOptions, RetentionReport, retain},
    },
    store::{
        Database, Transaction,
        retention::{call_horizon, move_call_horizon, prune_calls},
        rollups, schema, tag_counts, write_calls,
    },
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseBackend, EntityTrait as _, QueryFilter as _,
    Statement,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{
        Backend, TestApp, TestDatabase, answer, call as new_call, day, down_to, ingest as ingested,
        remove, steps_to, task,
    },
    on_both,
};

const SECRET: &str = "sixteen characters";

fn now() -> DateTime<Utc> {
    "2026-11-20T04:00:00Z".parse().unwrap()
}

/// Calls are kept for 11 days: from 2026-11-09 on.
const KEPT: RetentionOptions = RetentionOptions {
    raw_days: 30,
    call_days: Some(11),
    run_days: 90,
};

async fn retained(db: &Database) -> RetentionReport {
    let stop = CancellationToken::new();
    retain(db, KEPT, BusinessZone::default(), now(), &stop)
        .await
        .unwrap()
}

/// A connected call of task 7 with a grade and a tag.
fn graded(id: &str, time: &str, grade: &str) -> IncomingCall {
    let mut call = new_call(id, time);
    call.task = Some(task("7"));
    call.agent = Some(PlatformAgent {
        external_id: "9".to_owned(),
        name: Some("坐席九".to_owned()),
        is_seat: true,
    });
    call.result = CallResult::Connected;
    call.duration = 60;
    call.details.grade = Some(grade.to_owned());
    call.tags.push(Tag {
        name: "size".to_owned(),
        value: "50".to_owned(),
    });
    call
}

/// Three old deals of 9 yuan, an old call of a text that no grade claims, and a deal that is not old.
fn calls() -> Vec<IncomingCall> {
    vec![
        graded("1", "2026-11-01T02:00:00Z", "9元"),
        graded("2", "2026-11-01T03:00:00Z", "9元"),
        graded("3", "2026-11-02T02:00:00Z", "9元"),
        graded("4", "2026-11-02T03:00:00Z", "意向客户"),
        graded("5", "2026-11-19T02:00:00Z", "9元"),
    ]
}

async fn assert_counted(db: &Database) {
    assert_eq!(rollups::differences(db).await.unwrap(), []);
    assert_eq!(tag_counts::differences(db).await.unwrap(), 0);
}

/// The figures of the old days.
async fn old_days(app: &TestApp) -> Value {
    app.data(
        r#"{
        callStats(from: "2026-11-01", to: "2026-11-08") { calls connectedCalls totalSuccess successRate interestedCalls grade9 revenue totalDuration }
        trend(from: "2026-11-01", to: "2026-11-03") { date calls totalSuccess }
        gradeStats(date: "2026-11-01") { grade9 totalSuccess }
        tags { nodes { tagName tagValue tagCount } }
    }"#,
    )
    .await
}

async fn calls_of_old_days(app: &TestApp) -> Value {
    let query = r#"{ callStats(from: "2026-11-01", to: "2026-11-08") { calls } }"#;
    app.data(query).await["callStats"]["calls"].clone()
}

/// Does `work`, and, once that waits for `tx` or is done, `rest` and a commit of `tx`.
fn while_open<T>(
    db: &Database,
    tx: Transaction,
    work: impl Future<Output = T>,
    rest: impl AsyncFnOnce(&Transaction),
) -> impl Future<Output = T> {
    let work = Box::pin(work);
    async move {
        let done = Cell::new(false);
        let work = async {
            let result = work.await;
            done.set(true);
            result
        };
        let open = async {
            // SQLite has one writer: who comes later waits, and there is nothing to look for.
            while db.read().get_database_backend() == DatabaseBackend::Postgres
                && !done.get()
                && !somebody_waits(db).await
            {
                tokio::task::yield_now().await;
            }
            rest(&tx).await;
            tx.commit().await.unwrap();
        };
        tokio::join!(work, open).0
    }
}

async fn somebody_waits(db: &Database) -> bool {
    let waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let statement = Statement::from_string(DatabaseBackend::Postgres, waiting);
    db.read().query_one_raw(statement).await.unwrap().is_some()
}

async fn count(db: &Database, sql: &str) -> i64 {
    let statement = Statement::from_string(db.read().get_database_backend(), sql);
    let row = db.read().query_one_raw(statement).await.unwrap();
    row.unwrap().try_get_by(0).unwrap()
}

on_both! {
    /// An import that has passed its check is stored before the horizon moves, and goes with its day.
    the_horizon_waits_for_writers = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let zone = BusinessZone::default();
        let old = || vec![graded("1", "2026-11-01T02:00:00Z", "9元"), graded("2", "2026-11-01T03:00:00Z", "9元")];
        let import = async |tx: &Transaction, calls: Vec<IncomingCall>| {
            ingest::ingest(tx, zone, CallSource::Import, &calls, now()).await.unwrap();
        };
        let tx = db.begin().await.unwrap();
        import(&tx, old()[..1].to_vec()).await;
        tx.commit().await.unwrap();
        let other = app.database.connect_again().await;
        let tx = db.begin().await.unwrap();
        write_calls(&tx).await.unwrap();
        assert_eq!(call_horizon(&tx).await.unwrap(), None);
        let report = while_open(db, tx, retained(&other), async |tx| import(tx, old()).await).await;
        assert_eq!(report.calls, 2, "the one that was there, and the one that was on its way");
        assert_eq!(call_horizon(db.read()).await.unwrap(), Some(day("2026-11-09")));
        let data = old_days(&app).await;
        assert_eq!((&data["callStats"]["calls"], &data["callStats"]["revenue"]), (&json!(2), &json!("18.00")));
        assert!(call::Entity::find().one(db.read()).await.unwrap().is_none());
        assert_counted(db).await;
    };

    /// Whoever comes while the horizon moves goes by the new one: pages, pushes, imports, and what
    /// people enter and change.
    writers_wait_for_the_horizon = async |backend: Backend| {
        let options = HttpOptions { webhook_secret: Some(SECRET.into()), ..HttpOptions::default() };
        let app = TestApp::with_options(&backend, options).await;
        let db = &app.database.db;
        ingested(db, vec![new_call("platform", "2026-11-19T02:00:00Z")]).await;
        let created = app.data(r#"mutation { createCall(input: { callTime: "2026-11-19T02:00:00Z", result: BUSY }) { call { id } } }"#).await;
        let id = &created["createCall"]["call"]["id"];
        let other = app.database.connect_again().await;
        let moving = async |to: &str| {
            let tx = other.begin().await.unwrap();
            move_call_horizon(&tx, day(to), now()).await.unwrap();
            tx
        };
        let nothing = async |_: &Transaction| {};
        let before = app.data("{ calls { nodes { id callTime } } }").await;

        let page = ingested(db, vec![graded("page", "2026-11-01T02:00:00Z", "9元")]);
        let page = while_open(db, moving("2026-11-02").await, page, nothing).await;
        assert_eq!(page.inserted, 0);

        let body = json!({ "cdr_id": 91, "call_time": "2026-11-02 10:00:00", "callState": 2, "duration": 20 });
        let push = Request::post("/webhooks/guanke/cdr")
            .header("X-Webhook-Secret", SECRET)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let push = while_open(db, moving("2026-11-03").await, app.send(push), nothing).await;
        assert_eq!(answer(push).await.status, 200, "it was heard, and its call is not kept");

        let problem = |payload: &Value| payload["userErrors"][0]["code"].clone();
        let import = r#"mutation { importCalls(input: { rows: [{ externalId: "i", callTime: "2026-11-03T02:00:00Z", result: BUSY }] }) {
            results { userErrors { code } } } }"#;
        let import = while_open(db, moving("2026-11-04").await, app.data(import), nothing).await;
        assert_eq!(problem(&import["importCalls"]["results"][0]), "OUT_OF_RANGE");

        let create = r#"mutation { createCall(input: { callTime: "2026-11-04T02:00:00Z", result: BUSY }) { userErrors { code } } }"#;
        let create = while_open(db, moving("2026-11-05").await, app.data(create), nothing).await;
        assert_eq!(problem(&create["createCall"]), "OUT_OF_RANGE");

        let update = format!(r#"mutation {{ updateCall(input: {{ id: {id}, callTime: "2026-11-05T02:00:00Z" }}) {{ userErrors {{ code }} }} }}"#);
        let update = while_open(db, moving("2026-11-06").await, app.data(&update), nothing).await;
        assert_eq!(problem(&update["updateCall"]), "OUT_OF_RANGE");

        assert_eq!(app.data("{ calls { nodes { id callTime } } }").await, before);
        assert_eq!(calls_of_old_days(&app).await, Value::Null, "nobody has read them, and nothing is stored");
        assert_counted(db).await;
    };

    /// The number of a list is that of its items: of all calls, of a task's and of an agent's; before,
    /// between and after the old ones are deleted.
    a_list_counts_its_items = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let mut all = calls();
        all.push(new_call("alone", "2026-11-02T05:00:00Z"));
        ingested(db, all).await;
        remove(db, &["4".to_owned()]).await;
        let counts = async || {
            let data = app.data("{ calls { totalCount nodes { id } }
                tasks { nodes { totalCalls calls { totalCount nodes { id } } } } agents { nodes { calls { totalCount nodes { id } } } } }").await;
            let lists = [&data["calls"], &data["tasks"]["nodes"][0]["calls"], &data["agents"]["nodes"][0]["calls"]];
            let counts = lists.map(|list| {
                let items = list["nodes"].as_array().unwrap().len();
                assert_eq!(list["totalCount"], json!(items));
                items
            });
            assert_eq!(data["tasks"]["nodes"][0]["totalCalls"], 4, "a figure of all time");
            counts
        };
        assert_eq!(counts().await, [5, 4, 4]);
        db.transaction(async |tx| move_call_horizon(tx, day("2026-11-09"), now()).await).await.unwrap();
        assert_eq!(counts().await, [5, 4, 4], "the horizon has moved, and they are all there");
        db.transaction(async |tx| prune_calls(tx, day("2026-11-09"), 2).await).await.unwrap();
        assert_eq!(counts().await, [3, 2, 2]);
        retained(db).await;
        assert_eq!(counts().await, [1, 1, 1]);
        let filtered = app.data(r#"{ calls(filter: { callDate: { lt: "2026-11-09" } }) { totalCount } }"#).await;
        assert_eq!(filtered["calls"]["totalCount"], 0);
        ingested(db, vec![graded("6", "2026-11-19T05:00:00Z", "9元")]).await;
        let data = app.data("{ calls { totalCount } }").await;
        assert_eq!(data["calls"]["totalCount"], 2);
    };

    /// The deals and the revenue of calls that are gone stay when their grade is deleted, and when
    /// another one of its name is made.
    a_deleted_grade_goes_on_counting = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingested(&app.database.db, calls()).await;
        retained(&app.database.db).await;
        let before = old_days(&app).await;
        assert_eq!(before["callStats"], json!({ "calls": 4, "connectedCalls": 4, "totalSuccess": 3, "successRate": 0.75,
            "interestedCalls": 3, "grade9": 3, "revenue": "27.00", "totalDuration": 240 }));
        let deleted = app.data(r#"mutation { deleteGrade(input: { code: "NINE_YUAN" }) { regradedCalls keptCalls userErrors { message } } }"#).await;
        assert_eq!(deleted["deleteGrade"], json!({ "regradedCalls": 1, "keptCalls": 3, "userErrors": [] }));
        assert_eq!(old_days(&app).await, before);
        let shown = app.data(r#"{ gradeStats(date: "2026-11-01") { grades { code label count unitPrice revenue isSuccess isRetired } } }"#).await;
        let grades = shown["gradeStats"]["grades"].as_array().unwrap().iter();
        let with_calls: Vec<&Value> = grades.filter(|grade| grade["count"] != 0).collect();
        assert_eq!(with_calls, [&json!({ "code": "NINE_YUAN", "label": "9元", "count": 2, "unitPrice": "9.00", "revenue": "18.00",
            "isSuccess": true, "isRetired": true })]);
        // What is kept follows the catalogue.
        let young = async || app.data(r#"{ callStats(from: "2026-11-19", to: "2026-11-19") { totalSuccess revenue } }"#).await["callStats"].clone();
        assert_eq!(young().await, json!({ "totalSuccess": 0, "revenue": "0.00" }));
        let again = app.data(r#"mutation { upsertGrade(input: { code: "NINE_YUAN", label: "9元", patterns: ["9元"], unitPrice: "10", isSuccess: true }) {
            regradedCalls keptCalls userErrors { message } } }"#).await;
        assert_eq!(again["upsertGrade"], json!({ "regradedCalls": 1, "keptCalls": 0, "userErrors": [] }));
        assert_eq!(young().await, json!({ "totalSuccess": 1, "revenue": "10.00" }));
        assert_eq!(old_days(&app).await, before);
        assert_counted(&app.database.db).await;
        let side = app.data(r#"{ reconciliation(from: "2026-11-01", to: "2026-11-02", by: [DAY]) { rows { date ours { dialled success } } } }"#).await;
        assert_eq!(side["reconciliation"]["rows"], json!([{ "date": "2026-11-01", "ours": { "dialled": 2, "success": 2 } },
            { "date": "2026-11-02", "ours": { "dialled": 2, "success": 1 } }]));
    };

    /// So they do when its price changes, or what it means: also for calls that no grade claims, and
    /// where some of a day are gone and some are not.
    a_changed_grade_changes_what_is_kept_only = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        ingested(db, calls()).await;
        // Of the first day one call goes; the rest of the old ones are still there.
        db.transaction(async |tx| {
            move_call_horizon(tx, day("2026-11-09"), now()).await?;
            prune_calls(tx, day("2026-11-09"), 1).await
        }).await.unwrap();
        let upsert = async |fields: &str| {
            let mutation = format!("mutation {{ upsertGrade(input: {{ {fields} }}) {{ keptCalls userErrors {{ message }} }} }}");
            let payload = app.data(&mutation).await["upsertGrade"].clone();
            assert_eq!(payload["userErrors"], json!([]));
            payload["keptCalls"].clone()
        };
        let sums = async || {
            let data = old_days(&app).await["callStats"].clone();
            json!([data["totalSuccess"], data["interestedCalls"], data["revenue"], data["grade9"]])
        };
        assert_eq!(sums().await, json!([3, 3, "27.00", 3]));
        assert_eq!(upsert(r#"code: "NINE_YUAN", label: "九元""#).await, 0, "a name is no figure");
        assert_eq!(upsert(r#"code: "NINE_YUAN", unitPrice: "10""#).await, 1);
        // 9 of the one that is gone, 2 × 10.
        assert_eq!(sums().await, json!([3, 3, "29.00", 3]));
        retained(db).await;
        assert_eq!(sums().await, json!([3, 3, "29.00", 3]));
        assert_eq!(upsert(r#"code: "NINE_YUAN", isSuccess: false, unitPrice: "0""#).await, 2);
        assert_eq!(upsert(r#"code: "OTHER", isInterested: true"#).await, 1);
        assert_eq!(sums().await, json!([3, 3, "29.00", 3]));
        assert_eq!(upsert(r#"code: "NINE_YUAN", patterns: []"#).await, 0);
        assert_eq!(sums().await, json!([3, 3, "29.00", 3]));
        let young = app.data(r#"{ callStats(from: "2026-11-19", to: "2026-11-19") { totalSuccess interestedCalls revenue } }"#).await;
        assert_eq!(young["callStats"], json!({ "totalSuccess": 0, "interestedCalls": 1, "revenue": "0.00" }));
        assert_counted(db).await;
    };

    /// What calls of a deleted task counted for that are gone stays in their days, under no task.
    a_deleted_task_leaves_its_days_what_they_were = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        ingested(db, calls()).await;
        // Two of the four old ones are gone when the task goes.
        db.transaction(async |tx| {
            move_call_horizon(tx, day("2026-11-09"), now()).await?;
            prune_calls(tx, day("2026-11-09"), 2).await
        }).await.unwrap();
        let tasks = app.data("{ tasks { nodes { id databaseId } } }").await["tasks"]["nodes"][0].clone();
        let delete = format!("mutation {{ deleteTask(input: {{ id: {} }}) {{ deletedCalls deletedTags keptCalls userErrors {{ message }} }} }}", tasks["id"]);
        let deleted = app.data(&delete).await["deleteTask"].clone();
        assert_eq!(deleted, json!({ "deletedCalls": 3, "deletedTags": 3, "keptCalls": 2, "userErrors": [] }));
        let data = old_days(&app).await;
        assert_eq!(data["callStats"], json!({ "calls": 2, "connectedCalls": 2, "totalSuccess": 2, "successRate": 1.0,
            "interestedCalls": 2, "grade9": 2, "revenue": "18.00", "totalDuration": 120 }));
        assert_eq!(data["tags"]["nodes"], json!([{ "tagName": "size", "tagValue": "50", "tagCount": 2 }]));
        let cells = call_rollup::Entity::find().filter(call_rollup::Column::Dimension.eq(Dimension::Task));
        let cells = cells.all(db.read()).await.unwrap().into_iter().filter(|cell| cell.calls != 0);
        let cells: Vec<(String, i64)> = cells.map(|cell| (cell.key, cell.calls)).collect();
        assert_eq!(cells, [(String::new(), 2)], "no key that is gone");
        assert_counted(db).await;
        let rebuild = async |tx: &Transaction| { rollups::rebuild(tx).await?; tag_counts::rebuild(tx).await };
        db.transaction(rebuild).await.unwrap();
        assert_eq!(old_days(&app).await, data);
    };

    /// Back past the marks of removed calls: they count like others, until they are found to be gone.
    going_back_counts_removed_calls = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let mut young = calls().split_off(4);
        young.push(graded("8", "2026-11-19T03:00:00Z", "9元"));
        ingested(db, young).await;
        remove(db, &["8".to_owned()]).await;
        down_to(db, "m20261123_000002_mark_removed_calls").await;
        let cells = "SELECT CAST(SUM(calls) AS BIGINT) FROM call_rollups WHERE dimension = 'TASK'";
        assert_eq!(count(db, cells).await, 2);
        assert_eq!(count(db, "SELECT CAST(SUM(duration) AS BIGINT) FROM call_rollups WHERE dimension = 'HOUR'").await, 120);
        schema::up(db, None).await.unwrap();
        assert_counted(db).await;
        let stats = async || app.data(r#"{ callStats(from: "2026-11-19", to: "2026-11-19") { calls totalSuccess revenue } tags { nodes { tagCount } } }"#).await;
        let of = |calls: i64, revenue: &str| json!({ "callStats": { "calls": calls, "totalSuccess": calls, "revenue": revenue }, "tags": { "nodes": [{ "tagCount": calls }] } });
        assert_eq!(stats().await, of(2, "18.00"));
        remove(db, &["8".to_owned()]).await;
        assert_eq!(stats().await, of(1, "9.00"));
        assert_counted(db).await;
    };

    /// Back past the figures themselves: they are counted again on the way up.
    figures_come_back_with_their_tables = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        ingested(db, calls()).await;
        let before = old_days(&app).await;
        down_to(db, "m20261120_000007_create_call_rollups").await;
        schema::up(db, None).await.unwrap();
        assert_eq!(old_days(&app).await, before);
        assert_counted(db).await;
    };

    /// Figures of calls that are gone keep the schema from going back to where nobody knows of them.
    going_back_is_refused_where_figures_would_be_lost = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let steps = steps_to(db, "m20261123_000004_add_retention").await;
        ingested(db, calls()).await;
        retained(db).await;
        app.data(r#"mutation { deleteGrade(input: { code: "NINE_YUAN" }) { userErrors { message } } }"#).await;
        let before = old_days(&app).await;
        let refused = async || {
            let error = schema::down(db, Some(steps)).await.unwrap_err();
            assert!(schema::is_current(db.read()).await.unwrap());
            std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()
        };
        let message = refused().await;
        assert!(message.contains("retired_grades has grades (1 in all)"), "{message}");
        assert_eq!(old_days(&app).await, before);
        let give_up = async |table: &str| { db.write().execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap(); };
        give_up("retired_grades").await;
        let message = refused().await;
        assert!(message.contains("calls of days before 2026-11-09 (4 in all) were deleted for their age"), "{message}");
        give_up("retention_horizons").await;
        schema::down(db, Some(steps)).await.unwrap();
        schema::up(db, None).await.unwrap();
        db.transaction(async |tx| rollups::rebuild(tx).await).await.unwrap();
        assert_eq!(calls_of_old_days(&app).await, Value::Null, "given up");
    };

    /// A horizon that nothing was deleted for is in nobody's way.
    going_back_past_a_horizon_without_figures = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        ingested(db, vec![graded("5", "2026-11-19T02:00:00Z", "9元")]).await;
        db.transaction(async |tx| move_call_horizon(tx, day("2026-11-09"), now()).await).await.unwrap();
        down_to(db, "m20261123_000004_add_retention").await;
        schema::up(db, None).await.unwrap();
        assert_counted(db).await;
    };
}
