//! Packages.

use serde_json::json;

use super::{a_package, a_task, at, audit, done, payload, refused, state};
use crate::{
    harness::{Backend, TestApp},
    on_both,
};

on_both! {
    /// A package gets its total worked out, and is recorded.
    a_package_is_created = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let input = json!({ "name": " 11月A包 ", "source": "", "region": "浙江", "totalLeads": 100, "validLeads": 90, "costPerLead": "0.05" });
        let selection = "package { name source region totalLeads validLeads costPerLead totalCost version createdAt }";
        let created = done(&app, "createPackage", selection, input).await;
        let expected = json!({ "name": "11月A包", "source": null, "region": "浙江", "totalLeads": 100, "validLeads": 90,
            "costPerLead": "0.05", "totalCost": "5.00", "version": 1, "createdAt": "2026-11-20T04:00:00Z" });
        assert_eq!(created["package"], expected);
        let (operation, object, changes) = audit(&app.database.db).await.remove(0);
        assert_eq!((operation.as_str(), object.as_str()), ("createPackage", "LeadPackage"));
        assert_eq!(changes["totalCost"], json!({ "before": null, "after": "5.00" }));
        let today = app.data("{ dashboard { newPackages today { cost } } }").await;
        assert_eq!(today["dashboard"], json!({ "newPackages": 1, "today": { "cost": "5.00" } }));
    };

    /// Only what is said changes; what follows from it follows.
    a_package_is_changed = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let package = a_package(&app).await;
        let selection = "package { name region totalLeads totalCost version }";
        let input = json!({ "id": package, "totalLeads": 200, "expectedVersion": 1 });
        let changed = done(&app, "updatePackage", selection, input).await;
        let expected = json!({ "name": "11月A包", "region": null, "totalLeads": 200, "totalCost": "10.00", "version": 2 });
        assert_eq!(changed["package"], expected);
        let given = done(&app, "updatePackage", selection, json!({ "id": package, "totalCost": "7.5", "region": "江苏" })).await;
        assert_eq!(given["package"]["totalCost"], "7.50");
        let kept = done(&app, "updatePackage", selection, json!({ "id": package, "totalLeads": 300, "region": null })).await;
        assert_eq!((&kept["package"]["totalCost"], &kept["package"]["region"]), (&json!("7.50"), &json!(null)));
        let (_, _, changes) = audit(&app.database.db).await.pop().unwrap();
        let expected = json!({ "totalLeads": { "before": 200, "after": 300 }, "region": { "before": "江苏", "after": null } });
        assert_eq!(changes, expected);
    };

    /// A change to what is there already is none.
    an_update_that_changes_nothing_writes_nothing = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let package = a_package(&app).await;
        let before = state(&app.database.db).await;
        let same = json!({ "id": package, "name": "11月A包 ", "totalLeads": 100 });
        let answer = done(&app, "updatePackage", "package { version }", same).await;
        assert_eq!(answer["package"]["version"], 1);
        assert_eq!(state(&app.database.db).await, before);
    };

    /// All problems come at once, each with its place.
    a_bad_package_is_refused_for_every_reason = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let long = "包".repeat(201);
        let input = json!({ "name": "  ", "source": long, "industry": "a\u{0}b", "totalLeads": 1, "validLeads": 2,
            "costPerLead": "-0.01", "idempotencyKey": " " });
        let expected = [
            at("input.costPerLead", "NEGATIVE"),
            at("input.idempotencyKey", "BLANK"),
            at("input.industry", "CONTROL_CHARACTER"),
            at("input.name", "BLANK"),
            at("input.source", "TOO_LONG"),
            at("input.validLeads", "EXCEEDS_TOTAL"),
        ];
        assert_eq!(refused(&app, "createPackage", input).await, expected);
        let huge = json!({ "name": "A", "totalLeads": 2_147_483_647, "costPerLead": "1" });
        assert_eq!(refused(&app, "createPackage", huge).await, [at("input.totalCost", "OUT_OF_RANGE")]);
        let package = a_package(&app).await;
        let input = json!({ "id": package, "name": null, "totalLeads": 89, "expectedVersion": 7 });
        let expected = [
            at("input.expectedVersion", "CONFLICT"),
            at("input.name", "REQUIRED"),
            at("input.validLeads", "EXCEEDS_TOTAL"),
        ];
        assert_eq!(refused(&app, "updatePackage", input).await, expected);
    };

    /// A stale version is refused, and the message says which one there is.
    a_stale_version_is_a_conflict = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let package = a_package(&app).await;
        done(&app, "updatePackage", "package { id }", json!({ "id": package, "name": "B", "expectedVersion": 1 })).await;
        let stale = json!({ "id": package, "name": "C", "expectedVersion": 1 });
        let answer = payload(&app, "updatePackage", "package { id }", stale.clone()).await;
        assert_eq!(answer["package"], json!(null));
        let message = answer["userErrors"][0]["message"].as_str().unwrap();
        assert!(message.contains("it has version 2"), "{message}");
        assert_eq!(refused(&app, "updatePackage", stale).await, [at("input.expectedVersion", "CONFLICT")]);
        let stale = json!({ "id": package, "expectedVersion": 1 });
        assert_eq!(refused(&app, "deletePackage", stale).await, [at("input.expectedVersion", "CONFLICT")]);
    };

    /// Tasks of a deleted package stay, and belong to none.
    a_deleted_package_leaves_its_tasks = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let (package, task) = (a_package(&app).await, a_task(&app).await);
        let input = json!({ "packageId": package, "taskIds": [task] });
        done(&app, "assignTasks", "assigned", input).await;
        let deleted = done(&app, "deletePackage", "deletedId unlinkedTasks", json!({ "id": package })).await;
        assert_eq!((id_of(&deleted), &deleted["unlinkedTasks"]), (package.clone(), &json!(1)));
        let data = app.data(&format!(r#"{{ package(id: "{package}") {{ id }} task(id: "{task}") {{ version package {{ id }} }} }}"#)).await;
        assert_eq!(data, json!({ "package": null, "task": { "version": 3, "package": null } }));
        let (operation, _, changes) = audit(&app.database.db).await.pop().unwrap();
        assert_eq!((operation.as_str(), &changes["unlinkedTasks"]), ("deletePackage", &json!(1)));
        assert_eq!(changes["name"], json!({ "before": "11月A包", "after": null }));
        assert_eq!(refused(&app, "deletePackage", json!({ "id": package })).await, [at("input.id", "NOT_FOUND")]);
    };

    /// An id that is none, or another type's, is the caller's to mend.
    ids_that_refer_to_nothing_are_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let task = a_task(&app).await;
        for (given, code) in [("7", "INVALID_ID"), (task.as_str(), "INVALID_ID"), ("TGVhZFBhY2thZ2U6OTk", "NOT_FOUND")] {
            for field in ["updatePackage", "deletePackage"] {
                assert_eq!(refused(&app, field, json!({ "id": given })).await, [at("input.id", code)], "{field} {given}");
            }
        }
    };
}

fn id_of(payload: &serde_json::Value) -> String {
    payload["deletedId"].as_str().unwrap().to_owned()
}
