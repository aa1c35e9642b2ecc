//! The audit log: what is recorded is masked, and what was recorded before is, too.

use dialgraph::{
    entity::{audit_entry, data_change},
    store::schema,
};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, QueryOrder as _};
use serde_json::json;

use crate::{
    harness::{Backend, TestApp, TestDatabase, down_to},
    on_both,
    writes::done,
};

/// What must not be in any entry.
const SECRETS: [&str; 6] = [
    "13812348001",
    "138 1234 8002",
    "010-62345678",
    "+1 415 555 2671",
    "li.wei@example.com",
    "①③⑧①②③④⑧⓪⓪③",
];

async fn entries(database: &TestDatabase) -> Vec<audit_entry::Model> {
    let find = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id);
    find.all(database.db.read()).await.unwrap()
}

fn text() -> String {
    format!("王 {}", SECRETS.join(" 或 "))
}

on_both! {
    /// Whatever people write into whatever field.
    numbers_and_addresses_are_recorded_masked = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let text = text();
        let input = json!({
            "callTime": "2026-11-19T02:00:00Z", "result": "CONNECTED", "phoneNumber": SECRETS[0], "notes": text, "customerName": text,
            "company": text, "hangupReason": text, "grade": text, "province": text, "city": text, "deviceName": text,
            "recordingUrl": "https://rec.example/13812348001.mp3", "billedAmount": "135000.00",
        });
        let call = done(&app, "createCall", "call { id }", input).await["call"]["id"].clone();
        done(&app, "updateCall", "call { id }", json!({ "id": call, "company": "13899998001", "notes": null })).await;
        done(&app, "updateCall", "call { id }", json!({ "id": call, "company": "13877778001" })).await;
        done(&app, "addCallTags", "added", json!({ "callId": call, "tags": [{ "tagName": "num", "tagValue": SECRETS[0] }] })).await;
        let input = json!({ "name": text, "source": text, "industry": text, "region": text, "totalLeads": 1, "totalCost": "135000000.00",
            "rules": [{ "match": "CONTAINS", "text": SECRETS[0] }] });
        done(&app, "createPackage", "package { id }", input).await;
        done(&app, "createTask", "task { id }", json!({ "taskName": text, "description": text })).await;
        done(&app, "upsertGrade", "grade { code }", json!({ "code": "X", "label": text, "patterns": [text] })).await;
        done(&app, "createAccessToken", "secret", json!({ "name": text, "role": "ANALYST" })).await;
        done(&app, "deleteCall", "deletedId", json!({ "id": call })).await;

        let entries = entries(&app.database).await;
        assert_eq!(entries.len(), 9);
        for entry in &entries {
            for secret in SECRETS {
                assert!(!entry.changes.contains(secret), "{secret}: {}", entry.changes);
            }
        }
        let masked = "王 138****8001 或 138****8002 或 010****5678 或 +1 4****2671 或 l***@example.com 或 ①③⑧****⑧⓪⓪③";
        let changes = |index: usize| serde_json::from_str::<serde_json::Value>(&entries[index].changes).unwrap();
        assert_eq!(changes(0)["customerName"], json!({ "before": null, "after": masked }));
        assert_eq!(changes(0)["billedAmount"]["after"], "135000.00");
        assert_eq!(changes(1)["company"], json!({ "before": masked, "after": "138****8001" }));
        // Another number is a change, though it looks alike.
        assert_eq!(changes(2)["company"], json!({ "before": "138****8001", "after": "138****8001" }));
        assert_eq!(changes(3)["addedTags"], json!([{ "tagName": "num", "tagValue": "138****8001" }]));
        assert_eq!(changes(4)["totalCost"]["after"], "135000000.00");
    };

    /// The migration masks what older programs recorded and nothing else, and the database keeps the log as
    /// before.
    what_was_recorded_before_is_masked = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let old = [
            json!({ "company": { "before": null, "after": "公司010-62345678" }, "customerName": { "before": "王 13812348001", "after": "王 138 1234 8002" } }).to_string(),
            json!({ "patterns": { "before": [], "after": ["li.wei@example.com", "9元"] }, "totalCost": { "before": "135000000.00", "after": "1.00" } }).to_string(),
            r#"{ "name": {"after": "A包 2026-11-19", "before": null},  "callTime": {"before": null, "after": "2026-11-19T02:00:00.123456Z"} }"#.to_owned(),
            r#"{"calls":13812348001}"#.to_owned(),
            "not JSON: 13812348001".to_owned(),
        ];
        let insert = |index: usize, changes: &str| format!(
            "INSERT INTO audit_log (at, actor, role, operation, object_type, object_id, changes) VALUES ('2026-11-20T00:00:00+00:00', 'li.wei@example.com', 'ADMIN', 'x', 'Call', '{index}', '{changes}')"
        );
        for (index, changes) in old.iter().enumerate() {
            db.write().execute_unprepared(&insert(index, changes)).await.unwrap();
        }
        // More than are read at a time.
        let many = (0..1_200).map(|index| format!("('2026-11-20T00:00:00+00:00', 'x', 'ADMIN', 'x', 'Call', '{index}', '{{\"notes\":\"139 1234 {index:04}\"}}')"));
        let many = many.collect::<Vec<_>>().join(", ");
        let many = format!("INSERT INTO audit_log (at, actor, role, operation, object_type, object_id, changes) VALUES {many}");
        db.write().execute_unprepared(&many).await.unwrap();
        let before = entries(&database).await;
        // Down and up again, as a database of the version before comes up.
        down_to(db, "m20261130_010101_owe_masked_audit_log").await;
        schema::up(db, None).await.unwrap();

        let after = entries(&database).await;
        assert_eq!(after.len(), before.len());
        assert_eq!(after[0].changes, r#"{"company":{"after":"公司010****5678","before":null},"customerName":{"after":"王 138****8002","before":"王 138****8001"}}"#);
        assert_eq!(after[1].changes, r#"{"patterns":{"after":["l***@example.com","9元"],"before":[]},"totalCost":{"after":"1.00","before":"135000000.00"}}"#);
        assert_eq!((&after[2], &after[3]), (&before[2], &before[3]));
        assert_eq!(after[4].changes, "not JSON: 138****8001");
        assert_eq!(after[1_204].changes, r#"{"notes":"139****1199"}"#);
        for (after, before) in after.iter().zip(&before) {
            assert_eq!((after.id, &after.actor, &after.object_id, after.at), (before.id, &before.actor, &before.object_id, before.at));
        }
        let done = data_change::Entity::find_by_id("MASKED_AUDIT_LOG").one(db.read()).await.unwrap().unwrap();
        assert_eq!((done.is_done, done.report.as_deref()), (true, Some("1203")));

        let mut refused = vec!["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log WHERE id = 1"];
        match backend {
            Backend::Sqlite => refused.push("INSERT OR REPLACE INTO audit_log (id, at, actor, role, operation, object_type, changes) VALUES (1, '2026-11-20T00:00:00+00:00', 'x', 'ADMIN', 'x', 'User', '{}')"),
            Backend::Postgres(_) => refused.push("TRUNCATE audit_log"),
        }
        for sql in refused {
            let error = db.write().execute_unprepared(sql).await.expect_err(sql).to_string();
            assert!(error.contains("audit_log is append-only"), "{sql}: {error}");
        }
        db.write().execute_unprepared(&insert(9, "{}")).await.unwrap();
        // Once for all.
        schema::up(db, None).await.unwrap();
        assert_eq!(entries(&database).await.len(), before.len() + 1);
    };

    /// What an operator sees in the log is what the API shows.
    the_audit_log_shows_it_masked = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        done(&app, "createTask", "task { id }", json!({ "taskName": text() })).await;
        let data = app.data("{ auditLog { nodes { changes } } }").await;
        let shown = data.to_string();
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("王 138****8001"), "{shown}");
    };
}
