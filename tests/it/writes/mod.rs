//! Everything that people change: what comes of it, what is refused and why, and that figures and the
//! record of changes are never a step behind.

mod audited;
mod calls;
mod concurrency;
mod grades;
mod idempotency;
mod import;
mod import_edits;
mod metrics;
mod packages;
mod random;
mod refusals;
mod removals;
mod tags;
mod tasks;

pub use refusals::mutations;

use dialgraph::{
    domain::viewer::Role,
    entity::{
        access_token, audit_entry, call, call_rollup, call_tag, dial_task, grade, idempotency_key,
        lead_package, session, user,
    },
    store::{Database, rollups, tag_counts},
};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};

use crate::harness::{Answer, TestApp, call as new_call, ingest};

/// Sends a mutation with one input as `role`; `selection` is what is read of its payload besides
/// userErrors.
pub async fn send(app: &TestApp, role: Role, field: &str, selection: &str, input: Value) -> Answer {
    let (first, rest) = field.split_at(1);
    let query = format!(
        "mutation($input: {}{rest}Input!) {{ {field}(input: $input) {{ {selection} userErrors {{ field code message }} }} }}",
        first.to_uppercase(),
    );
    app.query_with(role, &query, json!({ "input": input }))
        .await
}

/// The payload of a mutation that an administrator sends.
pub async fn payload(app: &TestApp, field: &str, selection: &str, input: Value) -> Value {
    send(app, Role::Admin, field, selection, input).await.data()[field].clone()
}

/// The payload of a mutation that must be accepted.
pub async fn done(app: &TestApp, field: &str, selection: &str, input: Value) -> Value {
    let payload = payload(app, field, selection, input).await;
    assert_eq!(payload["userErrors"], json!([]), "{field}");
    payload
}

/// Where and why a mutation is refused. Nothing may be written then, and no object come back.
pub async fn refused(app: &TestApp, field: &str, input: Value) -> Vec<(String, String)> {
    let before = state(&app.database.db).await;
    let payload = payload(app, field, "__typename", input).await;
    assert_eq!(
        state(&app.database.db).await,
        before,
        "{field} wrote something"
    );
    problems(&payload["userErrors"])
}

/// Paths, joined by dots, and codes of userErrors.
pub fn problems(errors: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = errors.as_array().unwrap().iter();
    let mut problems: Vec<(String, String)> = errors
        .map(|error| {
            assert!(!text(&error["message"]).is_empty(), "{error}");
            let path: Vec<String> = error["field"]
                .as_array()
                .unwrap()
                .iter()
                .map(text)
                .collect();
            (path.join("."), text(&error["code"]))
        })
        .collect();
    problems.sort();
    problems
}

/// One problem.
pub fn at(path: &str, code: &str) -> (String, String) {
    (path.to_owned(), code.to_owned())
}

/// Everything that writes could change.
pub async fn state(db: &Database) -> Vec<String> {
    let db = db.read();
    let mut state = Vec::new();
    macro_rules! rows {
        ($($table:ident by $column:ident),+) => {$(
            let find = $table::Entity::find().order_by_asc($table::Column::$column);
            state.extend(find.all(db).await.unwrap().iter().map(|row| format!("{row:?}")));
        )+};
    }
    rows!(
        lead_package by Id, dial_task by Id, call by Id, call_tag by Id, grade by Id,
        audit_entry by Id, idempotency_key by Key, user by Id, session by Id, access_token by Id
    );
    let mut cells: Vec<String> = call_rollup::Entity::find()
        .all(db)
        .await
        .unwrap()
        .iter()
        .map(|row| format!("{row:?}"))
        .collect();
    cells.sort();
    state.extend(cells);
    state
}

/// The record of changes: operation, type of the object, and what changed; oldest first.
pub async fn audit(db: &Database) -> Vec<(String, String, Value)> {
    let find = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id);
    let entries = find.all(db.read()).await.unwrap().into_iter();
    entries
        .map(|entry| {
            assert_eq!(
                (entry.actor.as_str(), entry.role.as_str()),
                ("test", "ADMIN")
            );
            let changes = serde_json::from_str(&entry.changes).unwrap();
            (entry.operation, entry.object_type, changes)
        })
        .collect()
}

/// That the figures are those of the calls.
pub async fn assert_counted(app: &TestApp) {
    assert_eq!(rollups::differences(&app.database.db).await.unwrap(), []);
    assert_eq!(tag_counts::differences(&app.database.db).await.unwrap(), 0);
}

/// The id of a package that is created for the test.
pub async fn a_package(app: &TestApp) -> String {
    let input =
        json!({ "name": "11月A包", "totalLeads": 100, "validLeads": 90, "costPerLead": "0.05" });
    id(&done(app, "createPackage", "package { id }", input).await["package"])
}

/// The id of a task that is created for the test.
pub async fn a_task(app: &TestApp) -> String {
    let input = json!({ "taskName": "11月A包-01" });
    id(&done(app, "createTask", "task { id }", input).await["task"])
}

/// The id of a call that is created for the test, of 2026-11-19, connected and graded 9元.
pub async fn a_call(app: &TestApp) -> String {
    id(&done(app, "createCall", "call { id }", call_input()).await["call"])
}

/// A call of 2026-11-19, 10 o'clock in Shanghai.
pub fn call_input() -> Value {
    json!({ "callTime": "2026-11-19T02:00:00Z", "result": "CONNECTED", "duration": 60, "grade": "9元",
            "phoneNumber": "138 1234 8000", "province": "浙江", "billedAmount": "0.10" })
}

/// The id of an agent that is known.
pub async fn an_agent(app: &TestApp) -> String {
    let mut call = new_call("of an agent", "2026-11-18T01:00:00Z");
    call.agent = Some(dialgraph::domain::incoming::PlatformAgent {
        external_id: "9".to_owned(),
        name: Some("管理员".to_owned()),
        is_seat: false,
    });
    ingest(&app.database.db, vec![call]).await;
    let data = app.data("{ agents { nodes { id } } }").await;
    id(&data["agents"]["nodes"][0])
}

/// The `id` of an object.
pub fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// `input` with the fields of `more`.
#[allow(clippy::needless_pass_by_value, reason = "a literal at every call")]
pub fn with(input: &Value, more: Value) -> Value {
    let mut input = input.clone();
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}
