//! Calls that the platform has no longer: kept to be looked at, and counted by nothing.

use dialgraph::{
    domain::{dialing::Tag, incoming::IncomingCall},
    store::removals::{ListedPart, count_of_part},
};
use serde_json::{Value, json};

use super::{assert_counted, at, done, id, refused};
use crate::{
    harness::{Backend, TestApp, call, ingest, remove, task},
    on_both,
};

/// A call of 2026-11-19 that a task made, graded 9元, with a tag.
fn told(external_id: &str, time: &str) -> IncomingCall {
    let mut call = call(external_id, time);
    call.task = Some(task("7"));
    call.details.grade = Some("9元".to_owned());
    call.tags = vec![Tag {
        name: "level".to_owned(),
        value: "high".to_owned(),
    }];
    call
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

/// What lists and figures say of the calls.
async fn seen(app: &TestApp) -> Value {
    app.data(
        r#"{ calls(orderBy: [{ field: EXTERNAL_ID, direction: ASC }]) { totalCount nodes { externalId } }
             one: calls(filter: { gradeCode: { eq: "NINE_YUAN" } }) { totalCount }
             tasks { nodes { totalCalls calls { totalCount nodes { externalId } }
                             some: calls(filter: { gradeCode: { eq: "NINE_YUAN" } }) { totalCount } } }
             having: tasks(filter: { calls: { some: { externalId: { eq: "2" } } } }) { totalCount }
             without: tasks(filter: { calls: { none: { externalId: { eq: "2" } } } }) { totalCount }
             every: tasks(filter: { calls: { every: { externalId: { eq: "1" } } } }) { totalCount }
             callTags { totalCount nodes { tagValue } }
             tags { nodes { tagValue tagCount } }
             callStats(from: "2026-11-19", to: "2026-11-19") { calls } }"#,
    )
    .await
}

fn expected(external_ids: &[&str]) -> Value {
    let count = external_ids.len();
    let nodes: Vec<Value> = external_ids
        .iter()
        .map(|id| json!({ "externalId": id }))
        .collect();
    let newest_first: Vec<&Value> = nodes.iter().rev().collect();
    let has_second = u8::from(external_ids.contains(&"2"));
    json!({
        "calls": { "totalCount": count, "nodes": nodes },
        "one": { "totalCount": count },
        "tasks": { "nodes": [{ "totalCalls": count, "calls": { "totalCount": count, "nodes": newest_first },
                               "some": { "totalCount": count } }] },
        "having": { "totalCount": has_second },
        "without": { "totalCount": 1 - has_second },
        "every": { "totalCount": 1 - has_second },
        "callTags": { "totalCount": count, "nodes": vec![json!({ "tagValue": "high" }); count] },
        "tags": { "nodes": [{ "tagValue": "high", "tagCount": count }] },
        // A day that nobody read, and that has no calls, is unknown.
        "callStats": { "calls": (count > 0).then_some(count) },
    })
}

on_both! {
    /// A removed call leaves every list and figure, is found by its id and by who asks for it, and
    /// counts once again when it is told again.
    removed_calls_count_for_nothing_until_they_are_told_again = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let (first, second) = (told("1", "2026-11-19T01:00:00Z"), told("2", "2026-11-19T02:00:00Z"));
        ingest(db, vec![first.clone(), second.clone()]).await;
        assert_eq!(seen(&app).await, expected(&["1", "2"]));
        let data = app.data(r#"{ calls(filter: { externalId: { eq: "2" } }) { nodes { id } } }"#).await;
        let gone = id(&data["calls"]["nodes"][0]);

        assert_eq!(remove(db, &ids(&["2", "2", "none"])).await, 1);
        assert_eq!(remove(db, &ids(&["2"])).await, 0, "it is removed already");
        assert_eq!(seen(&app).await, expected(&["1"]));
        assert_counted(&app).await;
        let data = app.data(&format!(
            r#"{{ call(id: "{gone}") {{ externalId removedAt version tags {{ tagValue }} }}
                 calls(filter: {{ removedAt: {{ isNull: false }} }}) {{ totalCount nodes {{ id }} }}
                 tasks(filter: {{ calls: {{ some: {{ removedAt: {{ isNull: false }} }} }} }}) {{ totalCount }} }}"#,
        )).await;
        let call = json!({ "externalId": "2", "removedAt": "2026-11-20T04:30:00Z", "version": 2, "tags": [{ "tagValue": "high" }] });
        let calls = json!({ "totalCount": 1, "nodes": [{ "id": gone }] });
        assert_eq!(data, json!({ "call": call, "calls": calls, "tasks": { "totalCount": 1 } }));

        // The very same version is a change now.
        let again = ingest(db, vec![first.clone(), second.clone()]).await;
        assert_eq!((again.inserted, again.updated, again.unchanged), (0, 1, 1));
        assert_eq!(ingest(db, vec![second]).await.unchanged, 1);
        assert_eq!(seen(&app).await, expected(&["1", "2"]));
        let data = app.data(&format!(r#"{{ call(id: "{gone}") {{ removedAt }} }}"#)).await;
        assert_eq!(data["call"]["removedAt"], Value::Null);
        assert_counted(&app).await;
    };

    /// People cannot change what is removed, but they can delete it, with figures as they were.
    a_removed_call_is_not_changed = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        ingest(db, vec![told("1", "2026-11-19T01:00:00Z"), told("2", "2026-11-19T02:00:00Z")]).await;
        let data = app.data(r#"{ calls(filter: { externalId: { eq: "2" } }) { nodes { id } } }"#).await;
        let gone = id(&data["calls"]["nodes"][0]);
        remove(db, &ids(&["2"])).await;
        let tags = json!({ "callId": gone, "tags": [{ "tagName": "a", "tagValue": "1" }] });
        assert_eq!(refused(&app, "updateCall", json!({ "id": gone, "grade": "A" })).await, [at("input.id", "REMOVED")]);
        assert_eq!(refused(&app, "addCallTags", tags.clone()).await, [at("input.callId", "REMOVED")]);
        assert_eq!(refused(&app, "removeCallTags", tags).await, [at("input.callId", "REMOVED")]);

        done(&app, "deleteCall", "deletedId", json!({ "id": gone })).await;
        assert_eq!(seen(&app).await, expected(&["1"]));
        assert_counted(&app).await;
    };

    /// Only what the platform told is compared with it and marked, by the second, both ends included.
    only_the_platform_s_own_calls_are_compared = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let db = &app.database.db;
        let times = ["00:59:59.900", "01:00:00", "01:10:00", "01:59:59.999", "02:00:00"];
        let batch = times.iter().enumerate().map(|(at, time)| call(&at.to_string(), &format!("2026-11-19T{time}Z")));
        ingest(db, batch.collect()).await;
        let rows = json!([{ "externalId": "imported", "callTime": "2026-11-19T01:30:00Z", "result": "BUSY" }]);
        done(&app, "importCalls", "created", json!({ "rows": rows })).await;
        assert_eq!(remove(db, &ids(&["2", "imported"])).await, 1);

        let bound = |time: &str| format!("2026-11-19T{time}Z").parse().unwrap();
        let (from, to) = (bound("01:00:00"), bound("01:59:59"));
        let part = ListedPart { day: "2026-11-19".parse().unwrap(), from, to };
        assert_eq!(count_of_part(db.read(), part).await.unwrap(), 2);
        assert_counted(&app).await;
    };
}
