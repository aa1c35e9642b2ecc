//! Writers who meet.

use std::sync::Arc;

use dialgraph::domain::viewer::Role;
use serde_json::json;

use super::{a_call, a_task, assert_counted, call_input, problems, send, with};
use crate::{
    harness::{Backend, TestApp, call, ingest, task},
    on_both,
};

on_both! {
    /// Of two changes that were made for one version one is written, the other told.
    one_of_two_with_one_version_wins = async |backend: Backend| {
        let app = Arc::new(TestApp::new(&backend).await);
        let call = a_call(&app).await;
        let changes = (0..6).map(|duration| {
            let (app, call) = (app.clone(), call.clone());
            tokio::spawn(async move {
                let input = json!({ "id": call, "duration": 100 + duration, "expectedVersion": 1 });
                let answer = send(&app, Role::Admin, "updateCall", "call { version }", input).await.data();
                problems(&answer["updateCall"]["userErrors"])
            })
        });
        let answers = futures_util::future::try_join_all(changes).await.unwrap();
        let conflict = vec![("input.expectedVersion".to_owned(), "CONFLICT".to_owned())];
        assert_eq!(answers.iter().filter(|problems| problems.is_empty()).count(), 1);
        assert_eq!(answers.iter().filter(|problems| **problems == conflict).count(), 5);
        assert_counted(&app).await;
    };

    /// People, an import, the platform and changes of the catalogue at once, and figures that fit.
    all_writers_at_once_leave_figures_that_fit = async |backend: Backend| {
        let app = Arc::new(TestApp::new(&backend).await);
        let task_id = a_task(&app).await;
        let doomed = a_task(&app).await;
        let shared = a_call(&app).await;
        let mut writers = Vec::new();
        for writer in 0..5_u8 {
            let (app, task_id, shared) = (app.clone(), task_id.clone(), shared.clone());
            let doomed = doomed.clone();
            writers.push(tokio::spawn(async move {
                for round in 0..6_u8 {
                    let grade = ["9元", "八元", "A"][usize::from((writer + round) % 3)];
                    match writer {
                        0 => {
                            let batch = (0..20).map(|index| {
                                let mut call = call(&format!("p{index}"), "2026-11-19T03:00:00Z");
                                call.details.grade = Some(grade.to_owned());
                                call.task = Some(task(if round % 2 == 0 { "77" } else { "78" }));
                                call
                            });
                            ingest(&app.database.db, batch.collect()).await;
                        }
                        1 => {
                            let patterns = if round % 2 == 0 { json!(["八元"]) } else { json!([]) };
                            let input = json!({ "code": "EIGHT", "label": "8", "patterns": patterns, "unitPrice": "8" });
                            accepted(&app, "upsertGrade", input).await;
                        }
                        2 => {
                            let rows: Vec<_> = (0..20).map(|index| json!({ "externalId": format!("p{}", index + 10), "grade": grade,
                                "callTime": "2026-11-19T04:00:00Z", "result": "BUSY", "taskExternalId": "77" })).collect();
                            accepted(&app, "importCalls", json!({ "rows": rows })).await;
                        }
                        3 => {
                            let input = json!({ "id": shared, "grade": grade, "taskId": task_id, "duration": round });
                            accepted(&app, "updateCall", input).await;
                            if round == 3 {
                                accepted(&app, "deleteTask", json!({ "id": doomed })).await;
                            }
                        }
                        _ => {
                            let input = with(&call_input(), json!({ "grade": grade, "taskId": task_id }));
                            accepted(&app, "createCall", input).await;
                        }
                    }
                }
            }));
        }
        for writer in writers {
            writer.await.unwrap();
        }
        assert_counted(&app).await;
        // No call was stored by a catalogue that was gone.
        let data = app.data(r#"{ calls(first: 200) { nodes { grade gradeCode } } }"#).await;
        for call in data["calls"]["nodes"].as_array().unwrap() {
            let code = match call["grade"].as_str().unwrap() { "9元" => "NINE_YUAN", "A" => "A", _ => "OTHER" };
            assert_eq!(call["gradeCode"], code, "{call}");
        }
    };
}

async fn accepted(app: &TestApp, field: &str, input: serde_json::Value) {
    let answer = send(app, Role::Admin, field, "__typename", input)
        .await
        .data();
    assert_eq!(answer[field]["userErrors"], json!([]), "{field}");
}
