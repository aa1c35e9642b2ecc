//! What is old is deleted, and what was counted of it stays counted.

use chrono::{DateTime, TimeDelta, Utc};
use dialgraph::{
    domain::{
        business_time::{BusinessZone, DayRange},
        dialing::Tag,
        incoming::IncomingCall,
        pushed_call::PushedCall,
        sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
    },
    entity::{call, call_push, call_tag, raw_record, sync_day, sync_run},
    service::{
        housekeeping::Housekeeping,
        retention::{RetentionOptions, RetentionReport, retain, survey},
    },
    store::{
        Database, call_pushes, raw_records,
        retention::move_call_horizon,
        rollups, run_claims, sync_days,
        sync_runs::{self, NewRun},
        tag_counts,
    },
};
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{Backend, TestApp, TestDatabase, call as new_call, day, ingest, task},
    on_both,
};

const NOW: &str = "2026-11-20T04:00:00Z";

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

fn ago(days: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(days)
}

/// Keeps calls for 11 days: from 2026-11-09 on.
const CALLS_TOO: RetentionOptions = RetentionOptions {
    raw_days: 30,
    call_days: Some(11),
    run_days: 90,
};

async fn retained(db: &Database, options: RetentionOptions) -> RetentionReport {
    let would = survey(db, options, BusinessZone::default(), now())
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let report = retain(db, options, BusinessZone::default(), now(), &stop)
        .await
        .unwrap();
    assert_eq!(report, would);
    report
}

fn tagged(id: &str, time: &str) -> IncomingCall {
    let mut call = new_call(id, time);
    call.task = Some(task("7"));
    call.details.grade = Some("9元".to_owned());
    call.tags.push(Tag {
        name: "size".to_owned(),
        value: "50".to_owned(),
    });
    call
}

/// Two old calls, and two that are not: of the first second that is kept, and of yesterday.
fn calls() -> Vec<IncomingCall> {
    vec![
        tagged("1", "2026-11-01T02:00:00Z"),
        tagged("2", "2026-11-08T15:59:59Z"),
        tagged("3", "2026-11-08T16:00:00Z"),
        tagged("4", "2026-11-19T02:00:00Z"),
    ]
}

async fn figures(app: &TestApp) -> Value {
    app.data(
        r#"{
        tasks { nodes { totalCalls } } tags { nodes { tagName tagValue tagCount } }
        trend(from: "2026-11-01", to: "2026-11-19") { date calls totalSuccess }
    }"#,
    )
    .await
}

async fn assert_counted(db: &Database) {
    assert_eq!(rollups::differences(db).await.unwrap(), []);
    assert_eq!(tag_counts::differences(db).await.unwrap(), 0);
}

