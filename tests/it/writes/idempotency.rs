//! Repeats with a key write nothing and get the first answer.

use chrono::TimeDelta;
use dialgraph::{clock::Clock as _, domain::viewer::Role, entity::idempotency_key};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::{Value, json};

use super::{a_call, at, call_input, done, refused, send, state, with};
use crate::{
    harness::{Backend, TestApp},
    on_both,
};

/// Each mutation that takes a key: its input, another one, and what is read.
fn keyed(call: &str) -> [(&'static str, Value, Value, &'static str); 5] {
    let rows = |id: &str| {
        json!({ "rows": [{ "externalId": id, "callTime": "2026-11-19T02:00:00Z", "result": "BUSY" }, {},
            { "externalId": "soon", "callTime": "2026-11-20T05:00:00Z", "result": "BUSY" }] })
    };
    let tags =
        |value: &str| json!({ "callId": call, "tags": [{ "tagName": "a", "tagValue": value }] });
    [
        (
            "createPackage",
            json!({ "name": "A" }),
            json!({ "name": "B" }),
            "package { id }",
        ),
        (
            "createTask",
            json!({ "taskName": "A" }),
            json!({ "taskName": "B" }),
            "task { id }",
        ),
        (
            "createCall",
            with(&call_input(), json!({ "externalId": "a" })),
            with(&call_input(), json!({ "externalId": "b" })),
            "call { id }",
        ),
        ("addCallTags", tags("1"), tags("2"), "call { id } added"),
        (
            "importCalls",
            rows("x"),
            rows("y"),
            "results { index externalId status field code reason } created invalid",
        ),
    ]
}

on_both! {
    /// The same answer to the same input, and a refusal of another one.
    a_repeat_gives_the_first_answer = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let call = a_call(&app).await;
        for (field, input, other, selection) in keyed(&call) {
            let key = json!({ "idempotencyKey": "k" });
            let first = done(&app, field, selection, with(&input, key.clone())).await;
            let after = state(&app.database.db).await;
            app.clock.set(app.clock.now() + TimeDelta::seconds(1));
            assert_eq!(done(&app, field, selection, with(&input, json!({ "idempotencyKey": " k " }))).await, first, "{field}");
            assert_eq!(state(&app.database.db).await, after, "{field}");
            let reused = refused(&app, field, with(&other, key)).await;
            assert_eq!(reused, [at("input.idempotencyKey", "IDEMPOTENCY_KEY_REUSED")], "{field}");
        }
    };

    /// The object comes as it is now; one that is gone does not come back.
    a_repeat_shows_the_object_as_it_is = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let input = json!({ "name": "A", "idempotencyKey": "k" });
        let first = done(&app, "createPackage", "package { id }", input.clone()).await;
        let id = &first["package"]["id"];
        done(&app, "updatePackage", "package { id }", json!({ "id": id, "region": "浙江" })).await;
        let again = done(&app, "createPackage", "package { region version }", input.clone()).await;
        assert_eq!(again["package"], json!({ "region": "浙江", "version": 2 }));
        done(&app, "deletePackage", "deletedId", json!({ "id": id })).await;
        assert_eq!(done(&app, "createPackage", "package { id }", input).await["package"], Value::Null);
    };

    /// A refused input keeps no key; a key lasts a day, and goes with a later write.
    keys_last_a_day = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        refused(&app, "createPackage", json!({ "name": "", "idempotencyKey": "k" })).await;
        refused(&app, "createTask", json!({ "taskName": "A", "packageId": "TGVhZFBhY2thZ2U6OTk", "idempotencyKey": "k" })).await;
        let create = async |name: &str, key: &str| {
            let input = json!({ "name": name, "idempotencyKey": key });
            done(&app, "createPackage", "package { databaseId }", input).await["package"]["databaseId"].clone()
        };
        let first = create("A", "k").await;
        create("C", "old").await;
        app.clock.set(app.clock.now() + TimeDelta::hours(24));
        assert_eq!(create("A", "k").await, first);
        app.clock.set(app.clock.now() + TimeDelta::seconds(1));
        assert_ne!(create("B", "k").await, first);
        let keys = idempotency_key::Entity::find().all(app.database.db.read()).await.unwrap();
        let keys: Vec<_> = keys.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(keys, ["k"], "the other one was too old");
    };

    /// Of many with one key at the same time one writes, and all get its answer.
    concurrent_repeats_write_once = async |backend: Backend| {
        let app = std::sync::Arc::new(TestApp::new(&backend).await);
        let repeats = (0..8).map(|_| {
            let app = app.clone();
            tokio::spawn(async move {
                let input = with(&call_input(), json!({ "idempotencyKey": "k" }));
                let answer = send(&app, Role::Manager, "createCall", "call { id }", input).await.data();
                assert_eq!(answer["createCall"]["userErrors"], json!([]));
                answer["createCall"]["call"]["id"].as_str().unwrap().to_owned()
            })
        });
        let mut ids: Vec<String> = futures_util::future::try_join_all(repeats).await.unwrap();
        ids.dedup();
        assert_eq!(ids.len(), 1);
        let calls = dialgraph::entity::call::Entity::find().count(app.database.db.read()).await.unwrap();
        assert_eq!(calls, 1);
    };
}
