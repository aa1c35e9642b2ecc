//! Rows of imports whose calls people changed here since.

use serde_json::{Value, json};

use super::{a_task, an_agent, assert_counted, done, id, with};
use crate::{
    harness::{Backend, TestApp, call as new_call, ingest, task},
    on_both,
};

fn row() -> Value {
    json!({ "externalId": "1", "callTime": "2026-11-19T02:00:00Z", "result": "CONNECTED", "duration": 60, "grade": "9元",
        "phoneNumber": "138 1234 8000", "billedAmount": "0.5", "taskExternalId": "7", "taskName": "B", "agentExternalId": "8",
        "tags": [{ "tagName": "size", "tagValue": "50" }, { "tagName": "size", "tagValue": "60" }] })
}

const FIELDS: &str = "unchanged results { status field code reason userErrors { code message } }";

/// The answer to one row.
async fn import(app: &TestApp, row: &Value) -> Value {
    done(app, "importCalls", FIELDS, json!({ "rows": [row] })).await["results"][0].clone()
}

fn unchanged() -> Value {
    json!({ "status": "UNCHANGED", "field": null, "code": null, "reason": null, "userErrors": [] })
}

fn edited() -> Value {
    with(
        &unchanged(),
        json!({ "code": "EDITED_SINCE",
        "reason": "this was imported before, and somebody changed the call here since: that change stays" }),
    )
}

async fn the_call(app: &TestApp) -> String {
    id(&app.data("{ calls { nodes { id } } }").await["calls"]["nodes"][0])
}

async fn update(app: &TestApp, call: &str, change: Value) {
    done(
        app,
        "updateCall",
        "call { id }",
        with(&json!({ "id": call }), change),
    )
    .await;
}

