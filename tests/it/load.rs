//! More writers than there are connections: readers go on, people go before synchronisation, and a queue
//! that is full says so.

use dialgraph::{
    domain::{sync::SyncTrack, viewer::Role},
    store::{ConnectOptions, Database, Lane, Transaction},
};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};
use serde_json::{Value, json};

use crate::{
    harness::{Answer, Backend, TestApp},
    on_both,
    writes::send,
};

fn rows(import: &str) -> Value {
    let row = |number: u32| json!({ "externalId": format!("{import}-{number}"), "callTime": "2026-11-19T02:00:00Z", "result": "CONNECTED", "duration": 60 });
    json!({ "rows": [row(1), row(2)] })
}

async fn import(app: &TestApp, name: &str) -> Answer {
    send(app, Role::Admin, "importCalls", "created", rows(name)).await
}

async fn stored(app: &TestApp) -> Value {
    app.data("{ calls { totalCount } }").await["calls"]["totalCount"].clone()
}

/// Takes every place that long writes may have.
async fn hold_all(db: &Database, places: usize) -> Vec<Transaction> {
    let mut held = Vec::new();
    for _ in 0..places {
        held.push(db.begin_in(Lane::People).await.unwrap());
    }
    held
}

/// Waits until so many wait in `lane`.
async fn until_waiting(db: &Database, lane: Lane, number: usize) {
    let waiting = || {
        let lanes = db.writers().into_iter();
        let waiting = lanes.filter(|state| state.lane == lane);
        waiting.map(|state| state.waiting).sum::<usize>()
    };
    while waiting() < number {
        tokio::task::yield_now().await;
    }
}

/// So many connections that PostgreSQL has two to write with, one of them for short writes.
fn narrow(write_queue: usize) -> ConnectOptions {
    ConnectOptions {
        max_connections: 6,
        write_queue,
        ..ConnectOptions::default()
    }
}

