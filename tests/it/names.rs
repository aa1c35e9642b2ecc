//! A task and an agent have the name of their newest call, in whatever order calls are read, and whoever
//! tells of them.

use chrono::{DateTime, TimeDelta, Utc};
use dialgraph::{
    domain::{
        business_time::BusinessZone,
        dialing::CallSource,
        incoming::{IncomingCall, PlatformAgent, PlatformTask},
    },
    http::HttpOptions,
    service::ingest::{self, Ingested},
    store::Database,
};
use proptest::{prelude::*, strategy::ValueTree as _};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::{
    harness::{Backend, NOW, TestApp, TestDatabase, call, ingest, runner},
    on_both,
    writes::done,
};

const SECRET: &str = "sixteen characters";
const SENIORS: &str = "管理员";

/// A call of task 7 by agent 9, who are both named like this then.
fn named(id: &str, time: &str, name: Option<&str>) -> IncomingCall {
    IncomingCall {
        task: Some(PlatformTask {
            external_id: "7".to_owned(),
            name: name.map(str::to_owned),
            package: None,
        }),
        agent: Some(PlatformAgent {
            external_id: "9".to_owned(),
            name: name.map(str::to_owned),
            is_seat: name != Some(SENIORS),
        }),
        ..call(id, time)
    }
}

async fn ingest_at(db: &Database, batch: &[IncomingCall], now: &str) -> Ingested {
    let now: DateTime<Utc> = now.parse().unwrap();
    let tx = db.begin().await.unwrap();
    let zone = BusinessZone::default();
    let done = ingest::ingest(&tx, zone, CallSource::Guanke, batch, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    done
}

/// The names of the task and of the agent that `source` calls 7 and 9.
async fn names_of(app: &TestApp, source: &str) -> (Value, Value) {
    let query = format!(
        r#"{{ tasks(filter: {{ externalId: {{ eq: "7" }}, source: {{ eq: {source} }} }}) {{ nodes {{ taskName }} }}
             agents(filter: {{ externalId: {{ eq: "9" }}, source: {{ eq: {source} }} }}) {{ nodes {{ name }} }} }}"#
    );
    let data = app.data(&query).await;
    (
        data["tasks"]["nodes"][0]["taskName"].clone(),
        data["agents"]["nodes"][0]["name"].clone(),
    )
}

/// That both are named like this.
async fn assert_named(app: &TestApp, name: &str) {
    let expected = (json!(name), json!(name));
    assert_eq!(names_of(app, "GUANKE").await, expected);
}