on_both! {
    /// Whatever a person changed of it: the row that is imported again says that it is not what is stored.
    a_row_that_was_edited_since_says_so = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let (own_task, own_agent) = (a_task(&app).await, an_agent(&app).await);
        let platforms = app.data(r#"{ calls { nodes { id } } }"#).await["calls"]["nodes"][0]["id"].clone();
        done(&app, "deleteCall", "deletedTags", json!({ "id": platforms })).await;
        assert_eq!(import(&app, &row()).await["status"], "CREATED");
        assert_eq!(import(&app, &row()).await, unchanged());
        let call = the_call(&app).await;
        let was = app.data("{ calls { nodes { task { id } agent { id } } } }").await["calls"]["nodes"][0].clone();
        for (change, back) in [
            (json!({ "grade": "A" }), json!({ "grade": "9元" })),
            (json!({ "grade": null }), json!({ "grade": "9元" })),
            (json!({ "phoneNumber": "13812348001" }), json!({ "phoneNumber": "13812348000" })),
            (json!({ "callTime": "2026-11-18T02:00:00Z" }), json!({ "callTime": "2026-11-19T02:00:00Z" })),
            (json!({ "duration": 61 }), json!({ "duration": 60 })),
            (json!({ "result": "BUSY" }), json!({ "result": "CONNECTED" })),
            (json!({ "notes": "said by a person" }), json!({ "notes": null })),
            (json!({ "billedAmount": "0.51" }), json!({ "billedAmount": "0.50" })),
            (json!({ "taskId": own_task }), json!({ "taskId": was["task"]["id"] })),
            (json!({ "taskId": null }), json!({ "taskId": was["task"]["id"] })),
            (json!({ "agentId": own_agent }), json!({ "agentId": was["agent"]["id"] })),
        ] {
            update(&app, &call, change.clone()).await;
            assert_eq!(import(&app, &row()).await, edited(), "{change}");
            update(&app, &call, back).await;
            assert_eq!(import(&app, &row()).await, unchanged(), "{change} taken back");
        }
        assert_counted(&app).await;

        // A row says tags, too: one that a person gave or took away is a change like any other.
        let tag = |name: &str, value: &str| json!({ "callId": call, "tags": [{ "tagName": name, "tagValue": value }] });
        for added in [tag("vip", "yes"), tag("size", "70")] {
            done(&app, "addCallTags", "added", added.clone()).await;
            assert_eq!(import(&app, &row()).await, edited(), "{added}");
            done(&app, "removeCallTags", "removed", added.clone()).await;
            assert_eq!(import(&app, &row()).await, unchanged(), "{added} taken back");
        }
        done(&app, "addCallTags", "added", tag("size", "50")).await;
        assert_eq!(import(&app, &row()).await, unchanged(), "it has that tag already");
        done(&app, "removeCallTags", "removed", tag("size", "50")).await;
        assert_eq!(import(&app, &row()).await, edited());
        done(&app, "addCallTags", "added", tag("size", "50")).await;
        assert_eq!(import(&app, &row()).await, unchanged(), "a person gave it again");
        assert_counted(&app).await;
    };

    /// What differs from what was imported replaces the call, and the change with it.
    a_row_that_says_something_else_replaces_the_change = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let row = with(&row(), json!({ "tags": [] }));
        import(&app, &row).await;
        let call = the_call(&app).await;
        update(&app, &call, json!({ "grade": "A", "notes": "x" })).await;
        let other = with(&row, json!({ "duration": 61 }));
        let replaced = import(&app, &other).await;
        assert_eq!((&replaced["status"], &replaced["code"]), (&json!("UPDATED"), &Value::Null));
        assert_eq!(import(&app, &other).await, unchanged());
        let data = app.data("{ calls { nodes { grade notes duration } } }").await;
        assert_eq!(data["calls"]["nodes"], json!([{ "grade": "9元", "notes": null, "duration": 61 }]));
        assert_counted(&app).await;
    };

    /// Tags that a person gave a call stay when another version of it replaces it, and are told again
    /// of that.
    a_person_s_tag_stays_with_every_version = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let row = with(&row(), json!({ "tags": [] }));
        import(&app, &row).await;
        let call = the_call(&app).await;
        let tag = json!({ "callId": call, "tags": [{ "tagName": "vip", "tagValue": "yes" }] });
        done(&app, "addCallTags", "added", tag.clone()).await;
        assert_eq!(import(&app, &row).await, edited());
        let other = with(&row, json!({ "duration": 61 }));
        assert_eq!(import(&app, &other).await["status"], "UPDATED");
        assert_eq!(import(&app, &other).await, edited());
        let said = with(&other, json!({ "tags": [{ "tagName": "vip", "tagValue": "yes" }] }));
        assert_eq!(import(&app, &said).await["status"], "UPDATED");
        assert_eq!(import(&app, &said).await, unchanged(), "the row says it by now");
        done(&app, "removeCallTags", "removed", tag).await;
        assert_eq!(import(&app, &said).await, edited());
        assert_counted(&app).await;
    };

    /// Of several rows each says it for itself; a repeat with the same key says it again.
    each_row_says_it_for_itself = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let rows: Vec<Value> = ["1", "2", "3"].map(|id| with(&row(), json!({ "externalId": id }))).into();
        done(&app, "importCalls", FIELDS, json!({ "rows": rows })).await;
        let second = app.data(r#"{ calls(filter: { externalId: { eq: "2" } }) { nodes { id } } }"#).await;
        update(&app, &id(&second["calls"]["nodes"][0]), json!({ "city": "杭州" })).await;
        let again = async || done(&app, "importCalls", FIELDS, json!({ "rows": rows, "idempotencyKey": "k" })).await;
        let payload = again().await;
        assert_eq!(payload["unchanged"], 3);
        assert_eq!(payload["results"], json!([unchanged(), edited(), unchanged()]));
        update(&app, &id(&second["calls"]["nodes"][0]), json!({ "city": null })).await;
        assert_eq!(again().await, payload, "the first answer");
        // Nothing is written by it, and the person's change is there.
        assert_eq!(import(&app, &rows[1]).await, unchanged());
    };

    /// What a person changed before anything was imported was not changed since.
    what_was_changed_before_the_import_is_not_changed_since = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingest(&app.database.db, vec![new_call("1", "2026-11-19T02:00:00Z")]).await;
        let call = the_call(&app).await;
        update(&app, &call, json!({ "duration": 61 })).await;
        let tag = json!({ "callId": call, "tags": [{ "tagName": "vip", "tagValue": "yes" }] });
        done(&app, "addCallTags", "added", tag.clone()).await;
        let row = json!({ "platformCallId": "1", "customerName": "王女士" });
        assert_eq!(import(&app, &row).await["status"], "UPDATED");
        assert_eq!(import(&app, &row).await, unchanged());
        done(&app, "removeCallTags", "removed", tag).await;
        assert_eq!(import(&app, &row).await, edited());
        // Another row adds to it, and the change stays.
        let more = json!({ "platformCallId": "1", "company": "甲" });
        assert_eq!(import(&app, &more).await["status"], "UPDATED");
        assert_eq!(import(&app, &more).await, edited());
        assert_counted(&app).await;
    };

    /// A row that added to a call of the platform, where a person changed what it added.
    what_was_added_to_the_platform_s_call_too = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let mut told = new_call("1", "2026-11-19T02:00:00Z");
        told.task = Some(task("7"));
        told.details.province = Some("浙江".to_owned());
        ingest(&app.database.db, vec![told.clone()]).await;
        let row = json!({ "platformCallId": "1", "customerName": "王女士", "grade": "9元", "province": "江苏",
            "tags": [{ "tagName": "vip", "tagValue": "yes" }] });
        assert_eq!(import(&app, &row).await["status"], "UPDATED");
        assert_eq!(import(&app, &row).await, unchanged());
        let call = the_call(&app).await;
        for (change, back) in [
            (json!({ "customerName": "李女士" }), json!({ "customerName": "王女士" })),
            (json!({ "customerName": null }), json!({ "customerName": "王女士" })),
            (json!({ "grade": "A" }), json!({ "grade": "9元" })),
            // What the row did not add: the platform says it, or nobody does.
            (json!({ "province": "上海" }), json!({ "province": "浙江" })),
            (json!({ "city": "上海" }), json!({ "city": null })),
            (json!({ "duration": 61 }), json!({ "duration": told.duration })),
        ] {
            update(&app, &call, change.clone()).await;
            assert_eq!(import(&app, &row).await, edited(), "{change}");
            update(&app, &call, back).await;
            assert_eq!(import(&app, &row).await, unchanged(), "{change} taken back");
        }
        let seen = json!({ "callId": call, "tags": [{ "tagName": "seen", "tagValue": "yes" }] });
        done(&app, "addCallTags", "added", seen.clone()).await;
        assert_eq!(import(&app, &row).await, edited());
        done(&app, "removeCallTags", "removed", seen).await;
        assert_eq!(import(&app, &row).await, unchanged());
        // A row that says something else of what a person changed: the person's word stays.
        update(&app, &call, json!({ "customerName": "李女士" })).await;
        let other = with(&row, json!({ "customerName": "张女士" }));
        assert_eq!(import(&app, &other).await, edited());
        let seen = app.data("{ calls { nodes { customerName } } }").await;
        assert_eq!(seen["calls"]["nodes"][0]["customerName"], "李女士");
        assert_eq!(import(&app, &other).await, edited(), "and says so again");
        // The platform's next record takes people's changes away, and the gaps are filled again.
        told.duration = 9;
        ingest(&app.database.db, vec![told]).await;
        let seen = app.data("{ calls { nodes { customerName grade } } }").await;
        assert_eq!(seen["calls"]["nodes"][0], json!({ "customerName": "张女士", "grade": "9元" }));
        assert_eq!(import(&app, &other).await, unchanged());
        let tag = json!({ "callId": call, "tags": [{ "tagName": "vip", "tagValue": "yes" }] });
        done(&app, "removeCallTags", "removed", tag.clone()).await;
        assert_eq!(import(&app, &other).await, edited());
        done(&app, "addCallTags", "added", tag).await;
        assert_eq!(import(&app, &other).await, unchanged());
        assert_counted(&app).await;
    };
}
