//! The platform's own figures beside ours: worked out by hand.

use chrono::{DateTime, Utc};
use dialgraph::{
    domain::{
        call_details::CallDetails,
        dialing::CallResult,
        incoming::{IncomingCall, PlatformAgent},
        sync::{StatKind, SyncTrack},
        viewer::Role,
    },
    entity::sync_day,
    store::platform_stats::{self, NewPlatformStat},
};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, NOW, TestApp, call, day, ingest, task},
    on_both,
};

const DAY: &str = "2026-11-19";
const ROW: &str =
    "date by name platform { dialled connected success } ours { dialled connected success }
    difference { dialled connected success } cause explanation";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn agent(id: &str, name: &str) -> PlatformAgent {
    PlatformAgent {
        external_id: id.to_owned(),
        name: Some(name.to_owned()),
        is_seat: true,
    }
}

/// A call of `agent` (and of task t1, if there is an agent), connected if it has a grade.
fn dialled(id: &str, of: Option<PlatformAgent>, grade: Option<&str>) -> IncomingCall {
    IncomingCall {
        task: of.as_ref().map(|_| task("t1")),
        agent: of,
        result: if grade.is_some() {
            CallResult::Connected
        } else {
            CallResult::NoAnswer
        },
        details: CallDetails {
            grade: grade.filter(|grade| !grade.is_empty()).map(str::to_owned),
            ..CallDetails::default()
        },
        ..call(id, "2026-11-19T02:00:00Z")
    }
}

fn stat(kind: StatKind, name: &str, dialled: i64, connected: i64, success: i64) -> NewPlatformStat {
    NewPlatformStat {
        kind,
        name: name.to_owned(),
        dialled,
        connected,
        success,
        is_summary: name == "总计",
        is_seat: kind == StatKind::Account,
    }
}