on_both! {
    /// What is old is deleted once a day, at half past three in the morning, by one instance.
    one_instance_does_it_once_a_day = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let of = |instance: &str| Housekeeping {
            db: app.database.db.clone(),
            clock: app.clock.clone(),
            zone: BusinessZone::default(),
            options: RetentionOptions::default(),
            instance: instance.to_owned(),
        };
        let stop = CancellationToken::new();
        let done = async |instance: &str| of(instance).once(&stop).await.unwrap().is_some();
        // Noon of the 20th in Shanghai.
        assert!(done("one").await);
        assert!(!done("two").await);
        app.clock.set("2026-11-20T19:29:59Z".parse().unwrap());
        assert!(!done("one").await);
        app.clock.set("2026-11-20T19:30:00Z".parse().unwrap());
        assert!(done("two").await);
        assert!(!done("one").await);
    };

    /// A day whose calls were deleted is not read again: it would be counted as if it had none.
    a_day_that_is_not_kept_is_not_read = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let tx = app.database.db.begin().await.unwrap();
        move_call_horizon(&tx, day("2026-11-19"), now()).await.unwrap();
        tx.commit().await.unwrap();
        let outcome = app.sync(SyncTrack::CallRecords, "2026-11-18", "2026-11-19").await;
        assert_eq!(outcome.status, SyncStatus::Partial);
        let reason = "calls of days before 2026-11-19 are not kept any more (RETENTION_CALL_DAYS): the figures stay what they are";
        assert_eq!(outcome.failed, [(day("2026-11-18"), reason.to_owned())]);
        assert_eq!(app.platform.requests().pages, 3, "of the 19th");
    };

    /// Nor is one entered or imported again: it would be counted twice.
    a_call_of_a_day_that_is_not_kept_is_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let tx = app.database.db.begin().await.unwrap();
        move_call_horizon(&tx, day("2026-11-19"), now()).await.unwrap();
        tx.commit().await.unwrap();
        let call = |time: &str| format!(r#"callTime: "{time}", result: BUSY"#);
        let (before, after) = (call("2026-11-18T15:59:59Z"), call("2026-11-18T16:00:00Z"));
        let problem = json!([{ "code": "OUT_OF_RANGE", "message":
            "callTime must not lie before 2026-11-19: calls of earlier days are not kept any more (RETENTION_CALL_DAYS), and the figures of these days stay what they are" }]);
        for (call, refused) in [(&before, &problem), (&after, &json!([]))] {
            let create = format!("mutation {{ createCall(input: {{ {call} }}) {{ userErrors {{ code message }} }} }}");
            assert_eq!(app.data(&create).await["createCall"]["userErrors"], *refused);
        }
        let import = format!(r#"mutation {{ importCalls(input: {{ rows: [
            {{ externalId: "a", {before} }}, {{ externalId: "b", {after} }}
        ] }}) {{ results {{ status userErrors {{ code message }} }} }} }}"#);
        let results = json!([{ "status": "INVALID", "userErrors": problem }, { "status": "CREATED", "userErrors": [] }]);
        assert_eq!(app.data(&import).await["importCalls"]["results"], results);
    };

    /// Calls go, with their tags; figures, rollups and counts of tags stay, and are right for ever.
    old_calls_go_and_their_figures_stay = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        ingest(db, calls()).await;
        let before = figures(&app).await;
        assert_eq!(before["tasks"]["nodes"][0]["totalCalls"], 4);
        let report = retained(db, CALLS_TOO).await;
        assert_eq!((report.calls, report.finished), (2, true));
        let left = call::Entity::find().all(db.read()).await.unwrap();
        let left: Vec<_> = left.iter().map(|call| call.external_id.as_deref().unwrap()).collect();
        assert_eq!(left, ["3", "4"]);
        assert_eq!(call_tag::Entity::find().all(db.read()).await.unwrap().len(), 2);
        assert_eq!(figures(&app).await, before);
        assert_counted(db).await;

        // Made anew they are the same, and what is damaged after the horizon is found and mended.
        let rebuild = async || db.transaction(async |tx| {
            rollups::rebuild(tx).await?;
            tag_counts::rebuild(tx).await
        }).await.unwrap();
        rebuild().await;
        assert_eq!(figures(&app).await, before);
        db.write().execute_unprepared("UPDATE call_rollups SET calls = calls + 1 WHERE call_date >= '2026-11-09'").await.unwrap();
        db.write().execute_unprepared("UPDATE tag_counts SET calls = calls + 1").await.unwrap();
        assert!(!rollups::differences(db).await.unwrap().is_empty());
        assert_eq!(tag_counts::differences(db).await.unwrap(), 1);
        rebuild().await;
        assert_eq!(figures(&app).await, before);
        assert_counted(db).await;

        // Told again, old calls are not counted twice; the others are as ever.
        let again = ingest(db, calls()).await;
        assert_eq!((again.inserted, again.unchanged), (0, 4));
        let mut newer = tagged("4", "2026-11-19T02:00:00Z");
        newer.details.grade = None;
        assert_eq!(ingest(db, vec![newer]).await.updated, 1);
        assert_counted(db).await;
        let after = figures(&app).await;
        assert_eq!(after["tasks"]["nodes"][0]["totalCalls"], 4);
        assert_ne!(after["trend"], before["trend"]);
        assert_eq!(retained(db, CALLS_TOO).await.calls, 0);
    };

    /// Figures that are counted again stay what they were where the calls are gone.
    a_recount_leaves_old_figures_alone = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingest(&app.database.db, calls()).await;
        retained(&app.database.db, CALLS_TOO).await;
        let before = figures(&app).await;
        for date in ["2026-11-01", "2026-11-19"] {
            app.data(&format!(r#"mutation {{ computeDailyMetrics(input: {{ date: "{date}" }}) {{ userErrors {{ message }} }} }}"#)).await;
        }
        let task = app.data("{ tasks { nodes { id } } }").await["tasks"]["nodes"][0]["id"].clone();
        app.data(&format!("mutation {{ refreshTaskMetrics(input: {{ taskId: {task} }}) {{ userErrors {{ message }} }} }}")).await;
        assert_eq!(figures(&app).await, before);
        assert_counted(&app.database.db).await;
    };

    /// More calls than fit a transaction, ended in the middle and gone on with.
    it_ends_when_told_and_goes_on = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let old = (0..2_100).map(|id| tagged(&id.to_string(), "2026-11-01T02:00:00Z"));
        ingest(db, old.collect()).await;
        let stop = CancellationToken::new();
        stop.cancel();
        let report = retain(db, CALLS_TOO, BusinessZone::default(), now(), &stop).await.unwrap();
        assert_eq!((report.calls, report.finished), (0, false));
        assert_eq!(retained(db, CALLS_TOO).await.calls, 2_100);
        assert_counted(db).await;
        assert_eq!(rollups::calls(db.read(), dialgraph::domain::stats::Dimension::Day).await.unwrap(), 2_100);
    };

    /// Without a setting calls stay for ever.
    calls_stay_by_default = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        ingest(&database.db, vec![tagged("1", "2001-01-01T00:00:00Z")]).await;
        assert_eq!(retained(&database.db, RetentionOptions::default()).await.calls, 0);
    };

    /// Runs go with their slices when they are old and over; the days that they read stay.
    old_runs_go_and_their_days_stay = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let mut ids = Vec::new();
        for (days, ended) in [(91, true), (92, false), (89, true)] {
            let new = NewRun {
                track: SyncTrack::CallRecords,
                window: SyncWindow::Manual,
                days: DayRange::day(day("2026-08-01")),
                trigger: SyncTrigger::Cli,
            };
            let tx = db.begin().await.unwrap();
            let run = sync_runs::create(&tx, new, "test", ago(days)).await.unwrap();
            sync_days::begin_read(&tx, SyncTrack::CallRecords, day("2026-08-01") + TimeDelta::days(days), run.id, ago(days)).await.unwrap();
            raw_records::keep(&tx, SyncTrack::CallRecords, day("2026-08-01"), Some(run.id), &["{}"], now()).await.unwrap();
            if ended {
                assert!(run_claims::finish(&tx, &run, SyncStatus::Failed, ago(days)).await.unwrap());
            }
            tx.commit().await.unwrap();
            ids.push(run.id);
        }
        assert_eq!(retained(db, RetentionOptions::default()).await.runs, 1);
        let mut left: Vec<i64> = sync_run::Entity::find().all(db.read()).await.unwrap().iter().map(|run| run.id).collect();
        left.sort_unstable();
        assert_eq!(left, ids[1..]);
        let days = sync_day::Entity::find().all(db.read()).await.unwrap();
        assert_eq!(days.iter().filter(|day| day.last_run_id.is_none()).count(), 1);
        let raw = raw_record::Entity::find().all(db.read()).await.unwrap();
        assert_eq!((raw.len(), raw.iter().filter(|row| row.run_id.is_none()).count()), (3, 1));
    };

    /// Raw records go when they are old, and pushes whose call was read; what waits for its call stays.
    old_raw_records_and_merged_pushes_go = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let tx = db.begin().await.unwrap();
        for days in [31, 29] {
            raw_records::keep(&tx, SyncTrack::CallRecords, day("2026-10-01"), None, &["{}"], ago(days)).await.unwrap();
        }
        for (id, days, polled) in [("old", 31, true), ("waits", 31, false), ("young", 29, true)] {
            let mut pushes = call_pushes::CallPushes { polled, ..Default::default() };
            pushes.merged.merge(&PushedCall { external_id: id.to_owned(), ..PushedCall::default() });
            call_pushes::save(&tx, &[(id, pushes)].into(), ago(days)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let report = retained(db, RetentionOptions::default()).await;
        assert_eq!((report.raw_pages, report.pushes), (1, 1));
        let mut left: Vec<String> = call_push::Entity::find().all(db.read()).await.unwrap().into_iter().map(|row| row.external_id).collect();
        left.sort();
        assert_eq!(left, ["waits", "young"]);
        let none = RetentionOptions { raw_days: 0, ..RetentionOptions::default() };
        let report = retained(db, none).await;
        assert_eq!((report.raw_pages, report.pushes), (1, 1), "the pushes of 29 days ago go after 12");
        assert_eq!(json!(raw_record::Entity::find().all(db.read()).await.unwrap().len()), json!(0));
    };
}