on_both! {
    /// Days are read newest first; the newest name stays, and a second read changes nothing.
    a_name_does_not_go_back_in_time = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let days = [
            named("3", "2026-11-20T01:00:00Z", Some("新")),
            named("2", "2026-11-19T01:00:00Z", Some("旧")),
            named("1", "2026-11-18T01:00:00Z", Some("旧")),
        ];
        for day in &days {
            ingest(&app.database.db, vec![day.clone()]).await;
        }
        assert_named(&app, "新").await;
        for day in &days {
            let again = ingest(&app.database.db, vec![day.clone()]).await;
            assert_eq!(again.unchanged, 1);
        }
        assert_named(&app, "新").await;

        // An old record that is edited has the name that was known then.
        let mut edited = days[1].clone();
        edited.details.grade = Some("9元".to_owned());
        assert_eq!(ingest(&app.database.db, vec![edited]).await.updated, 1);
        assert_named(&app, "新").await;
        // The newest one corrected, at the same instant.
        let corrected = named("3", "2026-11-20T01:00:00Z", Some("正"));
        assert_eq!(ingest(&app.database.db, vec![corrected]).await.updated, 1);
        assert_named(&app, "正").await;
    };

    /// What an older program, or anybody, made wrong is right after the newest call is read again, though
    /// that is stored as it is.
    a_second_read_corrects_a_wrong_name = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let (new, old) = (named("2", "2026-11-19T01:00:00Z", Some("新")), named("1", "2026-11-18T01:00:00Z", Some("旧")));
        ingest(&app.database.db, vec![old.clone(), new.clone()]).await;
        let db = app.database.db.write();
        for origin in ["", ", name_as_of = NULL, name_call = NULL", ", name_call = NULL"] {
            for (table, column) in [("dial_tasks", "task_name"), ("agents", "name")] {
                db.execute_unprepared(&format!("UPDATE {table} SET {column} = '旧'{origin}")).await.unwrap();
            }
            assert_named(&app, "旧").await;
            ingest(&app.database.db, vec![old.clone()]).await;
            assert_eq!(ingest(&app.database.db, vec![new.clone()]).await.unchanged, 1);
            ingest(&app.database.db, vec![old.clone()]).await;
            assert_named(&app, "新").await;
        }
    };

    /// Calls without a name, or with a blank one, say nothing of it; a later call at the same second counts.
    only_names_count = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        ingest(db, vec![named("1", "2026-11-19T01:00:00Z", None)]).await;
        assert_eq!(names_of(&app, "GUANKE").await, (json!("7"), Value::Null));
        ingest(db, vec![named("2", "2026-11-18T01:00:00Z", Some("甲"))]).await;
        assert_named(&app, "甲").await;
        ingest(db, vec![named("3", "2026-11-19T02:00:00Z", Some("  ")), named("4", "2026-11-19T03:00:00Z", None)]).await;
        assert_named(&app, "甲").await;
        // Two calls of one instant, in both orders, in one batch and in two.
        let (first, second) = (named("5", "2026-11-19T04:00:00Z", Some("乙")), named("6", "2026-11-19T04:00:00Z", Some("丙")));
        ingest(db, vec![second.clone(), first.clone()]).await;
        assert_named(&app, "丙").await;
        ingest(db, vec![second]).await;
        ingest(db, vec![first]).await;
        assert_named(&app, "丙").await;
    };

    /// Whatever the order and the batches, and twice, the name is that of the newest call that has one.
    any_order_comes_to_the_same_names = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let mut runner = runner();
        let calls = prop::collection::vec((0_i64..6, prop::option::of(0_u8..3)), 1..8);
        let cases = calls.prop_flat_map(|calls| {
            let numbered: Vec<_> = calls.into_iter().enumerate().collect();
            (Just(numbered.clone()), Just(numbered).prop_shuffle(), 1_usize..4)
        });
        for case in 0..20 {
            let (calls, shuffled, size) = cases.new_tree(&mut runner).unwrap().current();
            let of_case = |(number, (hour, name)): &(usize, (i64, Option<u8>))| {
                let time: DateTime<Utc> = "2026-11-19T00:00:00Z".parse().unwrap();
                let time = (time + TimeDelta::hours(*hour)).to_rfc3339();
                let name = name.map(|name| ["甲", "乙", SENIORS][usize::from(name)]);
                let mut call = named(&format!("{case}-{number}"), &time, name);
                call.task.as_mut().unwrap().external_id = format!("t{case}");
                call.agent.as_mut().unwrap().external_id = format!("a{case}");
                call
            };
            let newest = calls.iter().map(of_case).filter(|call| call.task.as_ref().unwrap().name.is_some());
            let newest = newest.max_by_key(|call| (call.call_time, call.external_id.clone()));
            let expected = newest.and_then(|call| call.task?.name);
            for _ in 0..2 {
                for batch in shuffled.chunks(size) {
                    ingest(db, batch.iter().map(of_case).collect()).await;
                }
                let query = format!(
                    r#"{{ tasks(filter: {{ externalId: {{ eq: "t{case}" }} }}) {{ nodes {{ taskName version }} }}
                         agents(filter: {{ externalId: {{ eq: "a{case}" }} }}) {{ nodes {{ name isSeat }} }} }}"#
                );
                let data = app.data(&query).await;
                let task = expected.clone().unwrap_or_else(|| format!("t{case}"));
                assert_eq!(data["tasks"]["nodes"][0]["taskName"], json!(task), "{shuffled:?} by {size}");
                let agent = json!({ "name": expected, "isSeat": expected.as_deref() != Some(SENIORS) });
                assert_eq!(data["agents"]["nodes"][0], agent, "{shuffled:?} by {size}");
            }
        }
    };

    /// A call of the future names what has no name, and no more: else its name would stay until then.
    a_call_of_the_future_does_not_keep_a_name = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let future = named("9", "2031-01-01T00:00:00Z", Some("错"));
        ingest(db, vec![future.clone()]).await;
        assert_named(&app, "错").await;
        let present = named("1", "2026-11-20T03:00:00Z", Some("对"));
        ingest(db, vec![present.clone()]).await;
        ingest(db, vec![future.clone(), present]).await;
        assert_named(&app, "对").await;
        // A clock that is a little ahead is believed; when the time has come, so is the other one.
        ingest(db, vec![named("2", "2026-11-20T04:05:00Z", Some("快"))]).await;
        assert_named(&app, "快").await;
        ingest_at(db, &[future], "2031-01-01T00:00:00Z").await;
        assert_named(&app, "错").await;
    };

    /// A person's name for a task counts until a call is made after it.
    a_name_given_by_hand_is_of_its_time = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let before = named("1", "2026-11-20T03:59:00Z", Some("平台"));
        ingest(db, vec![before.clone()]).await;
        let tasks = app.data("{ tasks { nodes { id version updatedAt } } }").await;
        let task = &tasks["tasks"]["nodes"][0];
        let input = json!({ "id": task["id"], "taskName": "手工", "expectedVersion": 1 });
        assert_eq!(done(&app, "updateTask", "task { version }", input).await["task"]["version"], 2);
        let mut edited = before;
        edited.details.notes = Some("x".to_owned());
        ingest(db, vec![edited, named("2", "2026-11-20T03:59:59Z", Some("平台"))]).await;
        assert_eq!(names_of(&app, "GUANKE").await, (json!("手工"), json!("平台")));
        // What else is changed by hand does not renew the name.
        app.clock.advance(TimeDelta::hours(1));
        done(&app, "updateTask", "task { id }", json!({ "id": task["id"], "description": "x" })).await;
        ingest_at(db, &[named("3", "2026-11-20T04:01:00Z", Some("平台"))], "2026-11-20T05:00:00Z").await;
        assert_named(&app, "平台").await;
    };

    /// A newer call of the same name is no change of the task that anybody would notice, and a record that is
    /// stored as it is costs no write.
    the_same_name_changes_nothing = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let state = "{ tasks { nodes { version updatedAt } } agents { nodes { updatedAt } } }";
        let calls: Vec<_> = (1..=3).map(|hour| named(&hour.to_string(), &format!("2026-11-19T0{hour}:00:00Z"), Some("甲"))).collect();
        ingest_at(db, &calls[..1], "2026-11-19T05:00:00Z").await;
        let before = app.data(state).await;
        ingest_at(db, &calls, NOW).await;
        assert_eq!(app.data(state).await, before);
        app.statements();
        assert_eq!(ingest_at(db, &calls, NOW).await.unchanged, 3);
        let statements = app.statements();
        let is_write = |sql: &&String| ["INSERT", "UPDATE", "DELETE"].iter().any(|word| sql.trim_start().starts_with(word));
        assert_eq!(statements.iter().filter(is_write).count(), 0, "{statements:#?}");
        // The setting of names that are no seats changed: that follows from the same name.
        let mut other = calls[0].clone();
        other.agent.as_mut().unwrap().is_seat = false;
        ingest(db, vec![other]).await;
        assert_eq!(app.data("{ agents { nodes { isSeat } } }").await["agents"]["nodes"][0]["isSeat"], false);
    };

    /// Pushes and imports name by the time of their calls, too.
    pushes_and_imports_name_by_the_time_of_their_calls = async |backend: Backend| {
        let options = HttpOptions { webhook_secret: Some(SECRET.into()), ..HttpOptions::default() };
        let app = TestApp::with_options(&backend, options).await;
        let push = async |id: u32, time: &str, name: &str| {
            let body = json!({ "cdr_id": id, "call_time": time, "taskId": 7, "taskName": name, "userId": 9, "userName": name });
            let request = axum::http::Request::post("/webhooks/guanke/cdr").header("X-Webhook-Secret", SECRET).header("Content-Type", "application/json");
            assert_eq!(app.send(request.body(body.to_string().into()).unwrap()).await.status(), 200);
        };
        push(1, "2026-11-19 10:00:00", "新").await;
        push(2, "2026-11-18 10:00:00", "旧").await;
        assert_named(&app, "新").await;
        // More of the old call changes nothing of that.
        push(2, "2026-11-18 10:00:01", "更旧").await;
        assert_named(&app, "新").await;
        push(3, "2026-11-20 11:00:00", "最新").await;
        assert_named(&app, "最新").await;

        let row = |id: &str, time: &str, name: &str| json!({ "externalId": id, "callTime": time, "result": "BUSY",
            "taskExternalId": "7", "taskName": name, "agentExternalId": "9", "agentName": name });
        let (new, old) = (row("1", "2026-11-19T02:00:00Z", "乙"), row("2", "2026-11-18T02:00:00Z", "甲"));
        done(&app, "importCalls", "created", json!({ "rows": [new, old] })).await;
        assert_eq!(names_of(&app, "IMPORT").await, (json!("乙"), json!("乙")));
        done(&app, "importCalls", "created", json!({ "rows": [row("3", "2026-11-17T02:00:00Z", "丙")] })).await;
        assert_eq!(names_of(&app, "IMPORT").await, (json!("乙"), json!("乙")));
        done(&app, "importCalls", "created", json!({ "rows": [row("4", "2026-11-20T02:00:00Z", "丁")] })).await;
        assert_eq!(names_of(&app, "IMPORT").await, (json!("丁"), json!("丁")));
        assert_named(&app, "最新").await;
    };
}