/// Eight calls of ours, ten of the platform's, read whole within minutes.
async fn fill(app: &TestApp) {
    let db = &app.database.db;
    let fang = || Some(agent("a1", "王芳"));
    ingest(
        db,
        vec![
            dialled("1", fang(), Some("9元")),
            dialled("2", fang(), Some("")),
            dialled("3", fang(), None),
            dialled("4", Some(agent("a2", "李伟")), Some("特价")),
            dialled("5", Some(agent("a2", "李伟")), None),
            dialled("6", Some(agent("a3", "李娜")), None),
            dialled("7", Some(agent("a4", "李娜")), None),
            dialled("8", None, None),
        ],
    )
    .await;
    use StatKind::{Account, Task};
    let stats = [
        stat(Account, "王芳", 3, 2, 1),
        stat(Account, "李伟", 2, 1, 1),
        stat(Account, "李娜", 3, 0, 0),
        stat(Account, "赵敏", 2, 0, 0),
        stat(Account, "总计", 10, 3, 2),
        stat(Task, "任务 t1", 7, 3, 1),
    ];
    let tx = db.begin().await.unwrap();
    platform_stats::replace(&tx, day(DAY), &stats, at(NOW))
        .await
        .unwrap();
    for (track, read) in [
        (SyncTrack::CallRecords, "2026-11-19T17:05:00Z"),
        (SyncTrack::TaskStats, "2026-11-19T17:00:00Z"),
    ] {
        let known = sync_day::ActiveModel {
            track: Set(track),
            day: Set(day(DAY)),
            is_stale: Set(false),
            completed_at: Set(Some(at(read))),
            synced_at: Set(Some(at(read))),
            synced_through: Set(Some(at("2026-11-19T15:59:59Z"))),
            updated_at: Set(at(read)),
            ..Default::default()
        };
        known.insert(&tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn rows(app: &TestApp, arguments: &str, fields: &str) -> Value {
    let query = format!(
        "{{ reconciliation({arguments}) {{ totalRows hasNextPage endCursor rows {{ {fields} }} }} }}"
    );
    app.query_as(Role::Analyst, &query).await.data()["reconciliation"].clone()
}

on_both! {
    /// Every figure of both sides, the difference, and why it probably is.
    both_sides_stand_beside_each_other = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        app.statements();
        let all = rows(&app, r#"from: "2026-11-18", to: "2026-11-19", first: 50"#, ROW).await;
        // Days, catalogue, rollups, agents, tasks, the platform's figures.
        assert_eq!(app.statements().len(), 6);
        insta::assert_json_snapshot!("reconciliation", all["rows"]);
        assert_eq!((&all["totalRows"], &all["hasNextPage"]), (&json!(9), &json!(false)));
    };

    /// Only what differs, only some kinds, and page by page.
    rows_are_chosen_and_paged = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        let days = r#"from: "2026-11-19", to: "2026-11-19", by: [AGENT]"#;
        let names = |page: &Value| -> Vec<Value> {
            page["rows"].as_array().unwrap().iter().map(|row| row["name"].clone()).collect()
        };
        let differing = rows(&app, &format!("{days}, differing: true"), "name").await;
        assert_eq!(names(&differing), [json!(null), json!("李伟"), json!("李娜"), json!("赵敏")]);

        let first = rows(&app, &format!("{days}, first: 2"), "name").await;
        assert_eq!((names(&first), &first["totalRows"], &first["hasNextPage"]), (vec![json!(null), json!("李伟")], &json!(5), &json!(true)));
        let next = |page: &Value| format!("{days}, first: 2, after: {}", page["endCursor"]);
        let second = rows(&app, &next(&first), "name").await;
        assert_eq!(names(&second), [json!("李娜"), json!("王芳")]);
        let third = rows(&app, &next(&second), "name").await;
        assert_eq!((names(&third), &third["hasNextPage"]), (vec![json!("赵敏")], &json!(false)));

        let answer = app.query(&format!("{{ reconciliation({days}, first: 201) {{ totalRows }} }}")).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT");
        let cursor = app.data("{ calls(first: 1) { pageInfo { endCursor } } }").await["calls"]["pageInfo"]["endCursor"].clone();
        let answer = app.query(&format!("{{ reconciliation({days}, after: {cursor}) {{ totalRows }} }}")).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT");
    };

    /// The row leads to the agent or task, where it is one.
    rows_lead_to_our_agent_or_task = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        let all = rows(&app, r#"from: "2026-11-19", to: "2026-11-19", by: [AGENT, TASK]"#, "name agentId taskId").await;
        let row = |name: &str| all["rows"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
        assert_eq!(row("李娜"), json!({ "name": "李娜", "agentId": null, "taskId": null }), "there are two");
        let data = app
            .data(r#"{ agents(filter: { name: { eq: "王芳" } }) { nodes { id } } tasks { nodes { id } } }"#)
            .await;
        assert_eq!(row("王芳")["agentId"], data["agents"]["nodes"][0]["id"]);
        assert_eq!(row("任务 t1")["taskId"], data["tasks"]["nodes"][0]["id"]);
    };

    /// What the simulated platform lists and what it counts are the same.
    the_simulated_platform_reconciles = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.synced(SyncTrack::CallRecords, "2026-11-18", "2026-11-19").await;
        app.synced(SyncTrack::TaskStats, "2026-11-18", "2026-11-19").await;
        let all = rows(&app, r#"from: "2026-11-18", to: "2026-11-19", first: 200"#, "cause").await;
        let causes = all["rows"].as_array().unwrap();
        assert!(causes.len() > 10);
        assert!(causes.iter().all(|row| row["cause"] == "EQUAL"), "{all:#}");
        // A deal under a name that the catalogue does not know: of the day, an agent and a task.
        app.platform.edit_grade(day("2026-11-19"), 0, "特价", Some("NINE_YUAN"));
        app.synced(SyncTrack::CallRecords, "2026-11-19", "2026-11-19").await;
        app.synced(SyncTrack::TaskStats, "2026-11-19", "2026-11-19").await;
        let arguments = r#"from: "2026-11-18", to: "2026-11-19", differing: true"#;
        let differing = rows(&app, arguments, "by difference { dialled connected success } cause").await;
        let row = |by: &str| json!({
            "by": by, "difference": { "dialled": 0, "connected": 0, "success": -1 }, "cause": "UNGRADED_OR_MAPPING",
        });
        assert_eq!(differing["rows"], json!([row("DAY"), row("AGENT"), row("TASK")]));
    };
}
