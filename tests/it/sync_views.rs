//! What people see of synchronisation: runs and their slices, where it stands, what is known of
//! each day, and what they may ask of it.

use chrono::{DateTime, TimeDelta, Utc};
use dialgraph::{
    domain::{
        business_time::DayRange,
        sync::{SliceState, SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
        viewer::Role,
    },
    entity::{sync_day, sync_slice, sync_track},
    guanke::simulator::{Fault, FaultKind, FaultOn},
    store::{
        run_claims, sync_days,
        sync_runs::{self, NewRun, RunCounts, SyncRunRow},
    },
    sync::{Reporter, RunOutcome},
};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, sea_query::Expr};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, NOW, TestApp, day},
    on_both,
};

const CALLS: SyncTrack = SyncTrack::CallRecords;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A run of two days, started 20 s before now, that has read 600 records.
async fn running(app: &TestApp) -> SyncRunRow {
    let tx = app.database.db.begin().await.unwrap();
    let new = NewRun {
        track: CALLS,
        window: SyncWindow::Manual,
        days: DayRange::new(day("2026-11-18"), day("2026-11-19")).unwrap(),
        trigger: SyncTrigger::Api,
    };
    let started = at(NOW) - TimeDelta::seconds(20);
    let run = sync_runs::create(&tx, new, "test", started).await.unwrap();
    let counts = RunCounts {
        pages: 6,
        fetched: 600,
        ..RunCounts::default()
    };
    sync_runs::add_counts(&tx, run.id, counts, at(NOW))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    run
}