/// Writers that name the same at once, with different names: the newest stays, and nobody is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_at_once_come_to_the_newest_name() {
    let Some(server) = Backend::postgres() else {
        return;
    };
    let database = TestDatabase::migrated(&server).await;
    let mut writers = Vec::new();
    for writer in 0..8_u32 {
        let db = database.db.clone();
        writers.push(tokio::spawn(async move {
            for round in 0..6_u32 {
                let minute = (writer * 7 + round * 11) % 48;
                let batch = (0..10).map(|agent| {
                    let time = format!("2026-11-19T03:{minute:02}:00Z");
                    let id = format!("{minute}-{agent}");
                    let mut call = named(&id, &time, Some(&format!("名{minute:02}")));
                    call.agent.as_mut().unwrap().external_id = format!("a{agent}");
                    call
                });
                ingest(&db, batch.collect()).await;
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let newest =
        (0..8_u32).flat_map(|writer| (0..6_u32).map(move |round| (writer * 7 + round * 11) % 48));
    let newest = format!("名{:02}", newest.max().unwrap());
    use dialgraph::entity::{agent, dial_task};
    use sea_orm::EntityTrait as _;
    let agents = agent::Entity::find().all(database.db.read()).await.unwrap();
    assert_eq!(agents.len(), 10);
    assert!(
        agents
            .iter()
            .all(|agent| agent.name.as_deref() == Some(&newest)),
        "{agents:?}"
    );
    assert!(
        agents.iter().all(|agent| agent.id <= 200),
        "numbers are not lost: {agents:?}"
    );
    let tasks = dial_task::Entity::find()
        .all(database.db.read())
        .await
        .unwrap();
    assert_eq!(tasks[0].task_name, newest);
}
