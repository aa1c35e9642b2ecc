//! Bulk imports.

use dialgraph::entity::agent;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use super::{a_task, an_agent, assert_counted, at, audit, done, problems, refused, with};
use crate::{
    harness::{Backend, TestApp},
    on_both,
};

const RESULTS: &str = "results { index externalId status field code reason userErrors { field code message } } created updated unchanged invalid";

fn row(id: &str) -> Value {
    json!({ "externalId": id, "callTime": "2026-11-19T02:00:00Z", "result": "CONNECTED", "duration": 60 })
}

fn counts(payload: &Value) -> [i64; 4] {
    ["created", "updated", "unchanged", "invalid"].map(|name| payload[name].as_i64().unwrap())
}

on_both! {
    /// Bad rows say where and why; good ones are stored all the same.
    bad_rows_do_not_stop_good_ones = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let task = a_task(&app).await;
        let agent = an_agent(&app).await;
        let rows = [
            with(&row("1"), json!({ "taskId": task, "agentId": agent, "grade": "9元", "phoneNumber": "+86 13812348000", "billedAmount": "0.5",
                "tags": [{ "tagName": "a", "tagValue": "1" }] })),
            with(&row("2"), json!({ "taskExternalId": "77", "taskName": "B-01", "agentExternalId": "9", "agentName": "改名" })),
            with(&row("1"), json!({ "duration": 61 })),
            json!({}),
            with(&row("3"), json!({ "taskId": task, "taskExternalId": "77", "agentName": "x", "phoneNumber": "12" })),
            with(&row("4"), json!({ "taskId": "RGlhbFRhc2s6OTk", "agentId": "x", "callTime": "2027-01-01T00:00:00Z" })),
            with(&row("5"), json!({ "callTime": "2026-11-19 10:00", "billedAmount": 0.5, "duration": 3_000_000_000_i64 })),
        ];
        let payload = done(&app, "importCalls", RESULTS, json!({ "rows": rows })).await;
        assert_eq!(counts(&payload), [2, 0, 0, 5]);
        let results = payload["results"].as_array().unwrap();
        let statuses: Vec<_> = results.iter().map(|result| result["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["CREATED", "CREATED", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID"]);
        assert_eq!(results[0], json!({ "index": 0, "externalId": "1", "status": "CREATED", "field": null, "code": null, "reason": null, "userErrors": [] }));
        assert_eq!(problems(&results[2]["userErrors"]), [at("input.rows.2.externalId", "DUPLICATE")]);
        assert_eq!(results[2]["field"], json!(["input", "rows", "2", "externalId"]));
        assert_eq!((&results[2]["code"], &results[2]["externalId"]), (&json!("DUPLICATE"), &json!("1")));
        let required = ["callTime", "externalId", "result"].map(|name| at(&format!("input.rows.3.{name}"), "REQUIRED"));
        assert_eq!(problems(&results[3]["userErrors"]), required);
        let expected = [
            at("input.rows.4.agentExternalId", "REQUIRED"),
            at("input.rows.4.phoneNumber", "INVALID_PHONE"),
            at("input.rows.4.taskExternalId", "CONFLICTING"),
        ];
        assert_eq!(problems(&results[4]["userErrors"]), expected);
        let expected = [
            at("input.rows.5.agentId", "INVALID_ID"),
            at("input.rows.5.callTime", "IN_THE_FUTURE"),
            at("input.rows.5.taskId", "NOT_FOUND"),
        ];
        assert_eq!(problems(&results[5]["userErrors"]), expected);

        let expected = [
            at("input.rows.6.billedAmount", "INVALID_FORMAT"),
            at("input.rows.6.callTime", "INVALID_FORMAT"),
            at("input.rows.6.duration", "OUT_OF_RANGE"),
        ];
        assert_eq!(problems(&results[6]["userErrors"]), expected);

        let data = app.data(r#"{ calls(first: 2) { nodes { externalId source phoneNumber gradeCode task { taskName } agent { name } tags { tagName } } } }"#).await;
        let expected = json!([
            { "externalId": "2", "source": "IMPORT", "phoneNumber": null, "gradeCode": null, "task": { "taskName": "B-01" },
              "agent": { "name": "改名" }, "tags": [] },
            { "externalId": "1", "source": "IMPORT", "phoneNumber": "13812348000", "gradeCode": "NINE_YUAN",
              "task": { "taskName": "11月A包-01" }, "agent": { "name": "管理员" }, "tags": [{ "tagName": "a" }] },
        ]);
        assert_eq!(data["calls"]["nodes"], expected);
        let agents = agent::Entity::find().all(app.database.db.read()).await.unwrap();
        let seats: Vec<_> = agents.iter().map(|agent| (agent.name.as_deref(), agent.is_seat)).collect();
        assert_eq!(seats, [(Some("管理员"), false), (Some("改名"), true)], "an import does not change an account of the platform");
        assert_counted(&app).await;
        let (_, object, changes) = audit(&app.database.db).await.pop().unwrap();
        assert_eq!((object.as_str(), changes), ("Call", json!({ "created": 2, "updated": 0, "unchanged": 0, "invalid": 5 })));
    };

    /// A repeat is unchanged, and only what differs is replaced.
    rows_are_upserted = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let import = async |rows: &[Value]| counts(&done(&app, "importCalls", RESULTS, json!({ "rows": rows })).await);
        let (first, second) = (with(&row("1"), json!({ "grade": "A" })), row("2"));
        assert_eq!(import(&[first.clone(), second.clone()]).await, [2, 0, 0, 0]);
        assert_eq!(import(&[first.clone(), second.clone()]).await, [0, 0, 2, 0]);
        let changed = with(&first, json!({ "grade": "9元", "callTime": "2026-11-18T02:00:00Z" }));
        assert_eq!(import(&[row("3"), second, changed]).await, [1, 1, 1, 0]);
        let data = app.data(r#"{ dashboard(date: "2026-11-19") { today { calls revenue } yesterday { calls revenue } } }"#).await;
        let expected = json!({ "today": { "calls": 2, "revenue": "0.00" }, "yesterday": { "calls": 1, "revenue": "9.00" } });
        assert_eq!(data["dashboard"], expected);
        assert_counted(&app).await;
        let recorded = audit(&app.database.db).await;
        assert_eq!(recorded.len(), 2, "an import that writes nothing is not recorded");
    };

    /// As many rows as are taken, twice; one more is refused.
    five_thousand_rows_are_taken = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let notes = "备注".repeat(100);
        let grade = |index: u32| ["9元", "x", "A"][index as usize % 3];
        let rows: Vec<Value> = (0..5_000_u32)
            .map(|index| with(&row(&format!("bulk {index}")), json!({ "notes": notes, "grade": grade(index),
                "taskExternalId": (index % 7).to_string(), "province": "浙江" })))
            .collect();
        let payload = done(&app, "importCalls", "created results { status }", json!({ "rows": rows, "idempotencyKey": "k" })).await;
        assert_eq!((&payload["created"], payload["results"].as_array().unwrap().len()), (&json!(5_000), 5_000));
        let again = done(&app, "importCalls", "unchanged", json!({ "rows": rows })).await;
        assert_eq!(again["unchanged"], 5_000);
        let repeated = done(&app, "importCalls", "created results { status }", json!({ "rows": rows, "idempotencyKey": "k" })).await;
        assert_eq!(repeated, payload);
        let data = app.data(r#"{ dashboard(date: "2026-11-19") { today { calls totalSuccess } } }"#).await;
        assert_eq!(data["dashboard"]["today"], json!({ "calls": 5_000, "totalSuccess": 1_667 }));
        // Each of a task and an agent of its own, and named anew.
        for name in ["旧", "新"] {
            let rows: Vec<Value> = (0..5_000_u32)
                .map(|index| with(&row(&format!("bulk {index}")), json!({ "taskExternalId": format!("t{index}"), "taskName": name,
                    "agentExternalId": format!("a{index}"), "agentName": name })))
                .collect();
            assert_eq!(done(&app, "importCalls", "updated", json!({ "rows": rows })).await["updated"], 5_000);
        }
        let data = app.data(r#"{ tasks(filter: { taskName: { eq: "新" } }) { totalCount } agents(filter: { name: { eq: "新" } }) { totalCount } }"#).await;
        assert_eq!((&data["tasks"]["totalCount"], &data["agents"]["totalCount"]), (&json!(5_000), &json!(5_000)));
        assert_counted(&app).await;
    };

    /// Problems of the whole input.
    an_import_that_cannot_be_is_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let empty = json!({ "rows": [], "idempotencyKey": "" });
        assert_eq!(refused(&app, "importCalls", empty).await, [at("input.idempotencyKey", "BLANK"), at("input.rows", "REQUIRED")]);
        let many = json!({ "rows": vec![json!({}); 5_001] });
        assert_eq!(refused(&app, "importCalls", many).await, [at("input.rows", "TOO_MANY")]);
        refused(&app, "updateTask", json!({ "id": "x" })).await;
        let useless = done(&app, "importCalls", RESULTS, json!({ "rows": [{}] })).await;
        assert_eq!(counts(&useless), [0, 0, 0, 1]);
    };
}
