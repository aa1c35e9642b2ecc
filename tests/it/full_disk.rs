//! A database that takes no writes: what people are answered, what readiness says, who is told, and that
//! it is over when it is over.

use axum::{body::Body, http::StatusCode};
use chrono::TimeDelta;
use dialgraph::{
    app,
    domain::{alert::AlertRules, viewer::Role},
    notify::Webhook,
    service::alerts::{Alerts, Channels},
    store::{ConnectOptions, Database},
    sync::Syncer,
};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};

use crate::{
    alerts::{Received, Receiver, a_day_fails},
    harness::{Answer, Backend, TestApp, answer},
    on_both,
    writes::send,
};

const FULL: &str = "the database's disk is full: somebody has to make room on it";

/// From now on there is no room for another row of `tables`, nor for a page.
async fn fill(db: &Database, tables: &[&str]) {
    let write = db.write();
    let mut statements = Vec::new();
    if db.place().kind == "SQLite" {
        let pages = Statement::from_string(write.get_database_backend(), "PRAGMA page_count");
        let row = write.query_one_raw(pages).await.unwrap().unwrap();
        let pages: i64 = row.try_get_by_index(0).unwrap();
        statements.push(format!("PRAGMA max_page_count = {pages}"));
    } else {
        statements.push(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; \
             END $$"
                .to_owned(),
        );
        for table in tables {
            statements.push(format!(
                "CREATE TRIGGER no_room BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()"
            ));
        }
    }
    for sql in statements {
        write.execute_unprepared(&sql).await.unwrap();
    }
}

/// There is room again.
async fn make_room(db: &Database) {
    let sql = if db.place().kind == "SQLite" {
        "PRAGMA max_page_count = 1000000"
    } else {
        "DROP FUNCTION no_room CASCADE"
    };
    db.write().execute_unprepared(sql).await.unwrap();
}

async fn import(app: &TestApp, rows: u32) -> Answer {
    let row = |number| json!({ "externalId": format!("n{number}"), "callTime": "2026-11-19T02:00:00Z", "result": "CONNECTED", "duration": 60, "notes": "x".repeat(900) });
    let rows: Vec<Value> = (0..rows).map(row).collect();
    let input = json!({ "rows": rows });
    send(app, Role::Admin, "importCalls", "created", input).await
}

async fn ready(app: &TestApp) -> (StatusCode, Value) {
    let request = axum::http::Request::get("/readyz").body(Body::empty());
    let answer = answer(app.send(request.unwrap()).await).await;
    (answer.status, answer.body["database"].clone())
}

/// What looks at the database of `app` and posts to `receiver`.
fn watching(app: &TestApp, receiver: &Receiver) -> Alerts {
    let webhook = Webhook::new(&receiver.url("/hook").into(), None).unwrap();
    let channels = Channels::new(vec![Box::new(webhook)]);
    app::alerts(app.base(), &app.syncer, AlertRules::default(), channels)
}