on_both! {
    /// One write is at work and one waits; the third is refused, says when to come again, and writes
    /// nothing. Those that were taken are stored.
    a_full_queue_refuses_and_says_when_to_come_again = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let app = std::sync::Arc::new(app.another_process_with(narrow(1)).await);
        let db = app.base().db.clone();
        let held = hold_all(&db, 1).await;
        let waiting = tokio::spawn({
            let app = app.clone();
            async move { import(&app, "waits").await }
        });
        until_waiting(&db, Lane::People, 1).await;

        let refused = import(&app, "refused").await;
        assert_eq!(refused.code(), "RATE_LIMITED");
        let wait = &refused.body["errors"][0]["extensions"]["retryAfter"];
        assert!(wait.as_i64().is_some_and(|wait| (1..=60).contains(&wait)), "{wait}");
        assert!(refused.message().starts_with("nothing was written: too many writes are waiting; try again in"), "{}", refused.message());
        let task = send(&app, Role::Manager, "createTask", "task { id }", json!({ "taskName": "x" })).await;
        assert_eq!(task.code(), "RATE_LIMITED");

        drop(held);
        assert_eq!(waiting.await.unwrap().data()["importCalls"]["created"], 2);
        assert_eq!(stored(&app).await, 2);
        let tasks = app.data("{ tasks { totalCount } }").await;
        assert_eq!(tasks["tasks"]["totalCount"], 0);
        // There is room again.
        assert_eq!(import(&app, "refused").await.data()["importCalls"]["created"], 2);
    };

    /// Readers have connections that no writer takes, however many write and wait.
    readers_go_on_while_all_writers_are_taken = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let app = std::sync::Arc::new(app.another_process_with(narrow(100)).await);
        let db = app.base().db.clone();
        import(&app, "before").await.data();
        let held = hold_all(&db, 1).await;
        let waiting: Vec<_> = (0..40)
            .map(|number| {
                let app = app.clone();
                tokio::spawn(async move { import(&app, &number.to_string()).await })
            })
            .collect();
        until_waiting(&db, Lane::People, 40).await;
        for _ in 0..10 {
            assert_eq!(stored(&app).await, 2);
        }
        drop(held);
        for import in waiting {
            assert_eq!(import.await.unwrap().data()["importCalls"]["created"], 2);
        }
        assert_eq!(stored(&app).await, 82);
    };

    /// A page that came from the platform is stored after what people have waiting, even if it was there
    /// first; the marks of life of its run are not held up, where there are connections for them.
    synchronisation_stands_behind_people = async |backend: Backend| {
        let is_sqlite = matches!(backend, Backend::Sqlite);
        let app = std::sync::Arc::new(TestApp::new(&backend).await);
        let db = app.base().db.clone();
        // 12 connections: PostgreSQL has four to write with, one of them for short writes.
        let mut held = hold_all(&db, if is_sqlite { 1 } else { 3 }).await;
        let sync = tokio::spawn({
            let app = app.clone();
            async move { app.synced(SyncTrack::CallRecords, "2026-11-19", "2026-11-19").await }
        });
        // With one writer the run cannot even be recorded before.
        let lane = if is_sqlite { Lane::Short } else { Lane::Background };
        until_waiting(&db, lane, 1).await;
        let people = tokio::spawn({
            let app = app.clone();
            async move { import(&app, "people").await }
        });
        until_waiting(&db, Lane::People, 1).await;
        app.statements();
        // One place is free: it is the people's turn.
        held.pop();
        people.await.unwrap().data();
        drop(held);
        sync.await.unwrap();
        let statements = app.statements();
        let first = |table: &str| {
            let is_insert = |sql: &String| sql.starts_with("INSERT") && sql.contains(table);
            let at = statements.iter().position(is_insert);
            at.unwrap_or_else(|| panic!("{table}: {statements:#?}"))
        };
        // Imports are recorded; what the platform sent is kept as it came.
        assert!(first("audit_log") < first("raw_records"), "{statements:#?}");
    };

    /// A connection keeps the plans that it made while there were no calls; once there are many, they are made
    /// anew, whether or not autovacuum has been there.
    lists_are_not_read_by_plans_for_an_empty_table = async |backend: Backend| {
        if matches!(backend, Backend::Sqlite) {
            // Its plans are made by the indexes that there are.
            return;
        }
        let app = TestApp::new(&backend).await;
        // One connection to read with.
        let two = ConnectOptions { max_connections: 2, ..ConnectOptions::default() };
        let app = app.another_process_with(two).await;
        let db = app.base().db.clone();
        let page = "{ calls(first: 5) { nodes { callTime } } }";
        // From the sixth time on the plan is kept.
        for _ in 0..7 {
            app.data(page).await;
        }
        assert!(plan_of_calls(&db).await.contains("Seq Scan on calls"));
        for import in 0..3 {
            let rows: Vec<Value> = (0..400)
                .map(|number| json!({ "externalId": format!("{import}-{number}"), "callTime": format!("2026-11-19T02:{:02}:{:02}Z", number / 60, number % 60), "result": "CONNECTED", "duration": 60 }))
                .collect();
            let imported = send(&app, Role::Admin, "importCalls", "created", json!({ "rows": rows })).await;
            assert_eq!(imported.data()["importCalls"]["created"], 400);
        }
        app.data(page).await;
        let plan = plan_of_calls(&db).await;
        assert!(plan.contains("Index Scan Backward using ix_calls_call_time_id"), "{plan}");
    };
}

/// The plan that the one connection to read with has for a page of calls.
async fn plan_of_calls(db: &Database) -> String {
    let sql = |sql: String| Statement::from_string(DatabaseBackend::Postgres, sql);
    let prepared = sql("SELECT name FROM pg_prepared_statements WHERE statement LIKE '%FROM \"calls\" AS \"r\"%ORDER BY%'".to_owned());
    let prepared = db.read().query_one_raw(prepared).await.unwrap().unwrap();
    let name: String = prepared.try_get_by(0).unwrap();
    let explain = sql(format!("EXPLAIN EXECUTE \"{name}\"(6)"));
    let plan = db.read().query_all_raw(explain).await.unwrap();
    let lines = plan
        .iter()
        .map(|row| row.try_get_by::<String, _>(0).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}