/// The slices of that run so far: of one day, and one of them cut in two.
async fn plan(app: &TestApp, run: &SyncRunRow) {
    use SliceState::{Done, Pending, Reading, Split};
    let tx = app.database.db.begin().await.unwrap();
    for (hour, state, expected, seen) in [
        (0, Done, Some(300), Some(300)),
        (6, Done, Some(300), Some(300)),
        (12, Split, Some(900), None),
        (12, Reading, Some(300), None),
        (18, Pending, None, None),
    ] {
        let from = at("2026-11-18T16:00:00Z") + TimeDelta::hours(hour);
        let slice = sync_slice::ActiveModel {
            run_id: Set(run.id),
            track: Set(CALLS),
            day: Set(day("2026-11-19")),
            from_at: Set(from),
            to_at: Set(from + TimeDelta::seconds(21_599)),
            state: Set(state),
            expected: Set(expected),
            seen: Set(seen),
            pages: Set(seen.map_or(0, |_| 3)),
            attempts: Set(i64::from(seen.is_some())),
            created_at: Set(at(NOW)),
            ..Default::default()
        };
        slice.insert(&tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// What is known of a day, with what `change` makes of it.
async fn know(
    app: &TestApp,
    track: SyncTrack,
    date: &str,
    change: impl FnOnce(&mut sync_day::ActiveModel),
) {
    let tx = app.database.db.begin().await.unwrap();
    let mut known = sync_day::ActiveModel {
        track: Set(track),
        day: Set(day(date)),
        is_stale: Set(false),
        updated_at: Set(at(NOW)),
        ..Default::default()
    };
    change(&mut known);
    known.insert(&tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn run_window(app: &TestApp, window: SyncWindow) -> RunOutcome {
    let new = NewRun {
        track: CALLS,
        window,
        days: window.days(day("2026-11-20")).unwrap(),
        trigger: SyncTrigger::Schedule,
    };
    app.syncer.run(new, Reporter::default()).await.unwrap()
}

fn mutation(field: &str, input: &str, answer: &str) -> String {
    format!(
        "mutation {{ {field}(input: {{ {input} }}) {{ {answer} userErrors {{ field code message }} }} }}"
    )
}

on_both! {
    /// The ledger of a run, and what it says of its pace: worked out by hand in the unit test too.
    a_run_shows_its_slices_and_its_pace = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let run = running(&app).await;
        plan(&app, &run).await;
        let data = app
            .data(
                "{ syncRuns { nodes { slicesTotal slicesDone elapsedSeconds recordsPerSecond remainingSeconds
                   daysFailed retries removed cancelledAt
                   slices(first: 2, filter: { state: { ne: SPLIT } }) { totalCount nodes { databaseId track day from to state expected seen
                     undialled removed pages retries attempts error startedAt finishedAt run { databaseId } } } } } }",
            )
            .await;
        // 600 in 20 s. Three of four slices are known to have 300 each, so the day has some 1,200, and
        // the other day as many: 1,800 are left.
        let mut expected = json!({
            "slicesTotal": 4, "slicesDone": 2, "elapsedSeconds": 20.0, "recordsPerSecond": 30.0, "remainingSeconds": 60.0,
            "daysFailed": 0, "retries": 0, "removed": 0, "cancelledAt": null,
        });
        let slice = |id: i64, from: &str, to: &str| json!({
            "databaseId": id, "track": "CALL_RECORDS", "day": "2026-11-19", "from": from, "to": to, "state": "DONE",
            "expected": 300, "seen": 300, "undialled": 0, "removed": 0, "pages": 3, "retries": 0, "attempts": 1,
            "error": null, "startedAt": null, "finishedAt": null, "run": { "databaseId": run.id },
        });
        expected["slices"] = json!({ "totalCount": 4, "nodes": [
            slice(1, "2026-11-18T16:00:00Z", "2026-11-18T21:59:59Z"),
            slice(2, "2026-11-18T22:00:00Z", "2026-11-19T03:59:59Z"),
        ]});
        assert_eq!(data["syncRuns"]["nodes"], json!([expected]));

        // A run that has ended has nothing left, and its pace is that of its own time.
        let tx = app.database.db.begin().await.unwrap();
        let end = at(NOW) + TimeDelta::seconds(10);
        run_claims::finish(&tx, &run, SyncStatus::Failed, end).await.unwrap();
        tx.commit().await.unwrap();
        app.clock.set(at("2026-11-20T09:00:00Z"));
        let data = app.data("{ syncRuns { nodes { elapsedSeconds recordsPerSecond remainingSeconds } } }").await;
        let expected = json!({ "elapsedSeconds": 30.0, "recordsPerSecond": 20.0, "remainingSeconds": null });
        assert_eq!(data["syncRuns"]["nodes"], json!([expected]));
    };

    /// Many runs take as many statements as one.
    slices_and_totals_of_many_runs_take_a_fixed_number_of_statements = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let query = "{ syncRuns { nodes { slicesTotal slicesDone remainingSeconds slices(first: 3) { nodes { state } totalCount } } } }";
        for runs in 1..=3 {
            let run = running(&app).await;
            plan(&app, &run).await;
            app.statements();
            let data = app.data(query).await;
            assert_eq!(data["syncRuns"]["nodes"].as_array().unwrap().len(), runs);
            assert_eq!(data["syncRuns"]["nodes"][runs - 1]["slices"]["totalCount"], 5);
            // Runs, slices, what they come to, and their number.
            assert_eq!(app.statements().len(), 4);
        }
    };

    /// A slice is found by its global id.
    a_slice_is_a_node = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let run = running(&app).await;
        plan(&app, &run).await;
        let data = app.data("{ syncRuns { nodes { slices(last: 1) { nodes { id state } } } } }").await;
        let slice = &data["syncRuns"]["nodes"][0]["slices"]["nodes"][0];
        assert_eq!(slice["state"], "PENDING");
        let id = slice["id"].as_str().unwrap();
        let data = app.data(&format!(r#"{{ node(id: "{id}") {{ __typename id }} }}"#)).await;
        assert_eq!(data["node"], json!({ "__typename": "SyncSlice", "id": id }));
    };

    /// Each window says what ran last, what succeeded last, what comes next and how old it is.
    the_status_says_what_ran_and_what_comes = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let query = "{ syncStatus { platformConfigured tracks { track breaker { state failures since retryAt error }
            windows { window lastRun { databaseId status } running { databaseId } lastSuccessAt nextRunAt lagSeconds } } } }";
        let never = |window: &str, next: Value| json!({
            "window": window, "lastRun": null, "running": null, "lastSuccessAt": null, "nextRunAt": next, "lagSeconds": null,
        });
        let closed = json!({ "state": "CLOSED", "failures": 0, "since": null, "retryAt": null, "error": null });
        let nothing = json!({
            "track": "TASK_STATS", "breaker": closed,
            "windows": [never("T10", Value::Null), never("T3", Value::Null), never("TODAY", Value::Null), never("MANUAL", Value::Null)],
        });
        let data = app.data(query).await;
        // It is noon in Shanghai: */10 9-23, and 5 1,10,15,21.
        let (today, t3) = (json!("2026-11-20T04:10:00Z"), json!("2026-11-20T07:05:00Z"));
        assert_eq!(data["syncStatus"], json!({ "platformConfigured": true, "tracks": [nothing, {
            "track": "CALL_RECORDS", "breaker": closed,
            "windows": [never("T10", Value::Null), never("T3", t3.clone()), never("TODAY", today.clone()), never("MANUAL", Value::Null)],
        }]}));

        assert_eq!(run_window(&app, SyncWindow::Today).await.status, SyncStatus::Succeeded);
        assert_eq!(run_window(&app, SyncWindow::T3).await.status, SyncStatus::Succeeded);
        app.clock.set(at("2026-11-20T04:07:30Z"));
        app.platform.add_fault(Fault {
            on: FaultOn::Page { day: Some(day("2026-11-20")), page: None },
            kind: FaultKind::Code(500),
            times: None,
        });
        assert_eq!(run_window(&app, SyncWindow::Today).await.status, SyncStatus::Failed);
        let tx = app.database.db.begin().await.unwrap();
        let open = sync_track::ActiveModel {
            track: Set(CALLS),
            failures: Set(5),
            opened_at: Set(Some(at("2026-11-20T04:07:30Z"))),
            retry_at: Set(Some(at("2026-11-20T04:08:00Z"))),
            error: Set(Some("Guanke answered with code 500".to_owned())),
            refused_at: Set(None),
            updated_at: Set(at("2026-11-20T04:07:30Z")),
            ..Default::default()
        };
        // In place of what the run before has said.
        sync_track::Entity::delete_by_id(CALLS).exec(&tx).await.unwrap();
        open.insert(&tx).await.unwrap();
        tx.commit().await.unwrap();
        let work = running(&app).await.id;

        app.statements();
        let data = app.data(query).await;
        // Days, runs, breakers.
        assert_eq!(app.statements().len(), 3);
        let mut breaker = json!({
            "state": "OPEN", "failures": 5, "since": "2026-11-20T04:07:30Z", "retryAt": "2026-11-20T04:08:00Z",
            "error": "Guanke answered with code 500",
        });
        let windows = json!([
            never("T10", Value::Null),
            { "window": "T3", "lastRun": { "databaseId": 2, "status": "SUCCEEDED" }, "running": null,
              "lastSuccessAt": "2026-11-20T04:00:00Z", "nextRunAt": t3, "lagSeconds": 450 },
            { "window": "TODAY", "lastRun": { "databaseId": 3, "status": "FAILED" }, "running": null,
              "lastSuccessAt": "2026-11-20T04:00:00Z", "nextRunAt": today, "lagSeconds": 450 },
            { "window": "MANUAL", "lastRun": { "databaseId": work, "status": "RUNNING" }, "running": { "databaseId": work },
              "lastSuccessAt": null, "nextRunAt": null, "lagSeconds": null },
        ]);
        let status = &data["syncStatus"]["tracks"];
        assert_eq!(status[0], nothing);
        assert_eq!(status[1], json!({ "track": "CALL_RECORDS", "breaker": breaker, "windows": windows }));

        app.clock.set(at("2026-11-20T04:08:00Z"));
        breaker["state"] = json!("HALF_OPEN");
        let data = app.query_as(Role::Analyst, query).await.data();
        assert_eq!(data["syncStatus"]["tracks"][1]["breaker"], breaker);

        // Another process read a day well since, whatever became of the one that noted this.
        let read = Expr::value(at("2026-11-20T04:07:31Z"));
        let days = sync_day::Entity::update_many().col_expr(sync_day::Column::SyncedAt, read);
        days.exec(app.database.db.write()).await.unwrap();
        assert_eq!(app.data(query).await["syncStatus"]["tracks"][1]["breaker"], closed);
    };

    /// Each day on each track, also such as nobody ever read, and what is missing.
    coverage_says_what_is_known_of_each_day = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let run = running(&app).await.id;
        know(&app, CALLS, "2026-11-17", |day| {
            day.expected = Set(Some(300));
            day.seen = Set(Some(300));
            day.undialled = Set(5);
            day.completed_at = Set(Some(at("2026-11-18T17:05:00Z")));
            day.verified_at = Set(Some(at("2026-11-19T23:05:00Z")));
            day.synced_at = Set(Some(at("2026-11-19T23:05:00Z")));
            day.synced_through = Set(Some(at("2026-11-17T15:59:59Z")));
            day.last_run_id = Set(Some(run));
        }).await;
        know(&app, CALLS, "2026-11-18", |day| {
            day.expected = Set(Some(300));
            day.seen = Set(Some(280));
            day.is_stale = Set(true);
            day.error = Set(Some("Guanke answered with HTTP status 502".to_owned()));
            day.last_run_id = Set(Some(run));
        }).await;
        // The platform counts fewer than were read before: nothing is missing.
        know(&app, SyncTrack::TaskStats, "2026-11-17", |day| {
            day.expected = Set(Some(295));
            day.seen = Set(Some(300));
            day.synced_through = Set(Some(at("2026-11-17T15:59:59Z")));
        }).await;
        app.statements();
        let data = app
            .data(
                r#"{ syncCoverage(from: "2026-11-17", to: "2026-11-19") { from to
                   days { date track complete stale verifiedAt syncedThrough expected stored missing undialled error lastRun { databaseId } }
                   totals { track days completeDays staleDays neverReadDays missing } } }"#,
            )
            .await;
        // Days, the horizon, calls by the figures, calls of other origin, calls listed elsewhere (2), and runs.
        assert_eq!(app.statements().len(), 7);
        insta::assert_json_snapshot!("coverage", data["syncCoverage"]);
        let data = app
            .data(r#"{ syncCoverage(from: "2026-11-19", to: "2026-11-19", tracks: [TASK_STATS]) { days { track } totals { neverReadDays } } }"#)
            .await;
        let expected = json!({ "days": [{ "track": "TASK_STATS" }], "totals": [{ "neverReadDays": 1 }] });
        assert_eq!(data["syncCoverage"], expected);
    };

    /// Days that cannot be asked for are refused with the rule.
    coverage_and_reconciliation_are_of_days_that_have_begun = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (field, most) in [("syncCoverage", 400), ("reconciliation", 31)] {
            for (from, to, rule) in [
                ("2026-11-20", "2026-11-19", "must not lie before"),
                ("2026-11-20", "2026-11-21", "must not lie in the future: today is 2026-11-20"),
                ("2025-01-01", "2026-11-20", &*format!("at most {most} days")),
            ] {
                let answer = app.query(&format!(r#"{{ {field}(from: "{from}", to: "{to}") {{ __typename }} }}"#)).await;
                assert_eq!(answer.code(), "BAD_USER_INPUT");
                assert!(answer.message().contains(rule), "{}", answer.message());
            }
        }
    };

    /// A run is asked to end once, by those who may, and the record says by whom.
    a_run_is_asked_to_end = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        running(&app).await;
        let data = app.data("{ syncRuns { nodes { id } } }").await;
        let id = data["syncRuns"]["nodes"][0]["id"].as_str().unwrap();
        let cancel = mutation("cancelSync", &format!(r#"runId: "{id}""#), "run { cancelledAt status }");
        for role in [Role::Agent, Role::Analyst] {
            assert_eq!(app.query_as(role, &cancel).await.code(), "FORBIDDEN");
        }
        let expected = json!({ "run": { "cancelledAt": "2026-11-20T04:00:00Z", "status": "RUNNING" }, "userErrors": [] });
        assert_eq!(app.query_as(Role::Manager, &cancel).await.data()["cancelSync"], expected);
        // Again: nothing changes, and nothing is recorded.
        app.clock.set(at("2026-11-20T04:00:05Z"));
        assert_eq!(app.data(&cancel).await["cancelSync"], expected);
        let data = app.data("{ auditLog { nodes { operation role objectType objectId changes } } }").await;
        let entry = json!({
            "operation": "cancelSync", "role": "MANAGER", "objectType": "SyncRun", "objectId": id,
            "changes": { "cancelledAt": { "before": null, "after": "2026-11-20T04:00:00Z" } },
        });
        assert_eq!(data["auditLog"]["nodes"], json!([entry]));
    };

    /// A run that has ended, one that there is none of, and what is no run.
    what_cannot_be_ended_is_a_user_error = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        let data = app.data("{ syncRuns { nodes { id } } tasks(first: 1) { nodes { id } } }").await;
        let ended = data["syncRuns"]["nodes"][0]["id"].as_str().unwrap().to_owned();
        let task = data["tasks"]["nodes"][0]["id"].as_str().unwrap().to_owned();
        for (id, code) in [(ended, "ALREADY_ENDED"), ("U3luY1J1bjo5OTk".to_owned(), "NOT_FOUND"), (task, "INVALID_ID")] {
            let data = app.data(&mutation("cancelSync", &format!(r#"runId: "{id}""#), "run { id }")).await;
            let error = &data["cancelSync"]["userErrors"][0];
            assert_eq!((&error["field"], &error["code"]), (&json!(["input", "runId"]), &json!(code)), "{error}");
            assert_eq!(data["cancelSync"]["run"], Value::Null);
        }
        let data = app.data("{ syncRuns { nodes { cancelledAt } } auditLog { nodes { operation } } }").await;
        assert_eq!(data, json!({ "syncRuns": { "nodes": [{ "cancelledAt": null }] }, "auditLog": { "nodes": [] } }));
    };

    /// Days are read whole again by runs of their own, though others are at work on them.
    days_are_read_whole_again = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        for date in ["2026-11-18", "2026-11-19"] {
            let tx = app.database.db.begin().await.unwrap();
            let mut known: sync_day::ActiveModel =
                sync_days::find(&tx, CALLS, day(date)).await.unwrap().unwrap().into();
            known.verified_at = Set(Some(at(NOW)));
            known.update(&tx).await.unwrap();
            tx.commit().await.unwrap();
        }
        let at_work = running(&app).await.id;
        // So that what is known can be looked at before the new run knows better.
        app.platform.add_fault(Fault {
            on: FaultOn::Page { day: None, page: None },
            kind: FaultKind::Code(500),
            times: None,
        });
        let resync = mutation("resyncDays", r#"from: "2026-11-19", to: "2026-11-19", tracks: [CALL_RECORDS]"#, "runs { databaseId track window trigger from to status }");
        assert_eq!(app.query_as(Role::Agent, &resync).await.code(), "FORBIDDEN");
        let data = app.query_as(Role::Manager, &resync).await.data();
        let run = json!({
            "databaseId": at_work + 1, "track": "CALL_RECORDS", "window": "MANUAL", "trigger": "API",
            "from": "2026-11-19", "to": "2026-11-19", "status": "RUNNING",
        });
        assert_eq!(data["resyncDays"], json!({ "runs": [run], "userErrors": [] }));
        app.syncer.wait_idle().await;
        let verified = async |date: &str| {
            let known = sync_days::find(app.database.db.read(), CALLS, day(date)).await.unwrap().unwrap();
            known.verified_at.is_some()
        };
        assert!(verified("2026-11-18").await, "nobody asked for this day");
        assert!(!verified("2026-11-19").await);
        let data = app.data("{ auditLog { nodes { operation objectType changes } } }").await;
        let new = |value: &str| json!({ "before": null, "after": value });
        assert_eq!(data["auditLog"]["nodes"], json!([{ "operation": "resyncDays", "objectType": "SyncRun",
            "changes": { "track": new("CALL_RECORDS"), "from": new("2026-11-19"), "to": new("2026-11-19") } }]));

        app.platform.clear_faults();
        let both = mutation("resyncDays", r#"from: "2026-11-19", to: "2026-11-19""#, "runs { track }");
        let data = app.data(&both).await;
        assert_eq!(data["resyncDays"]["runs"], json!([{ "track": "CALL_RECORDS" }, { "track": "TASK_STATS" }]));
        app.syncer.wait_idle().await;
        let data = app.data("{ syncRuns(first: 2) { nodes { status fetched } } }").await;
        assert_eq!(data["syncRuns"]["nodes"][1], json!({ "status": "SUCCEEDED", "fetched": 300 }));
    };

    /// Days that cannot be read again are named, and no run begins.
    impossible_days_are_not_read_again = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (from, to, code) in [
            ("2026-11-19", "2026-11-18", "RANGE_REVERSED"),
            ("2026-11-19", "2026-11-21", "IN_THE_FUTURE"),
            ("2026-01-01", "2026-11-18", "TOO_MANY_DAYS"),
        ] {
            let data = app.data(&mutation("resyncDays", &format!(r#"from: "{from}", to: "{to}""#), "runs { id }")).await;
            let error = &data["resyncDays"]["userErrors"][0];
            assert_eq!((&error["field"], &error["code"]), (&json!(["input", "to"]), &json!(code)));
        }
        assert_eq!(app.data("{ syncRuns { nodes { id } } }").await["syncRuns"]["nodes"], json!([]));
    };

    /// Figures say together what they are worth.
    grades_and_dashboard_carry_their_freshness = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-19", "2026-11-20").await;
        let data = app
            .data(r#"{ gradeStats(date: "2026-11-19") { freshness { complete stale syncedThrough } }
                       dashboard { freshness { complete stale syncedThrough } yesterday { freshness { complete } } } }"#)
            .await;
        assert_eq!(data["gradeStats"]["freshness"], json!({ "complete": true, "stale": false, "syncedThrough": "2026-11-19T15:59:59Z" }));
        // The month began with days that nobody read, and its last day is going on.
        let expected = json!({
            "freshness": { "complete": false, "stale": false, "syncedThrough": "2026-11-20T04:00:00Z" },
            "yesterday": { "freshness": { "complete": true } },
        });
        assert_eq!(data["dashboard"], expected);
    };
}