on_both! {
    /// Who writes is answered what is wrong; nothing is kept; readiness says the same without trying for
    /// itself, and for as long as writes fail; what can be read is read.
    a_full_disk_is_unavailable_with_a_reason = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.base().db;
        assert_eq!(ready(&app).await, (StatusCode::OK, json!("ok")));
        fill(db, &["calls"]).await;
        let failed = import(&app, 2_000).await;
        assert_eq!(failed.code(), "UNAVAILABLE");
        assert_eq!(failed.message(), format!("nothing was written: {FULL}"));
        assert_eq!(ready(&app).await, (StatusCode::SERVICE_UNAVAILABLE, json!(FULL)));
        assert_eq!(app.data("{ calls { totalCount } }").await["calls"]["totalCount"], 0);

        make_room(db).await;
        // The first probe that goes well may have found the last place; the second one says it is over.
        app.clock.advance(TimeDelta::seconds(31));
        assert_eq!(ready(&app).await.0, StatusCode::SERVICE_UNAVAILABLE);
        app.clock.advance(TimeDelta::seconds(31));
        assert_eq!(ready(&app).await, (StatusCode::OK, json!("ok")));
        assert_eq!(import(&app, 2_000).await.data()["importCalls"]["created"], 2_000);
    };

    /// Readiness finds out by itself where nobody writes, and asks no more than twice a minute.
    readiness_tries_a_write_seldom = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app.base().db, &["write_probes"]).await;
        assert_eq!(ready(&app).await, (StatusCode::SERVICE_UNAVAILABLE, json!(FULL)));
        let probes = |statements: Vec<String>| statements.iter().filter(|sql| sql.contains("INSERT INTO \"write_probes\"")).count();
        app.statements();
        for _ in 0..5 {
            ready(&app).await;
        }
        assert_eq!(probes(app.statements()), 0);
        app.clock.advance(TimeDelta::seconds(30));
        ready(&app).await;
        ready(&app).await;
        assert_eq!(probes(app.statements()), 1);
    };

    /// People are told at once and when it is over, though nothing can be stored meanwhile; a channel that
    /// does not take it gets it the next time.
    people_are_told_past_the_database = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let receiver = Receiver::start().await;
        let alerts = watching(&app, &receiver);
        alerts.database.look().await;
        assert_eq!(receiver.received().len(), 0);

        fill(&app.base().db, &["write_probes"]).await;
        app.clock.advance(TimeDelta::minutes(1));
        receiver.answer(502, "");
        alerts.database.look().await;
        app.clock.advance(TimeDelta::minutes(1));
        alerts.database.look().await;
        app.clock.advance(TimeDelta::minutes(1));
        alerts.database.look().await;
        let told: Vec<Value> = receiver.received().iter().map(Received::json).collect();
        assert_eq!(told.len(), 2, "refused, and sent again: {told:#?}");
        assert_eq!((&told[1]["event"], &told[1]["alert"]["kind"]), (&json!("OPENED"), &json!("DATABASE_UNWRITABLE")));
        assert!(told[1]["message"].as_str().unwrap().starts_with(FULL), "{told:#?}");
        assert_eq!(told[0]["id"], told[1]["id"]);

        make_room(&app.base().db).await;
        for _ in 0..3 {
            app.clock.advance(TimeDelta::minutes(1));
            alerts.database.look().await;
        }
        let told: Vec<Value> = receiver.received().iter().map(Received::json).collect();
        assert_eq!(told.len(), 1, "{told:#?}");
        assert_eq!(told[0]["event"], "RESOLVED");
        assert_eq!(told[0]["message"], "recovered: writes to the database, lasted 4 min");
        assert_eq!(told[0]["alert"]["openedAt"], "2026-11-20T04:01:00Z");
    };

    /// A service without the platform's credentials tells of the database, and of nothing else, though a
    /// day failed there and today was not read for hours.
    without_a_platform_people_are_told_of_the_database_alone = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let receiver = Receiver::start().await;
        let webhook = Webhook::new(&receiver.url("/hook").into(), None).unwrap();
        let channels = Channels::new(vec![Box::new(webhook)]);
        let alerts = app::alerts(app.base(), None::<&Syncer>, AlertRules::default(), channels);
        fill(&app.base().db, &["write_probes"]).await;
        alerts.database.look().await;
        make_room(&app.base().db).await;
        for _ in 0..3 {
            app.clock.advance(TimeDelta::minutes(1));
            alerts.database.look().await;
        }
        let told: Vec<Value> = receiver.received().iter().map(Received::json).collect();
        let events: Vec<_> = told.iter().map(|told| (&told["event"], &told["alert"]["kind"])).collect();
        let kind = json!("DATABASE_UNWRITABLE");
        assert_eq!(events, [(&json!("OPENED"), &kind), (&json!("RESOLVED"), &kind)]);

        a_day_fails(&app).await;
        app.clock.advance(TimeDelta::hours(6));
        assert_eq!(alerts.watch.look().await.unwrap().count(), 0);
        assert_eq!(app.data("{ syncAlerts { nodes { kind } } }").await["syncAlerts"]["nodes"], json!([]));
        // With the platform the same state is worth an alert.
        assert!(watching(&app, &receiver).watch.look().await.unwrap().count() > 0);
    };
}

/// A standby, or a database that was switched so.
#[tokio::test]
async fn a_database_that_may_only_be_read_says_so() {
    let Some(server) = Backend::postgres() else {
        return;
    };
    let app = TestApp::new(&server).await;
    let url = format!(
        "{}?options[default_transaction_read_only]=on",
        app.database.url
    );
    let db = Database::connect(&url.parse().unwrap(), ConnectOptions::default())
        .await
        .unwrap();
    let app = app.another_process_on(db);
    let refused = import(&app, 1).await;
    assert_eq!(
        (refused.code(), refused.message()),
        (
            "UNAVAILABLE",
            "nothing was written: the database is read-only: somebody has to look at it"
        )
    );
    assert_eq!(ready(&app).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

/// A file without the right to write.
#[tokio::test]
async fn a_file_that_may_only_be_read_says_so() {
    let app = TestApp::new(&Backend::Sqlite).await;
    let url = format!("{}?mode=ro", app.database.url);
    let options = ConnectOptions {
        create: false,
        ..ConnectOptions::default()
    };
    let db = Database::connect(&url.parse().unwrap(), options)
        .await
        .unwrap();
    let app = app.another_process_on(db);
    let refused = import(&app, 1).await;
    assert_eq!(refused.code(), "UNAVAILABLE");
    assert!(
        refused.message().contains("the database is read-only"),
        "{}",
        refused.message()
    );
}
