//! Dial tasks.

use dialgraph::{domain::money::Money, entity::call_tag};
use sea_orm::EntityTrait as _;
use serde_json::json;

use super::{a_package, a_task, assert_counted, at, audit, done, id, payload, refused, with};
use crate::{
    harness::{Backend, TestApp, call, ingest, task},
    on_both,
};

const NO_PACKAGE: &str = "TGVhZFBhY2thZ2U6OTk";

on_both! {
    /// A task is PENDING at first, and goes forward.
    a_task_is_created_and_goes_forward = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let package = a_package(&app).await;
        let input = json!({ "taskName": "A-01", "packageId": package, "description": "a\nb",
            "startTime": "2026-11-20T09:00:00+08:00", "endTime": "2026-11-20T01:00:00Z" });
        let selection = "task { id taskName description status startTime endTime version package { name } totalCalls }";
        let created = done(&app, "createTask", selection, input).await["task"].clone();
        let expected = json!({ "taskName": "A-01", "description": "a\nb", "status": "PENDING", "version": 1, "totalCalls": 0,
            "startTime": "2026-11-20T01:00:00Z", "endTime": "2026-11-20T01:00:00Z", "package": { "name": "11月A包" } });
        assert_eq!(created, with(&expected, json!({ "id": created["id"] })));
        let task = id(&created);
        let step = async |status: &str| {
            let input = json!({ "id": task, "status": status });
            done(&app, "updateTask", "task { status version }", input).await["task"].clone()
        };
        assert_eq!(step("PENDING").await["version"], 1);
        assert_eq!(step("IN_PROGRESS").await["version"], 2);
        assert_eq!(step("COMPLETED").await["version"], 3);
        for status in ["PENDING", "IN_PROGRESS", "CANCELLED"] {
            let back = json!({ "id": task, "status": status });
            assert_eq!(refused(&app, "updateTask", back).await, [at("input.status", "INVALID_TRANSITION")]);
        }
        let (_, _, changes) = audit(&app.database.db).await.pop().unwrap();
        assert_eq!(changes, json!({ "status": { "before": "IN_PROGRESS", "after": "COMPLETED" } }));
    };

    /// What cannot be, with all reasons.
    a_bad_task_is_refused_for_every_reason = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let task = a_task(&app).await;
        let bad = json!({ "taskName": "", "packageId": NO_PACKAGE, "description": "\u{7}",
            "startTime": "2026-11-20T01:00:00Z", "endTime": "2026-11-20T00:59:59Z" });
        let expected = [
            at("input.description", "CONTROL_CHARACTER"),
            at("input.endTime", "ENDS_BEFORE_START"),
            at("input.packageId", "NOT_FOUND"),
            at("input.taskName", "BLANK"),
        ];
        assert_eq!(refused(&app, "createTask", bad.clone()).await, expected);
        let update = with(&bad, json!({ "id": task, "packageId": "x", "status": "COMPLETED", "expectedVersion": 2 }));
        let expected = [
            at("input.description", "CONTROL_CHARACTER"),
            at("input.endTime", "ENDS_BEFORE_START"),
            at("input.expectedVersion", "CONFLICT"),
            at("input.packageId", "INVALID_ID"),
            at("input.status", "INVALID_TRANSITION"),
            at("input.taskName", "BLANK"),
        ];
        assert_eq!(refused(&app, "updateTask", update).await, expected);
        let answer = payload(&app, "updateTask", "__typename", json!({ "id": task, "status": "COMPLETED" })).await;
        let message = "a task that is PENDING cannot become COMPLETED; it can become IN_PROGRESS or CANCELLED";
        assert_eq!(answer["userErrors"][0]["message"], message);
    };

    /// Calls, tags and counts go with their task, and no others.
    a_deleted_task_takes_its_calls_with_it = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let mut batch = Vec::new();
        for (index, task_id) in [(1, "77"), (2, "77"), (3, "77"), (4, "78")] {
            let mut call = call(&index.to_string(), &format!("2026-11-1{index}T0{index}:00:00Z"));
            call.task = Some(task(task_id));
            call.details.grade = (index == 2).then(|| "9元".to_owned());
            call.details.billed_amount = Some(Money::from_ten_thousandths(index));
            batch.push(call);
        }
        ingest(&app.database.db, batch).await;
        let nodes = app.data("{ tasks { nodes { id externalId calls { nodes { id } } } } }").await;
        let doomed = nodes["tasks"]["nodes"].as_array().unwrap().iter().find(|task| task["externalId"] == "77").unwrap().clone();
        let tagged = json!({ "callId": doomed["calls"]["nodes"][0]["id"], "tags": [{ "tagName": "a", "tagValue": "1" }, { "tagName": "a", "tagValue": "2" }] });
        done(&app, "addCallTags", "added", tagged).await;
        let deleted = done(&app, "deleteTask", "deletedId deletedCalls deletedTags", json!({ "id": doomed["id"] })).await;
        assert_eq!(deleted, json!({ "deletedId": doomed["id"], "deletedCalls": 3, "deletedTags": 2, "userErrors": [] }));
        let data = app.data("{ calls { nodes { externalId tags { tagName } } } tasks { nodes { totalCalls } }
            dashboard { thisMonth { calls revenue cost } } }").await;
        let expected = json!({ "calls": { "nodes": [{ "externalId": "4", "tags": [] }] },
            "tasks": { "nodes": [{ "totalCalls": 1 }] },
            "dashboard": { "thisMonth": { "calls": 1, "revenue": "0.00", "cost": "0.0004" } } });
        assert_eq!(data, expected);
        let tags = call_tag::Entity::find().all(app.database.db.read()).await.unwrap();
        assert!(tags.is_empty(), "{tags:?}");
        assert_counted(&app).await;
        let (_, _, changes) = audit(&app.database.db).await.pop().unwrap();
        assert_eq!((&changes["deletedCalls"], &changes["deletedTags"]), (&json!(3), &json!(2)));

        // The platform's next record brings the task back.
        let mut again = call("1", "2026-11-11T01:00:00Z");
        again.task = Some(task("77"));
        ingest(&app.database.db, vec![again]).await;
        assert_counted(&app).await;
    };

    /// Tasks are given to a package, all or none, and taken from it.
    tasks_are_assigned = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let (package, first, second) = (a_package(&app).await, a_task(&app).await, a_task(&app).await);
        let selection = "package { name tasks { nodes { id } } } assigned tasks { id version }";
        let input = json!({ "packageId": package, "taskIds": [second, first, second] });
        let payload = done(&app, "assignTasks", selection, input.clone()).await;
        assert_eq!(payload["assigned"], 2);
        assert_eq!(payload["tasks"], json!([{ "id": second, "version": 2 }, { "id": first, "version": 2 }]));
        assert_eq!(payload["package"]["tasks"]["nodes"], json!([{ "id": second }, { "id": first }]));
        assert_eq!(done(&app, "assignTasks", "assigned", input).await["assigned"], 0);
        let none = json!({ "packageId": null, "taskIds": [first] });
        let payload = done(&app, "assignTasks", "assigned package { name } tasks { package { name } }", none).await;
        assert_eq!(payload, json!({ "assigned": 1, "package": null, "tasks": [{ "package": null }], "userErrors": [] }));
        let recorded = audit(&app.database.db).await;
        assert_eq!(recorded.iter().filter(|(operation, ..)| operation == "assignTasks").count(), 3);

        let bad = json!({ "packageId": NO_PACKAGE, "taskIds": [first, "x", "RGlhbFRhc2s6OTk", package] });
        let expected = [
            at("input.packageId", "NOT_FOUND"),
            at("input.taskIds.1", "INVALID_ID"),
            at("input.taskIds.2", "NOT_FOUND"),
            at("input.taskIds.3", "INVALID_ID"),
        ];
        assert_eq!(refused(&app, "assignTasks", bad).await, expected);
        assert_eq!(refused(&app, "assignTasks", json!({ "taskIds": [first] })).await, [at("input.packageId", "REQUIRED")]);
        let nothing = json!({ "packageId": package, "taskIds": [] });
        assert_eq!(refused(&app, "assignTasks", nothing).await, [at("input.taskIds", "REQUIRED")]);
        let neither = json!({ "packageId": package });
        assert_eq!(refused(&app, "assignTasks", neither).await, [at("input.taskIds", "REQUIRED")]);
        let nulls = json!({ "packageId": package, "taskIds": null, "filter": null });
        assert_eq!(refused(&app, "assignTasks", nulls).await, [at("input.taskIds", "REQUIRED")]);
        let both = json!({ "packageId": package, "taskIds": [first], "filter": { "taskName": { "eq": "x" } } });
        assert_eq!(refused(&app, "assignTasks", both).await, [at("input.taskIds", "CONFLICTING")]);
        let many = json!({ "packageId": package, "taskIds": vec![first.as_str(); 1_001] });
        assert_eq!(refused(&app, "assignTasks", many).await, [at("input.taskIds", "TOO_MANY")]);
        let most = json!({ "packageId": package, "taskIds": vec![first.as_str(); 1_000] });
        assert_eq!(done(&app, "assignTasks", "assigned", most).await["assigned"], 1);
    };

    /// A name that the platform changes counts the version up, as every write does.
    the_platform_s_writes_count_versions_up = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let mut told = call("1", "2026-11-19T01:00:00Z");
        told.task = Some(task("77"));
        ingest(&app.database.db, vec![told.clone()]).await;
        ingest(&app.database.db, vec![told.clone()]).await;
        let versions = "{ tasks { nodes { version } } calls { nodes { version } } }";
        let one = json!({ "nodes": [{ "version": 1 }] });
        assert_eq!(app.data(versions).await, json!({ "tasks": one, "calls": one }));
        told.task.as_mut().unwrap().name = Some("new".to_owned());
        ingest(&app.database.db, vec![told]).await;
        let two = json!({ "nodes": [{ "version": 2 }] });
        assert_eq!(app.data(versions).await, json!({ "tasks": two, "calls": two }));
    };
}
