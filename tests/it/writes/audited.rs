//! No mutation changes something without an entry in the audit log: each is run here once.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};
use dialgraph::{
    domain::{
        business_time::DayRange,
        sync::{SyncTrack, SyncTrigger, SyncWindow},
    },
    store::sync_runs::{self, NewRun},
};
use serde_json::{Value, json};

use super::{audit, call_input, done, id, metrics::damage, with};
use crate::{
    harness::{Backend, TestApp, day},
    on_both,
};

/// Mutations that leave no entry, and why.
const EXCEPTIONS: [(&str, &str); 1] = [(
    "refreshStats",
    "it asks for what the schedule asks for anyway, and changes nothing that a person could change; the \
     run itself is the record, with the trigger API",
)];

/// What is read of a payload where no later mutation needs anything of it.
const NOTHING: &str = "__typename";

/// The mutations that were run, and whether each left an entry.
struct Runs<'a> {
    app: &'a TestApp,
    recorded: BTreeMap<&'static str, bool>,
}

impl Runs<'_> {
    /// Runs a mutation, which must be accepted.
    async fn run(&mut self, field: &'static str, selection: &str, input: Value) -> Value {
        let before = entries(self.app, field).await;
        let payload = done(self.app, field, selection, input).await;
        let is_recorded = entries(self.app, field).await > before;
        self.recorded.insert(field, is_recorded);
        payload
    }
}

/// How many entries of the audit log name this operation.
async fn entries(app: &TestApp, operation: &str) -> usize {
    let entries = audit(&app.database.db).await;
    let named = entries.iter().filter(|(name, ..)| name == operation);
    named.count()
}

/// Packages, tasks, calls, tags and grades, and the figures of them.
async fn change_what_is_dialled(runs: &mut Runs<'_>) {
    let input = json!({ "name": "A" });
    let package = runs.run("createPackage", "package { id }", input).await;
    let package = id(&package["package"]);
    let input = json!({ "id": package, "region": "浙江" });
    runs.run("updatePackage", NOTHING, input).await;

    let input = json!({ "taskName": "A-01" });
    let task = runs.run("createTask", "task { id }", input).await;
    let task = id(&task["task"]);
    let input = json!({ "id": task, "description": "first" });
    runs.run("updateTask", NOTHING, input).await;
    let input = json!({ "packageId": package, "taskIds": [task] });
    runs.run("assignTasks", NOTHING, input).await;

    let input = with(&call_input(), json!({ "taskId": task }));
    let call = runs.run("createCall", "call { id }", input).await;
    let call = id(&call["call"]);
    let input = json!({ "id": call, "province": "江苏" });
    runs.run("updateCall", NOTHING, input).await;
    let input = json!({ "id": call, "reason": "asked to be called back" });
    runs.run("revealPhone", NOTHING, input).await;
    let tags = json!({ "callId": call, "tags": [{ "tagName": "a", "tagValue": "1" }] });
    runs.run("addCallTags", NOTHING, tags.clone()).await;
    runs.run("removeCallTags", NOTHING, tags).await;
    let rows = json!([with(&call_input(), json!({ "externalId": "1" }))]);
    let input = json!({ "rows": rows });
    runs.run("importCalls", NOTHING, input).await;

    let input = json!({ "code": "C", "label": "C" });
    runs.run("upsertGrade", NOTHING, input).await;
    runs.run("deleteGrade", NOTHING, json!({ "code": "C" }))
        .await;

    // Figures that are right are counted again without an entry.
    let of_task = "UPDATE call_rollups SET calls = calls + 5 WHERE dimension = 'TASK'";
    damage(runs.app, of_task).await;
    let input = json!({ "taskId": task });
    runs.run("refreshTaskMetrics", NOTHING, input).await;
    let of_day = "UPDATE call_rollups SET calls = calls + 5 WHERE call_date = '2026-11-19'";
    damage(runs.app, of_day).await;
    let input = json!({ "date": "2026-11-19" });
    runs.run("computeDailyMetrics", NOTHING, input).await;

    runs.run("deleteCall", NOTHING, json!({ "id": call })).await;
    runs.run("deleteTask", NOTHING, json!({ "id": task })).await;
    runs.run("deletePackage", NOTHING, json!({ "id": package }))
        .await;
}

