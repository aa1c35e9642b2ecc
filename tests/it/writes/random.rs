//! Any mix of writes leaves figures that are those of the calls.

use dialgraph::{
    domain::{dialing::Tag, viewer::Role},
    store::{rollups, tag_counts},
};
use proptest::{prelude::*, strategy::ValueTree as _};
use serde_json::{Value, json};

use super::send;
use crate::{
    harness::{Backend, TestApp, call, ingest, remove, runner, task},
    on_both,
};

/// A write; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Write {
    CreateCall(Fields),
    UpdateCall(u8, Fields),
    DeleteCall(u8),
    Import(Vec<(u8, Fields)>),
    Ingest(Vec<(u8, Fields)>),
    Remove(Vec<u8>),
    AddTags(u8, u8),
    RemoveTags(u8, u8),
    CreateTask,
    DeleteTask(u8),
    Grade(u8, Vec<u8>),
    DeleteGrade(u8),
}

#[derive(Debug, Clone)]
struct Fields {
    day: u8,
    hour: u8,
    connected: bool,
    grade: u8,
    province: bool,
    task: u8,
}

const GRADES: [&str; 6] = ["9元", "八元", "A", " a", "x", ""];
const CODES: [&str; 4] = ["NINE_YUAN", "A", "EIGHT", "X"];

fn fields() -> impl Strategy<Value = Fields> {
    (
        0..3_u8,
        0..24_u8,
        any::<bool>(),
        0..6_u8,
        any::<bool>(),
        0..4_u8,
    )
        .prop_map(|(day, hour, connected, grade, province, task)| Fields {
            day,
            hour,
            connected,
            grade,
            province,
            task,
        })
}

fn write() -> impl Strategy<Value = Write> {
    let batch = || prop::collection::vec((0..10_u8, fields()), 1..6);
    prop_oneof![
        3 => fields().prop_map(Write::CreateCall),
        4 => (any::<u8>(), fields()).prop_map(|(call, fields)| Write::UpdateCall(call, fields)),
        1 => any::<u8>().prop_map(Write::DeleteCall),
        2 => batch().prop_map(Write::Import),
        2 => batch().prop_map(Write::Ingest),
        2 => prop::collection::vec(0..10_u8, 1..5).prop_map(Write::Remove),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(call, tags)| Write::AddTags(call, tags)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(call, tags)| Write::RemoveTags(call, tags)),
        1 => Just(Write::CreateTask),
        1 => any::<u8>().prop_map(Write::DeleteTask),
        2 => (0..4_u8, prop::collection::vec(0..5_u8, 0..3)).prop_map(|(code, patterns)| Write::Grade(code, patterns)),
        1 => (0..4_u8).prop_map(Write::DeleteGrade),
    ]
}

fn time(fields: &Fields) -> String {
    format!("2026-11-1{}T{:02}:30:00Z", 7 + fields.day, fields.hour)
}

fn call_fields(fields: &Fields) -> Value {
    json!({ "callTime": time(fields), "result": if fields.connected { "CONNECTED" } else { "BUSY" },
        "duration": if fields.connected { i32::from(fields.hour) * 10 } else { 0 },
        "grade": GRADES[usize::from(fields.grade)], "province": fields.province.then_some("浙江"),
        "billedAmount": fields.connected.then_some("0.06") })
}

/// Up to two tags, few in all, so that calls share them.
fn tags(number: u8) -> Vec<Tag> {
    let tag = |number: u8| Tag {
        name: "level".to_owned(),
        value: number.to_string(),
    };
    match number % 4 {
        0 => Vec::new(),
        1 => vec![tag(number % 3)],
        _ => vec![tag(number % 3), tag(number % 5)],
    }
}

fn given(tags: &[Tag]) -> Value {
    let tag = |tag: &Tag| json!({ "tagName": tag.name, "tagValue": tag.value });
    tags.iter().map(tag).collect()
}

/// The ids of what a list has, removed calls among them.
async fn ids(app: &TestApp, list: &str) -> Vec<String> {
    let every = match list {
        "calls" => {
            ", filter: { or: [{ removedAt: { isNull: true } }, { removedAt: { isNull: false } }] }"
        }
        _ => "",
    };
    let data = app
        .data(&format!(
            "{{ {list}(first: 200{every}) {{ nodes {{ id }} }} }}"
        ))
        .await;
    let nodes = data[list]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect()
}

