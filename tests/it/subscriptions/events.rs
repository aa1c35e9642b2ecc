//! What subscribers are told.

use dialgraph::{
    domain::{
        business_time::DayRange,
        sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
        viewer::Role,
    },
    store::{
        run_claims,
        slice_claims::{self, RunDay, Window},
        sync_runs::{self, NewRun, RunCounts, SyncRunRow},
    },
};
use serde_json::{Value, json};

use super::{Client, complete, serve};
use crate::{
    harness::{Backend, TestApp, call, day, ingest},
    on_both,
};

/// Begins a run of one day, without reading anything.
async fn begin(app: &TestApp) -> SyncRunRow {
    let new = NewRun {
        track: SyncTrack::CallRecords,
        window: SyncWindow::Manual,
        days: DayRange::day(day("2026-11-19")),
        trigger: SyncTrigger::Cli,
    };
    let tx = app.database.db.begin().await.unwrap();
    let run = sync_runs::create(&tx, new, "somebody", app.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    run
}

async fn read_pages(app: &TestApp, run: &SyncRunRow, pages: i64) {
    let counts = RunCounts {
        pages,
        ..RunCounts::default()
    };
    let tx = app.database.db.begin().await.unwrap();
    sync_runs::add_counts(&tx, run.id, counts, app.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn end(app: &TestApp, run: &SyncRunRow) {
    let tx = app.database.db.begin().await.unwrap();
    let ended = run_claims::finish(&tx, run, SyncStatus::Succeeded, app.now());
    assert!(ended.await.unwrap());
    tx.commit().await.unwrap();
}

async fn id_of(app: &TestApp) -> String {
    let data = app.data("{ syncRuns { nodes { id } } }").await;
    data["syncRuns"]["nodes"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn progress(status: &str, pages: i64) -> Value {
    json!({ "syncProgress": { "status": status, "pages": pages } })
}

fn updated(date: &str, calls: i64) -> Value {
    json!({ "statsUpdated": { "date": date, "metricsSummary": { "totalCalls": calls } } })
}

const CALLS: &str = "{ date metricsSummary { totalCalls } }";

on_both! {
    /// A run is shown as it is, as it goes on, and as it ended.
    a_run_is_followed_to_its_end = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let running = serve(&app).await;
        let run = begin(&app).await;
        read_pages(&app, &run, 1).await;
        let query = format!(r#"subscription {{ syncProgress(runId: "{}") {{ status pages }} }}"#, id_of(&app).await);
        let mut client = Client::reader(&running, &app).await;
        client.subscribe("1", &query).await;
        assert_eq!(client.data("1").await, progress("RUNNING", 1));
        read_pages(&app, &run, 2).await;
        assert_eq!(client.data("1").await, progress("RUNNING", 3));
        // Another run is not told of.
        let other = begin(&app).await;
        read_pages(&app, &other, 7).await;
        end(&app, &run).await;
        assert_eq!(client.data("1").await, progress("SUCCEEDED", 3));
        assert_eq!(client.next().await, complete("1"));
        // One that has ended is shown once.
        client.subscribe("1", &query).await;
        assert_eq!(client.data("1").await, progress("SUCCEEDED", 3));
        assert_eq!(client.next().await, complete("1"));
    };

    /// What a run is told with leads to its slices, as they are then.
    a_run_is_followed_with_its_slices = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let running = serve(&app).await;
        let run = begin(&app).await;
        let query = format!(
            r#"subscription {{ syncProgress(runId: "{}") {{ slicesTotal slicesDone slices {{ nodes {{ state }} }} }} }}"#,
            id_of(&app).await
        );
        let mut client = Client::reader(&running, &app).await;
        client.subscribe("1", &query).await;
        let told = |states: &[&str]| {
            let nodes: Vec<Value> = states.iter().map(|state| json!({ "state": state })).collect();
            json!({ "syncProgress": { "slicesTotal": nodes.len(), "slicesDone": 0, "slices": { "nodes": nodes } } })
        };
        assert_eq!(client.data("1").await, told(&[]));
        let window = Window { from: app.now(), to: app.now() };
        let tx = app.database.db.begin().await.unwrap();
        let of = RunDay { run_id: run.id, track: run.track, day: day("2026-11-19") };
        slice_claims::plan(&tx, of, &[window, window], app.now()).await.unwrap();
        tx.commit().await.unwrap();
        read_pages(&app, &run, 1).await;
        assert_eq!(client.data("1").await, told(&["PENDING", "PENDING"]));
    };

    /// Calls that come in change the figures of their day, for those who ask for it or for any.
    a_day_is_told_when_its_calls_change = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let running = serve(&app).await;
        let mut client = Client::reader(&running, &app).await;
        client.subscribe("any", &format!("subscription {{ statsUpdated {CALLS} }}")).await;
        client.settle().await;
        let mut one = Client::reader(&running, &app).await;
        one.subscribe("one", &format!(r#"subscription {{ statsUpdated(date: "2026-11-19") {CALLS} }}"#)).await;
        one.settle().await;
        // 09:00 in Shanghai, on the 20th and on the 19th.
        ingest(&app.database.db, vec![call("a", "2026-11-20T01:00:00Z")]).await;
        assert_eq!(client.data("any").await, updated("2026-11-20", 1));
        ingest(&app.database.db, vec![call("b", "2026-11-19T01:00:00Z"), call("c", "2026-11-19T01:00:00Z")]).await;
        assert_eq!(client.data("any").await, updated("2026-11-19", 2));
        assert_eq!(one.data("one").await, updated("2026-11-19", 2));
        // What is stored as it is changes nothing, and what failed neither.
        ingest(&app.database.db, vec![call("a", "2026-11-20T01:00:00Z")]).await;
        drop(app.database.db.begin().await.unwrap());
        app.data(r#"mutation { deleteCall(input: { id: "Q2FsbDox" }) { deletedId } }"#).await;
        let told = client.next().await;
        assert!(told["payload"]["data"]["statsUpdated"]["date"].is_string(), "{told:#}");
    };

    /// Packages and prices count on every day.
    packages_and_prices_are_told_to_every_day = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let create = r#"mutation { createPackage(input: {name: "a", totalLeads: 1, validLeads: 1}) { package { id } } }"#;
        let id = app.data(create).await["createPackage"]["package"]["id"].clone();
        let running = serve(&app).await;
        let mut client = Client::reader(&running, &app).await;
        client.subscribe("1", r#"subscription { statsUpdated(date: "2026-11-19") { date dashboard { totalLeads } } }"#).await;
        client.settle().await;
        let update = format!("mutation {{ updatePackage(input: {{id: {id}, totalLeads: 777}}) {{ userErrors {{ code }} }} }}");
        app.data(&update).await;
        let told = json!({ "statsUpdated": { "date": "2026-11-19", "dashboard": { "totalLeads": 777 } } });
        assert_eq!(client.data("1").await, told);
        app.data(r#"mutation { upsertGrade(input: {code: "NINE_YUAN", unitPrice: "123"}) { userErrors { code } } }"#).await;
        assert_eq!(client.data("1").await, told);
    };

    /// A day's figures are read once for all who are told of it, and never while nothing happens.
    subscribers_share_what_is_read = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let running = serve(&app).await;
        let mut clients = Vec::new();
        for _ in 0..20 {
            let mut client = Client::reader(&running, &app).await;
            client.subscribe("1", &format!("subscription {{ statsUpdated {CALLS} }}")).await;
            client.settle().await;
            clients.push(client);
        }
        app.statements();
        for client in &mut clients {
            client.settle().await;
        }
        assert_eq!(app.statements(), [""; 0]);
        ingest(&app.database.db, vec![call("a", "2026-11-20T01:00:00Z")]).await;
        for client in &mut clients {
            assert_eq!(client.data("1").await, updated("2026-11-20", 1));
        }
        let done = app.statements();
        let alone = app.data(r#"{ metricsSummary(date: "2026-11-20") { totalCalls } }"#).await;
        assert_eq!(alone["metricsSummary"]["totalCalls"], 1);
        let alone = app.statements();
        assert!(!alone.is_empty());
        for statement in alone {
            let times = done.iter().filter(|it| **it == statement).count();
            // Once for the twenty of them; what came in may have asked for the same.
            assert!((1..=2).contains(&times), "{times}: {statement}\n{done:#?}");
        }
    };

    /// What fails in an event, be it the first, ends nothing.
    an_event_may_fail = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let running = serve(&app).await;
        let mut client = Client::reader(&running, &app).await;
        client.subscribe("1", "subscription { statsUpdated { date dashboard { today { calls } } } }").await;
        client.settle().await;
        // There is no dashboard of tomorrow.
        ingest(&app.database.db, vec![call("a", "2026-11-21T01:00:00Z")]).await;
        let failed = client.next().await;
        assert_eq!(failed["type"], "next", "{failed:#}");
        assert_eq!(failed["payload"]["errors"][0]["path"], json!(["statsUpdated", "dashboard"]));
        ingest(&app.database.db, vec![call("b", "2026-11-20T01:00:00Z")]).await;
        let told = client.data("1").await;
        assert_eq!(told["statsUpdated"]["dashboard"]["today"]["calls"], 1);
    };

    /// A synchronisation tells of its days, and every role may hear it.
    a_synchronisation_is_heard = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let running = serve(&app).await;
        let mut clients = Vec::new();
        for role in [Role::Admin, Role::Manager, Role::Agent, Role::Analyst] {
            let mut client = Client::ready(&running, &app.token(role)).await;
            client.subscribe("1", r#"subscription { statsUpdated(date: "2026-11-18") {
                date dashboard { today { calls } } gradeStats { totalRecords } } }"#).await;
            client.settle().await;
            clients.push(client);
        }
        app.synced(SyncTrack::CallRecords, "2026-11-18", "2026-11-18").await;
        for client in &mut clients {
            loop {
                // The day was never read while it is read for the first time.
                let told = client.next().await["payload"]["data"]["statsUpdated"].clone();
                assert_eq!(told["date"], "2026-11-18");
                // Fields are read one after the other: the day may be stored in between.
                let read = [&told["gradeStats"]["totalRecords"], &told["dashboard"]["today"]["calls"]];
                if read == [300, 300] {
                    break;
                }
            }
        }
    };
}

/// What one process changes is told by another on the same database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_instances_are_heard() {
    let Some(backend) = Backend::postgres() else {
        return;
    };
    let app = TestApp::new(&backend).await;
    let other = app.another_process().await;
    let running = serve(&other).await;
    let run = begin(&app).await;
    let id = id_of(&app).await;
    let mut client = Client::reader(&running, &app).await;
    client
        .subscribe("day", &format!("subscription {{ statsUpdated {CALLS} }}"))
        .await;
    // The other one begins to listen some time after its start.
    let mut calls = 0;
    let told = loop {
        calls += 1;
        ingest(
            &app.database.db,
            vec![call(&format!("c{calls}"), "2026-11-20T01:00:00Z")],
        )
        .await;
        if let Ok(told) = tokio::time::timeout(super::SHORT, client.data("day")).await {
            break told;
        }
    };
    assert_eq!(told["statsUpdated"]["date"], "2026-11-20");
    client.say(complete("day")).await;
    client.settle_past("day").await;
    client
        .subscribe(
            "run",
            &format!(r#"subscription {{ syncProgress(runId: "{id}") {{ status pages }} }}"#),
        )
        .await;
    assert_eq!(client.data("run").await, progress("RUNNING", 0));
    read_pages(&app, &run, 5).await;
    assert_eq!(client.data("run").await, progress("RUNNING", 5));
    end(&app, &run).await;
    assert_eq!(client.data("run").await, progress("SUCCEEDED", 5));
    assert_eq!(client.next().await, complete("run"));
}
