//! An external id belongs to its source: what the platform, an import and a person call by the same id are
//! three things, unless somebody says that they are one.

use dialgraph::{
    domain::{
        call_details::CallDetails,
        dialing::CallSource,
        incoming::{IncomingCall, PlatformAgent, PlatformTask},
        sync::SyncTrack,
    },
    entity::{agent, call, dial_task},
    store::{call_pushes, schema},
};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, EntityTrait as _, Statement};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, TestDatabase, call as new_call, day, ingest, remove},
    on_both,
    writes::{assert_counted, at, done, problems, refused, with},
};

const CALLS: SyncTrack = SyncTrack::CallRecords;
const RESULTS: &str = "results { externalId status userErrors { field code message } } created updated unchanged invalid";

fn row(id: &str) -> Value {
    json!({ "externalId": id, "callTime": "2026-11-18T02:00:00Z", "result": "CONNECTED", "duration": 60 })
}

/// The platform's call 1 of task 7 by agent 9, with gaps.
fn told(id: &str) -> IncomingCall {
    IncomingCall {
        task: Some(PlatformTask {
            external_id: "7".to_owned(),
            name: Some("平台任务".to_owned()),
            package: None,
        }),
        agent: Some(PlatformAgent {
            external_id: "9".to_owned(),
            name: Some("平台坐席".to_owned()),
            is_seat: true,
        }),
        details: CallDetails {
            province: Some("浙江".to_owned()),
            ..CallDetails::default()
        },
        duration: 30,
        ..new_call(id, "2026-11-19T02:00:00Z")
    }
}

/// All calls of a source, with what they refer to.
async fn calls_of(app: &TestApp, source: &str) -> Value {
    let query = format!(
        "{{ calls(filter: {{ source: {{ eq: {source} }} }}, orderBy: [{{ field: EXTERNAL_ID, direction: ASC }}]) {{ nodes {{
            externalId callTime duration result grade province city customerName notes
            task {{ externalId source taskName }} agent {{ externalId source name }} tags {{ tagName tagValue }} }} }} }}"
    );
    app.data(&query).await["calls"]["nodes"].clone()
}