fn choose(ids: &[String], number: u8) -> Option<&String> {
    (!ids.is_empty()).then(|| &ids[usize::from(number) % ids.len()])
}

/// Sends the write, as far as there is something to write; refusals are answers too.
async fn apply(app: &TestApp, write: &Write) {
    let (field, input) = match write {
        Write::CreateCall(fields) => {
            let tasks = ids(app, "tasks").await;
            let mut input = call_fields(fields);
            input["taskId"] = json!(choose(&tasks, fields.task));
            input["tags"] = given(&tags(fields.hour));
            ("createCall", input)
        }
        Write::UpdateCall(call, fields) => {
            let (calls, tasks) = (ids(app, "calls").await, ids(app, "tasks").await);
            let mut input = call_fields(fields);
            input["id"] = json!(choose(&calls, *call).map_or("x", String::as_str));
            input["taskId"] = json!(choose(&tasks, fields.task));
            ("updateCall", input)
        }
        Write::DeleteCall(call) => {
            let calls = ids(app, "calls").await;
            (
                "deleteCall",
                json!({ "id": choose(&calls, *call).map_or("x", String::as_str) }),
            )
        }
        Write::Import(rows) => {
            let rows: Vec<Value> = rows
                .iter()
                .map(|(id, fields)| {
                    let mut row = call_fields(fields);
                    row["externalId"] = json!(format!("e{id}"));
                    row["tags"] = given(&tags(fields.hour));
                    row["taskExternalId"] =
                        json!((fields.task > 0).then(|| fields.task.to_string()));
                    row
                })
                .collect();
            ("importCalls", json!({ "rows": rows }))
        }
        Write::Ingest(rows) => {
            let batch = rows.iter().map(|(id, fields)| {
                let mut call = call(&format!("e{id}"), &time(fields));
                call.tags = tags(fields.hour);
                call.details.grade = Some(GRADES[usize::from(fields.grade)].to_owned());
                call.task = (fields.task > 0).then(|| task(&fields.task.to_string()));
                call
            });
            ingest(&app.database.db, batch.collect()).await;
            return;
        }
        Write::Remove(ids) => {
            let ids: Vec<String> = ids.iter().map(|id| format!("e{id}")).collect();
            remove(&app.database.db, &ids).await;
            return;
        }
        Write::AddTags(call, number) | Write::RemoveTags(call, number) => {
            let calls = ids(app, "calls").await;
            let call = choose(&calls, *call).map_or("x", String::as_str);
            let field = match write {
                Write::AddTags(..) => "addCallTags",
                _ => "removeCallTags",
            };
            (
                field,
                json!({ "callId": call, "tags": given(&tags(*number)) }),
            )
        }
        Write::CreateTask => ("createTask", json!({ "taskName": "A" })),
        Write::DeleteTask(task) => {
            let tasks = ids(app, "tasks").await;
            (
                "deleteTask",
                json!({ "id": choose(&tasks, *task).map_or("x", String::as_str) }),
            )
        }
        Write::Grade(code, patterns) => {
            let patterns: Vec<&str> = patterns
                .iter()
                .map(|&pattern| GRADES[usize::from(pattern)])
                .collect();
            let code = CODES[usize::from(*code)];
            (
                "upsertGrade",
                json!({ "code": code, "label": code, "patterns": patterns, "unitPrice": "3" }),
            )
        }
        Write::DeleteGrade(code) => ("deleteGrade", json!({ "code": CODES[usize::from(*code)] })),
    };
    let answer = send(app, Role::Admin, field, "__typename", input).await;
    answer.data();
}

on_both! {
    /// After each of many random writes the figures are those of the calls.
    figures_fit_after_any_writes = async |backend: Backend| {
        let mut runner = runner();
        for _ in 0..3 {
            let app = TestApp::new(&backend).await;
            let writes = prop::collection::vec(write(), 40).new_tree(&mut runner).unwrap().current();
            for write in writes {
                apply(&app, &write).await;
                let db = &app.database.db;
                assert_eq!(rollups::differences(db).await.unwrap(), [], "after {write:?}");
                assert_eq!(tag_counts::differences(db).await.unwrap(), 0, "after {write:?}");
            }
        }
    };
}
