//! Who may write what.

use dialgraph::domain::viewer::Role;
use serde_json::{Value, json};
use strum::VariantArray as _;

use super::{a_call, at, call_input, refused, send, state, with};
use crate::{
    harness::{Backend, TestApp},
    on_both,
};

/// Every mutation with an input that the schema takes, and the roles that may send it.
pub fn mutations() -> Vec<(&'static str, Value, &'static [Role])> {
    use Role::{Admin, Agent, Manager};
    let id = json!({ "id": "x" });
    let tags = json!({ "callId": "x", "tags": [] });
    let user = json!({ "name": "", "role": "AGENT", "password": "" });
    let password = json!({ "id": "x", "newPassword": "" });
    let token = json!({ "name": "", "role": "ANALYST" });
    let managers: &[Role] = &[Admin, Manager];
    let writers: &[Role] = &[Admin, Manager, Agent];
    vec![
        ("createPackage", json!({ "name": "" }), managers),
        ("updatePackage", id.clone(), managers),
        ("deletePackage", id.clone(), managers),
        ("createTask", json!({ "taskName": "" }), managers),
        ("updateTask", id.clone(), managers),
        ("deleteTask", id.clone(), managers),
        ("assignTasks", json!({ "taskIds": [] }), managers),
        ("importCalls", json!({ "rows": [] }), managers),
        ("deleteCall", id.clone(), managers),
        ("refreshTaskMetrics", json!({ "taskId": "x" }), managers),
        (
            "computeDailyMetrics",
            json!({ "date": "2027-01-01" }),
            managers,
        ),
        ("createCall", call_input_with_a_mistake(), writers),
        (
            "revealPhone",
            json!({ "id": "x", "reason": "" }),
            Role::VARIANTS,
        ),
        ("updateCall", id.clone(), writers),
        ("addCallTags", tags.clone(), writers),
        ("removeCallTags", tags, writers),
        ("upsertGrade", json!({ "code": "" }), &[Admin]),
        ("deleteGrade", json!({ "code": "OTHER" }), &[Admin]),
        ("createUser", user, &[Admin]),
        ("updateUser", id.clone(), &[Admin]),
        ("deactivateUser", id.clone(), &[Admin]),
        ("changePassword", password, &[Admin]),
        ("createAccessToken", token, Role::VARIANTS),
        ("revokeAccessToken", id, Role::VARIANTS),
    ]
}

fn call_input_with_a_mistake() -> Value {
    with(&call_input(), json!({ "duration": -1 }))
}

on_both! {
    /// A role that may not is told so, and nothing is written; one that may gets to the input.
    roles_are_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let before = state(&app.database.db).await;
        for (field, input, roles) in mutations() {
            for role in [Role::Admin, Role::Manager, Role::Agent, Role::Analyst] {
                let answer = send(&app, role, field, "__typename", input.clone()).await;
                if roles.contains(&role) {
                    let errors = answer.data()[field]["userErrors"].clone();
                    assert_ne!(errors, json!([]), "{field} as {role}");
                } else {
                    assert_eq!(answer.code(), "FORBIDDEN", "{field} as {role}");
                }
            }
        }
        assert_eq!(state(&app.database.db).await, before);
    };

    /// Every mutation of the schema is in the list above, but for the synchronisation's.
    every_mutation_is_checked = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let data = app.data("{ __schema { mutationType { fields { name } } } }").await;
        let fields = data["__schema"]["mutationType"]["fields"].as_array().unwrap();
        let mut names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        names.retain(|name| !["cancelSync", "refreshStats", "resyncDays"].contains(name));
        names.sort_unstable();
        let mut checked: Vec<&str> = mutations().iter().map(|(field, ..)| *field).collect();
        checked.sort_unstable();
        assert_eq!(names, checked);
    };

    /// An amount or an instant in the wrong form is one problem among the others.
    values_in_the_wrong_form_are_noted = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let form = |name: &str| at(&format!("input.{name}"), "INVALID_FORMAT");
        let package = json!({ "name": " ", "costPerLead": 2, "totalCost": "1.23456" });
        let problems = [form("costPerLead"), at("input.name", "BLANK"), form("totalCost")];
        assert_eq!(refused(&app, "createPackage", package).await, problems);
        let task = json!({ "taskName": "A", "startTime": "2026-11-20", "endTime": true });
        assert_eq!(refused(&app, "createTask", task).await, [form("endTime"), form("startTime")]);
        let call = with(&call_input(), json!({ "callTime": "now", "billedAmount": "9元" }));
        assert_eq!(refused(&app, "createCall", call).await, [form("billedAmount"), form("callTime")]);
        let change = json!({ "id": a_call(&app).await, "callTime": "", "expectedVersion": 9 });
        let stale = at("input.expectedVersion", "CONFLICT");
        assert_eq!(refused(&app, "updateCall", change).await, [form("callTime"), stale]);
        let grade = json!({ "code": "X", "unitPrice": [] });
        assert_eq!(refused(&app, "upsertGrade", grade).await, [at("input.label", "REQUIRED"), form("unitPrice")]);
    };

    /// The change and its record are one: what cannot be recorded is not done.
    a_change_that_cannot_be_recorded_is_not_made = async |backend: Backend| {
        use sea_orm::ConnectionTrait as _;
        let app = TestApp::new(&backend).await;
        let call = a_call(&app).await;
        let db = &app.database.db;
        let rename = async |from: &str, to: &str| {
            db.write().execute_unprepared(&format!("ALTER TABLE {from} RENAME TO {to}")).await.unwrap();
        };
        let before = state(db).await;
        rename("audit_log", "gone").await;
        let input = |more| with(&json!({ "id": call }), more);
        for (field, input) in [
            ("createPackage", json!({ "name": "A", "idempotencyKey": "k" })),
            ("createCall", call_input()),
            ("updateCall", input(json!({ "grade": "A", "province": null }))),
            ("deleteCall", input(json!({}))),
            ("deleteGrade", json!({ "code": "NINE_YUAN" })),
            ("createUser", json!({ "name": "li", "role": "AGENT", "password": "correct horse battery" })),
            ("createAccessToken", json!({ "name": "BI", "role": "ANALYST" })),
            ("importCalls", json!({ "rows": [with(&call_input(), json!({ "externalId": "1" }))] })),
        ] {
            let answer = send(&app, Role::Admin, field, "__typename", input).await;
            assert_eq!(answer.code(), "INTERNAL", "{field}");
            assert!(!answer.body.to_string().contains("audit_log"), "{}", answer.body);
        }
        rename("gone", "audit_log").await;
        assert_eq!(state(db).await, before);
    };
}