on_both! {
    /// An import with ids of the platform's calls, tasks and agents takes nothing from the platform, and the
    /// platform's next read takes nothing from it.
    an_import_and_the_platform_keep_their_own = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(CALLS, "2026-11-19", "2026-11-19").await;
        let everything = "{ calls(first: 1, filter: { callDate: { eq: \"2026-11-19\" }, source: { eq: GUANKE } }) { totalCount nodes {
            externalId callTime task { externalId taskName } agent { externalId name } version } }
            dashboard(date: \"2026-11-19\") { today { calls revenue } } }";
        let before = app.data(everything).await;
        let theirs = &before["calls"]["nodes"][0];
        let mine = with(&row(theirs["externalId"].as_str().unwrap()), json!({
            "taskExternalId": theirs["task"]["externalId"], "taskName": "别的任务",
            "agentExternalId": theirs["agent"]["externalId"], "agentName": "别的坐席",
        }));
        let imported = done(&app, "importCalls", RESULTS, json!({ "rows": [mine] })).await;
        assert_eq!(imported["results"][0]["status"], "CREATED");
        assert_eq!(app.data(everything).await, before);
        let read = app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        assert_eq!((read.counts.updated, read.counts.removed), (0, 0));
        assert_eq!(app.data(everything).await, before);
        let stored = calls_of(&app, "IMPORT").await;
        let expected = json!([with(&stored[0], json!({
            "externalId": theirs["externalId"], "callTime": "2026-11-18T02:00:00Z",
            "task": { "externalId": theirs["task"]["externalId"], "source": "IMPORT", "taskName": "别的任务" },
            "agent": { "externalId": theirs["agent"]["externalId"], "source": "IMPORT", "name": "别的坐席" },
        }))]);
        assert_eq!(stored, expected);
        let again = done(&app, "importCalls", RESULTS, json!({ "rows": [mine] })).await;
        assert_eq!(again["unchanged"], 1);
        // The day of the import has one call more than the platform.
        let counted = app.data("{ dashboard(date: \"2026-11-18\") { today { calls } } }").await;
        assert_eq!(counted["dashboard"]["today"]["calls"], 301);
        assert_counted(&app).await;
    };

    /// The same id in three sources is three calls, whoever comes first; removing and replacing find theirs.
    one_id_in_three_sources_is_three_calls = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let import = async |more: Value| done(&app, "importCalls", RESULTS, json!({ "rows": [with(&row("1"), more)] })).await;
        assert_eq!(import(json!({})).await["created"], 1);
        assert_eq!(ingest(db, vec![told("1")]).await.inserted, 1);
        let entered = json!({ "externalId": "1", "callTime": "2026-11-19T03:00:00Z", "result": "BUSY" });
        done(&app, "createCall", "call { source }", entered.clone()).await;
        assert_eq!(refused(&app, "createCall", entered).await, [at("input.externalId", "TAKEN")]);
        assert_eq!(import(json!({ "grade": "9元" })).await["updated"], 1);
        assert_eq!(ingest(db, vec![told("1")]).await.unchanged, 1);
        let mut calls = call::Entity::find().all(db.read()).await.unwrap();
        calls.sort_by_key(|call| call.id);
        let seen: Vec<_> = calls.iter().map(|call| (call.source, call.grade.as_deref(), call.version)).collect();
        assert_eq!(seen, [(CallSource::Import, Some("9元"), 2), (CallSource::Guanke, None, 1), (CallSource::Manual, None, 1)]);

        assert_eq!(remove(db, &["1".to_owned()]).await, 1);
        let data = app.data("{ calls(filter: { externalId: { eq: \"1\" } }, orderBy: [{ field: SOURCE, direction: ASC }]) { nodes { source } } }").await;
        assert_eq!(data["calls"]["nodes"], json!([{ "source": "IMPORT" }, { "source": "MANUAL" }]));
        assert_eq!(ingest(db, vec![told("1")]).await.updated, 1, "it is there again");
        assert_counted(&app).await;
    };

    /// Tasks and agents: by the other system's id, by the platform's, or by ours.
    a_row_refers_to_the_platform_s_task_on_purpose = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingest(&app.database.db, vec![told("1")]).await;
        let task = app.data("{ tasks { nodes { id } } }").await["tasks"]["nodes"][0]["id"].clone();
        let rows = [
            with(&row("a"), json!({ "platformTaskId": "7", "platformAgentId": "9" })),
            with(&row("b"), json!({ "taskExternalId": "7", "agentExternalId": "9", "agentName": "他" })),
            with(&row("c"), json!({ "taskId": task, "platformAgentId": "9" })),
            with(&row("d"), json!({ "platformTaskId": "8", "platformAgentId": "10" })),
            with(&row("e"), json!({ "taskExternalId": "7", "platformTaskId": "7", "agentName": "x", "platformAgentId": "9" })),
        ];
        let payload = done(&app, "importCalls", RESULTS, json!({ "rows": rows })).await;
        assert_eq!((&payload["created"], &payload["invalid"]), (&json!(3), &json!(2)));
        let noted = |index: usize| problems(&payload["results"][index]["userErrors"]);
        assert_eq!(noted(3), [at("input.rows.3.platformAgentId", "NOT_FOUND"), at("input.rows.3.platformTaskId", "NOT_FOUND")]);
        assert_eq!(noted(4), [at("input.rows.4.agentExternalId", "REQUIRED"), at("input.rows.4.taskExternalId", "CONFLICTING")]);
        let theirs = (json!({ "externalId": "7", "source": "GUANKE", "taskName": "平台任务" }), json!({ "externalId": "9", "source": "GUANKE", "name": "平台坐席" }));
        let mine = (json!({ "externalId": "7", "source": "IMPORT", "taskName": "7" }), json!({ "externalId": "9", "source": "IMPORT", "name": "他" }));
        let stored = calls_of(&app, "IMPORT").await;
        let stored: Vec<_> = stored.as_array().unwrap().iter().map(|call| (call["task"].clone(), call["agent"].clone())).collect();
        assert_eq!(stored, [theirs.clone(), mine, theirs]);
        let listed = app.data("{ tasks(filter: { source: { in: [IMPORT] } }) { nodes { externalId source totalCalls } }
            agents(orderBy: [{ field: SOURCE, direction: DESC }]) { nodes { source } } }").await;
        assert_eq!(listed["tasks"]["nodes"], json!([{ "externalId": "7", "source": "IMPORT", "totalCalls": 1 }]));
        assert_eq!(listed["agents"]["nodes"], json!([{ "source": "IMPORT" }, { "source": "GUANKE" }]));
        assert_counted(&app).await;
    };

    /// A row that says which of the platform's calls it is adds what the platform leaves empty, for good.
    a_row_adds_to_the_platform_s_call_on_purpose = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        ingest(db, vec![told("1")]).await;
        let fill = json!({ "platformCallId": "1", "customerName": "王女士", "grade": "9元", "province": "江苏",
            "callTime": "2026-11-17T02:00:00Z", "result": "BUSY", "duration": 99, "tags": [{ "tagName": "vip", "tagValue": "yes" }] });
        let import = async || done(&app, "importCalls", RESULTS, json!({ "rows": [fill] })).await;
        let payload = import().await;
        assert_eq!(payload["results"], json!([{ "externalId": "1", "status": "UPDATED", "userErrors": [] }]));
        let expected = json!([{
            "externalId": "1", "callTime": "2026-11-19T02:00:00Z", "duration": 30, "result": "NO_ANSWER", "grade": "9元",
            "province": "浙江", "city": null, "customerName": "王女士", "notes": null,
            "task": { "externalId": "7", "source": "GUANKE", "taskName": "平台任务" },
            "agent": { "externalId": "9", "source": "GUANKE", "name": "平台坐席" },
            "tags": [{ "tagName": "vip", "tagValue": "yes" }],
        }]);
        assert_eq!(calls_of(&app, "GUANKE").await, expected);
        assert_eq!(calls_of(&app, "IMPORT").await, json!([]));
        assert_counted(&app).await;
        assert_eq!(import().await["results"][0]["status"], "UNCHANGED");

        // The platform's record, the same and another one.
        assert_eq!(ingest(db, vec![told("1")]).await.unchanged, 1);
        let mut newer = told("1");
        newer.details.city = Some("杭州".to_owned());
        newer.details.grade = Some("A".to_owned());
        assert_eq!(ingest(db, vec![newer]).await.updated, 1);
        let expected = json!([with(&expected[0], json!({ "city": "杭州", "grade": "A" }))]);
        assert_eq!(calls_of(&app, "GUANKE").await, expected);
        // What was imported is not thrown away with old pushes: nobody gives it again.
        let old = call_pushes::OldPushes::Merged("2030-01-01T00:00:00Z".parse().unwrap());
        let tx = db.begin().await.unwrap();
        assert_eq!(call_pushes::prune(&tx, old, 10).await.unwrap(), 0);
        tx.commit().await.unwrap();
        // The platform says all of it.
        let useless = json!({ "rows": [{ "platformCallId": "1", "city": "宁波" }] });
        assert_eq!(done(&app, "importCalls", RESULTS, useless).await["results"][0]["status"], "UNCHANGED");
        assert_eq!(calls_of(&app, "GUANKE").await, expected);
        assert_counted(&app).await;
    };

    /// A task and an agent of the platform, where its record has none.
    a_row_adds_a_task_of_the_platform = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let bare = IncomingCall { task: None, agent: None, ..told("2") };
        ingest(&app.database.db, vec![told("1"), bare.clone()]).await;
        let rows = json!({ "rows": [{ "platformCallId": "2", "platformTaskId": "7", "platformAgentId": "9" }] });
        assert_eq!(done(&app, "importCalls", RESULTS, rows).await["updated"], 1);
        assert_eq!(ingest(&app.database.db, vec![bare]).await.unchanged, 1);
        let calls = calls_of(&app, "GUANKE").await;
        assert_eq!((&calls[1]["task"], &calls[1]["agent"]), (&calls[0]["task"], &calls[0]["agent"]));
        assert_counted(&app).await;
    };

    /// What cannot be added says why, and stops nothing else.
    rows_that_cannot_be_added_say_why = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingest(&app.database.db, vec![told("1"), told("2"), told("4")]).await;
        remove(&app.database.db, &["2".to_owned()]).await;
        let rows = json!([
            { "platformCallId": "3", "grade": "A" },
            { "platformCallId": "2", "grade": "A" },
            { "platformCallId": "1", "externalId": "1" },
            { "platformCallId": "4", "taskExternalId": "7", "agentId": "QWdlbnQ6MQ" },
            { "platformCallId": "1", "grade": "A" },
            { "platformCallId": "1", "grade": "B" },
            { "externalId": "1", "callTime": "2026-11-18T02:00:00Z", "result": "BUSY" },
            { "externalId": "imported", "callTime": "2026-11-18T02:00:00Z", "result": "BUSY" },
            { "platformCallId": "imported" },
            { "platformCallId": " ", "grade": "A" },
        ]);
        let payload = done(&app, "importCalls", RESULTS, json!({ "rows": rows })).await;
        let results = payload["results"].as_array().unwrap();
        let statuses: Vec<_> = results.iter().map(|result| result["status"].as_str().unwrap()).collect();
        assert_eq!(statuses[4], "UPDATED");
        assert_eq!((statuses[6], statuses[7]), ("CREATED", "CREATED"));
        let noted = |index: usize| problems(&results[index]["userErrors"]);
        let place = |index: usize, field: &str, code: &str| [at(&format!("input.rows.{index}.{field}"), code)];
        assert_eq!(noted(0), place(0, "platformCallId", "NOT_FOUND"));
        assert_eq!(noted(1), place(1, "platformCallId", "REMOVED"));
        assert_eq!(noted(2), place(2, "externalId", "CONFLICTING"));
        let both = [at("input.rows.3.agentId", "CONFLICTING"), at("input.rows.3.taskExternalId", "CONFLICTING")];
        assert_eq!(noted(3)[..2], both);
        assert_eq!(noted(5), place(5, "platformCallId", "DUPLICATE"));
        assert_eq!(noted(8), place(8, "platformCallId", "NOT_FOUND"));
        let required = ["callTime", "externalId", "result"].map(|field| at(&format!("input.rows.9.{field}"), "REQUIRED"));
        assert_eq!(noted(9), required);
        assert_counted(&app).await;
        // The address of pushes takes no imports.
        let request = axum::http::Request::post("/webhooks/guanke/import").body("{}".into()).unwrap();
        assert_eq!(app.send(request).await.status(), 404);
    };

    /// Looking an external id up does not read the table.
    an_external_id_is_found_by_index = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let tx = database.db.begin().await.unwrap();
        let kind = tx.get_database_backend();
        let explain = if kind == DatabaseBackend::Postgres {
            tx.execute_unprepared("SET LOCAL enable_seqscan = off").await.unwrap();
            "EXPLAIN"
        } else {
            "EXPLAIN QUERY PLAN"
        };
        for table in ["calls", "dial_tasks", "agents"] {
            for condition in ["external_id = '1'", "external_id IN ('1', '2') AND source = 'GUANKE'"] {
                let sql = format!("{explain} SELECT id FROM {table} WHERE {condition}");
                let rows = tx.query_all_raw(Statement::from_string(kind, sql)).await.unwrap();
                let column = if kind == DatabaseBackend::Postgres { 0 } else { 3 };
                let plan: Vec<String> = rows.iter().map(|row| row.try_get_by(column).unwrap()).collect();
                let index = format!("ix_{table}_external_id_source");
                assert!(plan.iter().any(|line| line.contains(&index)), "{condition}: {plan:?}");
            }
        }
    };

    /// Rows of an older schema get the source of their calls and the time of their names; what two sources
    /// share keeps the way back closed, and says so.
    what_is_stored_gets_its_source = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let migrations = schema::status(db).await.unwrap();
        let first = migrations.iter().position(|migration| migration.name.contains("keep_ids_of_sources_apart")).unwrap();
        let steps = u32::try_from(migrations.len() - first).unwrap();
        let mut tagged = told("1");
        tagged.tags.push(dialgraph::domain::dialing::Tag { name: "a".to_owned(), value: "1".to_owned() });
        ingest(db, vec![tagged]).await;
        schema::down(db, Some(steps)).await.unwrap();
        let times = "'2026-11-18T00:00:00+00:00', '2026-11-18T00:00:00+00:00'";
        let insert = |table: &str, columns: &str, values: &str| format!("INSERT INTO {table} ({columns}, created_at, updated_at) VALUES ({values}, {times})");
        let call = |id: &str, task: &str, agent: &str, time: &str, source: &str| insert(
            "calls",
            "external_id, task_id, agent_id, call_time, call_date, call_hour, result, source",
            &format!("'{id}', (SELECT id FROM dial_tasks WHERE task_name = '{task}'), (SELECT id FROM agents WHERE name = '{agent}'),
                      '{time}', '2026-11-18', 9, 'BUSY', '{source}'"),
        );
        for sql in [
            insert("dial_tasks", "external_id, task_name, status", "'i', '导入', 'IN_PROGRESS'"),
            insert("dial_tasks", "external_id, task_name, status", "'empty', '无话单', 'IN_PROGRESS'"),
            insert("dial_tasks", "task_name, status", "'手工', 'PENDING'"),
            insert("agents", "external_id, name, is_seat", "'i', '导入坐席', TRUE"),
            call("i1", "导入", "导入坐席", "2026-11-18T01:00:00+00:00", "IMPORT"),
            call("i2", "导入", "导入坐席", "2026-11-18T02:00:00+00:00", "IMPORT"),
            call("i3", "平台任务", "平台坐席", "2026-11-20T01:00:00+00:00", "IMPORT"),
            call("m", "手工", "导入坐席", "2026-11-18T03:00:00+00:00", "MANUAL"),
        ] {
            db.write().execute_unprepared(&sql).await.unwrap();
        }
        let taken = insert("agents", "external_id", "'i'");
        assert!(db.write().execute_unprepared(&taken).await.is_err(), "ids were unique by themselves");
        schema::up(db, None).await.unwrap();

        let time = |text: &str| Some(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
        let mut tasks = dial_task::Entity::find().all(db.read()).await.unwrap();
        tasks.sort_by_key(|task| task.id);
        let tasks: Vec<_> = tasks.iter().map(|task| (task.task_name.as_str(), task.source, task.name_as_of)).collect();
        assert_eq!(tasks, [
            ("平台任务", CallSource::Guanke, time("2026-11-19T02:00:00Z")),
            ("导入", CallSource::Import, time("2026-11-18T02:00:00Z")),
            ("无话单", CallSource::Guanke, None),
            ("手工", CallSource::Manual, None),
        ]);
        let mut agents = agent::Entity::find().all(db.read()).await.unwrap();
        agents.sort_by_key(|agent| agent.id);
        let agents: Vec<_> = agents.iter().map(|agent| (agent.name.as_deref(), agent.source, agent.name_as_of)).collect();
        assert_eq!(agents, [
            (Some("平台坐席"), CallSource::Guanke, time("2026-11-19T02:00:00Z")),
            (Some("导入坐席"), CallSource::Import, time("2026-11-18T02:00:00Z")),
        ]);
        // Ids go on, and what referred to calls does.
        let count = async |sql: &str| -> i64 {
            let statement = Statement::from_string(db.read().get_database_backend(), sql);
            db.read().query_one_raw(statement).await.unwrap().unwrap().try_get_by(0).unwrap()
        };
        assert_eq!(count("SELECT COUNT(*) FROM call_tags").await, 1);
        ingest(db, vec![told("i1"), IncomingCall { task: Some(PlatformTask { external_id: "i".to_owned(), name: None, package: None }), ..told("i2") }]).await;
        assert_eq!(count("SELECT COUNT(*) FROM calls WHERE external_id IN ('i1', 'i2')").await, 4);
        assert_eq!(count("SELECT COUNT(DISTINCT id) FROM calls").await, 7);

        let refused = schema::down(db, Some(steps)).await.unwrap_err();
        let mut message = String::new();
        let mut error: Option<&dyn std::error::Error> = Some(&refused);
        while let Some(cause) = error {
            message += &cause.to_string();
            message.push('\n');
            error = cause.source();
        }
        assert!(message.contains("2 of calls, 1 of tasks"), "{message}");
        assert!(schema::is_current(db.read()).await.unwrap(), "all or nothing");
        db.write().execute_unprepared("DELETE FROM calls WHERE source = 'IMPORT'").await.unwrap();
        db.write().execute_unprepared("DELETE FROM dial_tasks WHERE source = 'IMPORT'").await.unwrap();
        schema::down(db, Some(steps)).await.unwrap();
        assert!(db.write().execute_unprepared(&insert("agents", "external_id", "'9'")).await.is_err());
        schema::up(db, None).await.unwrap();
    };

    /// A platform that is read while the same ids are imported: each has its own in the end.
    both_at_once_keep_their_own = async |backend: Backend| {
        let app = std::sync::Arc::new(TestApp::new(&backend).await);
        let other = app.clone();
        let read = tokio::spawn(async move { other.synced(CALLS, "2026-11-19", "2026-11-19").await });
        let ids = app.platform.record_ids(day("2026-11-19"));
        for ids in ids.chunks(60) {
            let rows: Vec<Value> = ids.iter().map(|id| with(&row(id), json!({ "taskExternalId": "1" }))).collect();
            assert_eq!(done(&app, "importCalls", RESULTS, json!({ "rows": rows })).await["created"], rows.len());
        }
        read.await.unwrap();
        let data = app.data("{ calls(filter: { source: { eq: GUANKE } }) { totalCount } imported: calls(filter: { source: { eq: IMPORT } }) { totalCount } }").await;
        assert_eq!((&data["calls"]["totalCount"], &data["imported"]["totalCount"]), (&json!(300), &json!(300)));
        assert_counted(&app).await;
    };
}