/// Users and access tokens.
async fn change_who_comes_in(runs: &mut Runs<'_>) {
    let input = json!({ "name": "li", "role": "AGENT", "password": "correct horse battery" });
    let user = runs.run("createUser", "user { id }", input).await;
    let user = id(&user["user"]);
    let input = json!({ "id": user, "role": "MANAGER" });
    runs.run("updateUser", NOTHING, input).await;
    let input = json!({ "id": user, "newPassword": "purple elephants dance" });
    runs.run("changePassword", NOTHING, input).await;
    runs.run("deactivateUser", NOTHING, json!({ "id": user }))
        .await;

    let input = json!({ "name": "BI", "role": "ANALYST" });
    let token = runs
        .run("createAccessToken", "accessToken { id }", input)
        .await;
    let input = json!({ "id": id(&token["accessToken"]) });
    runs.run("revokeAccessToken", NOTHING, input).await;
}

/// Synchronisation with the platform of the test.
async fn change_what_is_read(runs: &mut Runs<'_>) {
    let app = runs.app;
    let run = a_run(app).await;
    runs.run("cancelSync", NOTHING, json!({ "runId": run }))
        .await;
    let days = json!({ "from": "2026-11-19", "to": "2026-11-19", "tracks": ["TASK_STATS"] });
    runs.run("refreshStats", NOTHING, days.clone()).await;
    runs.run("resyncDays", NOTHING, days).await;
    app.syncer.wait_idle().await;
}

/// The id of a run that is at work, and stays so.
async fn a_run(app: &TestApp) -> String {
    let tx = app.database.db.begin().await.unwrap();
    let new = NewRun {
        track: SyncTrack::CallRecords,
        window: SyncWindow::Manual,
        days: DayRange::day(day("2026-11-18")),
        trigger: SyncTrigger::Api,
    };
    sync_runs::create(&tx, new, "test", app.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let data = app.data("{ syncRuns { nodes { id } } }").await;
    id(&data["syncRuns"]["nodes"][0])
}

/// The mutations in `schema.graphql`.
fn mutations_of_the_schema() -> BTreeSet<String> {
    let schema = parse_schema(include_str!("../../../schema.graphql")).unwrap();
    let fields = schema.definitions.into_iter().filter_map(|definition| {
        let TypeSystemDefinition::Type(definition) = definition else {
            return None;
        };
        match definition.node.kind {
            TypeKind::Object(object) if definition.node.name.node == "Mutation" => {
                Some(object.fields)
            }
            _ => None,
        }
    });
    fields
        .flatten()
        .map(|field| field.node.name.node.to_string())
        .collect()
}

on_both! {
    /// Every mutation of the schema leaves an entry with its name when it changes something, but for
    /// those that are excepted above.
    no_mutation_forgets_its_entry = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let mut runs = Runs { app: &app, recorded: BTreeMap::new() };
        change_what_is_dialled(&mut runs).await;
        change_who_comes_in(&mut runs).await;
        change_what_is_read(&mut runs).await;
        let mut wrong = Vec::new();
        for name in mutations_of_the_schema() {
            let is_excepted = EXCEPTIONS.iter().any(|(excepted, _)| *excepted == name);
            match (runs.recorded.get(name.as_str()), is_excepted) {
                (None, _) => wrong.push(format!(
                    "{name} has no line here: run it once with an input that changes something, and record the change by Work::record"
                )),
                (Some(false), false) => wrong.push(format!(
                    "{name} left no entry in the audit log: record the change by Work::record, or give it an input here that changes something"
                )),
                (Some(true), true) => wrong.push(format!(
                    "{name} left an entry in the audit log: take it out of EXCEPTIONS"
                )),
                (Some(true), false) | (Some(false), true) => {}
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        // Of what is excepted there is another record.
        let data = app.data("{ syncRuns(filter: { track: { eq: TASK_STATS } }) { nodes { trigger } } }").await;
        assert_eq!(data["syncRuns"]["nodes"], json!([{ "trigger": "API" }, { "trigger": "API" }]));
    };
}
