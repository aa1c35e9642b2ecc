//! What an older program stored is brought to one form, and nothing is lost or merged.

use std::{collections::BTreeMap, sync::Mutex};

use dialgraph::{
    domain::{
        alert::AlertKind,
        call_details::CallDetails,
        dialing::Tag,
        incoming::{IncomingCall, PlatformAgent, PlatformTask},
        pushed_call::PushedCall,
    },
    entity::{
        agent, alert, alert_delivery, archived_tag_count, call, call_push, call_tag, dial_task,
        grade,
    },
    store::{
        call_pushes::{self, CallPushes},
        rollups, schema, tag_counts,
    },
};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, QueryOrder as _, QuerySelect as _};
use serde_json::json;

use crate::{
    harness::{Backend, TestApp, TestDatabase, call as new_call, ingest},
    on_both,
};

const TIME: &str = "2026-11-19T02:00:00Z";

fn own(text: &str) -> String {
    text.to_owned()
}

/// A call as an older program stored it, or, in one form, as this one reads it.
fn graded(id: &str, phone: &str, grade: &str) -> IncomingCall {
    IncomingCall {
        phone_number: Some(own(phone)),
        details: CallDetails {
            grade: Some(own(grade)),
            ..CallDetails::default()
        },
        ..new_call(id, TIME)
    }
}

async fn owe(database: &TestDatabase) {
    let owed = "UPDATE data_changes SET is_done = FALSE";
    database.db.write().execute_unprepared(owed).await.unwrap();
}

async fn assert_counted(database: &TestDatabase) {
    assert_eq!(rollups::differences(&database.db).await.unwrap(), []);
    assert_eq!(tag_counts::differences(&database.db).await.unwrap(), 0);
}

async fn calls(database: &TestDatabase) -> Vec<call::Model> {
    let find = call::Entity::find();
    let mut calls = find.all(database.db.read()).await.unwrap();
    calls.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    calls
}

on_both! {
    /// Numbers, grades, ids, names and tags; figures follow, and the next read finds every call.
    everything_is_brought_to_one_form = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let mut dirty = graded("\u{feff}1", "+86 138\u{a0}1234 8000", "9元\u{200b}");
        dirty.details.province = Some(own("浙江\u{200b}"));
        dirty.details.notes = Some(own("，Ａ\r\n\u{feff}b"));
        dirty.task = Some(PlatformTask { external_id: own("7\u{200b}"), name: Some(own("Ａ包 ")), package: None });
        dirty.agent = Some(PlatformAgent { external_id: own("\u{feff}9"), name: Some(own("王\u{200b}芳")), is_seat: true });
        dirty.tags = vec![Tag { name: own("ask\u{200b}"), value: own("高 ") }];
        let mut second = graded("2", "0571\u{2011}8888666转801", "９ 元");
        second.task = dirty.task.clone();
        second.details.province = Some(own("浙江"));
        let unreadable = graded("3", "+1\u{a0}415", "不知道\u{200b}");
        ingest(db, vec![dirty.clone(), second, unreadable, graded("4", "13812348000", "A")]).await;
        // As an older program understood it.
        let wrong = "UPDATE grades SET patterns = '[\"9元\\u200b\", \"9元\", \" 9\"]' WHERE code = 'NINE_YUAN'";
        db.write().execute_unprepared(wrong).await.unwrap();
        db.write().execute_unprepared("UPDATE calls SET grade_code = 'OTHER' WHERE grade <> 'A'").await.unwrap();
        let tx = db.begin().await.unwrap();
        rollups::rebuild(&tx).await.unwrap();
        tx.commit().await.unwrap();
        owe(&database).await;

        schema::up(db, None).await.unwrap();
        assert_counted(&database).await;
        let stored = calls(&database).await;
        let of = |call: &call::Model| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            [text(&call.external_id), text(&call.phone_number), text(&call.grade), text(&call.grade_code)]
        };
        let forms: Vec<_> = stored.iter().map(of).collect();
        assert_eq!(forms, [
            ["1", "13812348000", "9元", "NINE_YUAN"].map(own),
            ["2", "0571-8888666-801", "9元", "NINE_YUAN"].map(own),
            ["3", "+1 415", "不知道", "OTHER"].map(own),
            ["4", "13812348000", "A", "A"].map(own),
        ]);
        assert_eq!((stored[0].province.as_deref(), stored[0].notes.as_deref()), (Some("浙江"), Some("，Ａ\nb")));
        assert_eq!(stored.iter().map(|call| call.version).collect::<Vec<_>>(), [2, 2, 2, 1]);
        let task = dial_task::Entity::find().one(db.read()).await.unwrap().unwrap();
        assert_eq!((task.external_id.as_deref(), task.task_name.as_str()), (Some("7"), "A包"));
        let agent = agent::Entity::find().one(db.read()).await.unwrap().unwrap();
        assert_eq!((agent.external_id.as_str(), agent.name.as_deref()), ("9", Some("王芳")));
        let tag = call_tag::Entity::find().one(db.read()).await.unwrap().unwrap();
        assert_eq!((tag.tag_name.as_str(), tag.tag_value.as_str()), ("ask", "高"));
        let nine = grade::Entity::find().order_by_asc(grade::Column::Id).one(db.read()).await.unwrap().unwrap();
        assert_eq!(nine.patterns.0, ["9元", "9"]);
        let report = schema::one_form(db).await.unwrap().unwrap();
        let expected = [("agents", 1), ("call_tags", 1), ("calls", 3), ("dial_tasks", 1), ("grades", 1)];
        assert_eq!(report.changed, BTreeMap::from(expected.map(|(table, rows)| (own(table), rows))));
        assert_eq!(report.kept_apart, 0);

        // The next read: what was stored in one form already is unchanged, the rest is the same call.
        let mut clean = graded("1", "13812348000", "9元");
        clean.task = Some(PlatformTask { external_id: own("7"), name: Some(own("A包")), package: None });
        let again = ingest(db, vec![clean.clone(), graded("4", "13812348000", "A")]).await;
        assert_eq!((again.inserted, again.updated, again.unchanged), (0, 1, 1));
        assert_eq!(ingest(db, vec![clean]).await.unchanged, 1);
        assert_eq!(calls(&database).await.len(), 4);
        assert_counted(&database).await;
        // Once for all.
        schema::up(db, None).await.unwrap();
        assert_eq!(schema::one_form(db).await.unwrap().unwrap(), report);
    };

    /// Numbers that an older program read in another way: the migration of this one reads them again.
    numbers_are_read_again = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let numbers = ["106234-5678", "9516234-567", "0400-8208820", "+852 2123\u{a0}4567", "17012345678,1234", "95588-1", "13812348000"];
        let stored = numbers.iter().enumerate().map(|(index, number)| graded(&index.to_string(), number, "A"));
        ingest(db, stored.collect()).await;
        let mut pushes = CallPushes::default();
        pushes.merged.merge(&PushedCall { external_id: own("p"), phone_number: Some(own("106234-5678")), ..PushedCall::default() });
        let now = TIME.parse().unwrap();
        db.transaction(async |tx| call_pushes::save(tx, &[("p", pushes.clone())].into(), now).await).await.unwrap();
        let migrations = schema::status(db).await.unwrap();
        let place = migrations.iter().position(|migration| migration.name.contains("owe_one_form_again")).unwrap();
        schema::down(db, Some(u32::try_from(migrations.len() - place).unwrap())).await.unwrap();
        schema::up(db, None).await.unwrap();
        let forms: Vec<Option<String>> = calls(&database).await.into_iter().map(|call| call.phone_number).collect();
        let expected = ["010-62345678", "0951-6234567", "4008208820", "+85221234567", "17012345678-1234", "95588-1", "13812348000"];
        assert_eq!(forms, expected.map(|form| Some(own(form))));
        let report = schema::one_form(db).await.unwrap().unwrap();
        assert_eq!(report.changed, BTreeMap::from([(own("calls"), 5), (own("call_pushes"), 1)]));
        let row = call_push::Entity::find().one(db.read()).await.unwrap().unwrap();
        assert!(row.pushed.contains("010-62345678"), "{}", row.pushed);
        assert_counted(&database).await;
    };

    /// Rows that would become one are kept apart, and named.
    nothing_is_merged = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let with = |id: &str, task: &str, tags: &[&str]| IncomingCall {
            task: Some(PlatformTask { external_id: own(task), name: Some(own("A包")), package: None }),
            tags: tags.iter().map(|value| Tag { name: own("ask"), value: own(value) }).collect(),
            ..graded(id, "13812348000", "9元\u{200b}")
        };
        ingest(db, vec![with("e", "t", &["高", "高\u{200b}"]), with("\u{feff}e", "t\u{200b}", &[]), with("e\u{200b}", "t", &["高\u{200b}"]),
            with("\u{feff}f", "u", &[]), with("f\u{200b}", "u", &[])]).await;
        owe(&database).await;
        schema::up(db, None).await.unwrap();
        assert_counted(&database).await;
        let stored = calls(&database).await;
        assert_eq!(stored.len(), 5);
        assert!(stored.iter().all(|call| call.grade_code.as_deref() == Some("NINE_YUAN") && call.grade.as_deref() == Some("9元")));
        let mut ids: Vec<_> = stored.iter().filter_map(|call| call.external_id.as_deref()).collect();
        ids.sort_unstable();
        assert_eq!(ids.iter().filter(|id| id.len() == 1).count(), 2, "{ids:?}");
        assert_eq!(dial_task::Entity::find().all(db.read()).await.unwrap().len(), 3);
        assert_eq!(call_tag::Entity::find().all(db.read()).await.unwrap().len(), 3);
        let report = schema::one_form(db).await.unwrap().unwrap();
        let mut apart: Vec<_> = report.rows.iter().map(|row| (row.table.as_str(), row.form.as_str())).collect();
        apart.sort_unstable();
        assert_eq!(apart, [("call_tags", "ask=高"), ("calls", "e"), ("calls", "e"), ("calls", "f"), ("dial_tasks", "t")]);
        assert_eq!(report.kept_apart, 5);
        // What the platform lists from now on is one of them.
        assert_eq!(ingest(db, vec![with("e", "t", &["高"])]).await.inserted, 0);
        assert_eq!(calls(&database).await.len(), 5);
        assert_counted(&database).await;
    };

    /// Whoever waits for it sees how far it is: all calls, tags and pushes, a page at a time; and how many rows
    /// were kept apart is told by the API, too.
    it_says_how_far_it_is = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let (database, db) = (&app.database, &app.database.db);
        let seen = Mutex::new(Vec::new());
        let up = async || {
            schema::up_with(db, None, &|progress| seen.lock().unwrap().push(progress)).await.unwrap();
            std::mem::take(&mut *seen.lock().unwrap())
        };
        owe(database).await;
        assert_eq!(up().await, [], "there is nothing to wait for");
        let tagged = |id: usize| {
            let mut call = new_call(&id.to_string(), TIME);
            call.tags.push(Tag { name: own("ask"), value: own("高") });
            call
        };
        ingest(db, (0..1_500).map(tagged).collect()).await;
        ingest(db, vec![new_call("e", TIME), new_call("e\u{200b}", TIME)]).await;
        let mut pushes = CallPushes::default();
        pushes.merged.merge(&PushedCall { external_id: own("1"), ..PushedCall::default() });
        let now = TIME.parse().unwrap();
        db.transaction(async |tx| call_pushes::save(tx, &[("1", pushes.clone())].into(), now).await).await.unwrap();
        assert_eq!(up().await, [], "it is not owed");
        owe(database).await;
        let told: Vec<(u64, u64)> = up().await.iter().map(|progress| (progress.done, progress.of)).collect();
        let of = 1_502 + 1_500 + 1;
        assert_eq!(told, [0, 1_000, 1_502, 2_502, 3_002, 3_003].map(|done| (done, of)));
        assert_eq!(up().await, []);
        let status = app.data("{ syncStatus { rowsKeptApart tasksClaimedTwice } }").await;
        assert_eq!(status["syncStatus"], json!({ "rowsKeptApart": 1, "tasksClaimedTwice": 0 }));
        assert_counted(database).await;
    };

    /// Of calls that are kept no longer only the counts of their tags are left: they are brought to one
    /// form, and counts of one tag are added.
    archived_tags_are_added = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let mut tagged = new_call("1", TIME);
        tagged.tags.push(Tag { name: own("ask"), value: own("高") });
        ingest(db, vec![tagged]).await;
        for (name, value, calls) in [("ask", "高", 1), ("ask\u{200b}", "高", 2), ("ask", "高\u{a0}", 4), ("ａsk", "低", 8), ("\u{200b}", "x", 16)] {
            for table in ["archived_tag_counts", "tag_counts"] {
                db.write().execute_unprepared(&format!(
                    "INSERT INTO {table} (task_id, tag_name, tag_value, calls) VALUES (0, '{name}', '{value}', {calls})
                     ON CONFLICT (task_id, tag_name, tag_value) DO UPDATE SET calls = {table}.calls + excluded.calls"
                )).await.unwrap();
            }
        }
        assert_counted(&database).await;
        owe(&database).await;
        schema::up(db, None).await.unwrap();
        assert_counted(&database).await;
        let rows = archived_tag_count::Entity::find().all(db.read()).await.unwrap();
        let mut counts: Vec<(&str, &str, i64)> = rows.iter().map(|row| (row.tag_name.as_str(), row.tag_value.as_str(), row.calls)).collect();
        counts.sort_unstable();
        // A name that shows nothing stays as it is.
        assert_eq!(counts, [("ask", "低", 8), ("ask", "高", 7), ("\u{200b}", "x", 16)]);
    };

    /// Alerts, and what people are told of them, stay when the table is made again for new kinds.
    alerts_stay = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let (db, at) = (&database.db, "'2026-11-20T04:00:00+00:00'");
        let sql = async |sql: String| db.write().execute_unprepared(&sql).await;
        let open = |kind: &str| format!(
            "INSERT INTO alerts (kind, subject, track, message, is_open, opened_at, last_told, last_notified_at)
             VALUES ('{kind}', 'CALL_RECORDS', 'CALL_RECORDS', 'm', TRUE, {at}, 'OPENED', {at})"
        );
        sql(open("LAG")).await.unwrap();
        sql(open("UNKNOWN_GRADES")).await.unwrap();
        let deliver = format!("INSERT INTO alert_deliveries (alert_id, event, channel, state, next_attempt_at, created_at)
             SELECT id, 'OPENED', 'EMAIL', 'PENDING', {at}, {at} FROM alerts");
        sql(deliver).await.unwrap();
        let migrations = schema::status(db).await.unwrap();
        let place = migrations.iter().position(|migration| migration.name.contains("open_alert_kinds")).unwrap();
        let steps = u32::try_from(migrations.len() - place).unwrap();
        schema::down(db, Some(steps)).await.unwrap();
        let stored = async || {
            // Other columns have come since.
            let alerts = alert::Entity::find().select_only().columns([alert::Column::Id, alert::Column::Kind]);
            let alerts: Vec<(i64, AlertKind)> = alerts.into_tuple().all(db.read()).await.unwrap();
            let deliveries = alert_delivery::Entity::find().all(db.read()).await.unwrap();
            assert!(deliveries.iter().all(|delivery| delivery.alert_id == alerts[0].0));
            (alerts.len(), deliveries.len(), alerts[0].1)
        };
        assert_eq!(stored().await, (1, 1, AlertKind::Lag), "the kind that was not known before is gone");
        assert!(sql(open("UNKNOWN_GRADES")).await.is_err());
        schema::up(db, None).await.unwrap();
        assert_eq!(stored().await, (1, 1, AlertKind::Lag));
        assert!(sql(open("LAG")).await.is_err(), "what is wrong is wrong once");
        sql(open("UNKNOWN_GRADES")).await.unwrap();
    };

    /// What was pushed is read alike, so that it is no news at the next read.
    pushes_follow = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        let pushed = |id: &str, grade: &str, city: &str| PushedCall {
            external_id: own(id),
            details: CallDetails { grade: Some(own(grade)), city: Some(own(city)), ..CallDetails::default() },
            tags: vec![Tag { name: own(&format!("ask{city}")), value: own(grade) }],
            ..PushedCall::default()
        };
        let mut pushes = CallPushes::default();
        pushes.merged.merge(&pushed("1", "9元\u{200b}", "杭州 "));
        let tx = db.begin().await.unwrap();
        let now = "2026-11-20T04:00:00Z".parse().unwrap();
        call_pushes::save(&tx, &BTreeMap::from([("1", pushes)]), now).await.unwrap();
        tx.commit().await.unwrap();
        // The platform's own record says neither.
        assert_eq!(ingest(db, vec![new_call("1", TIME)]).await.inserted, 1);
        assert_eq!(calls(&database).await[0].grade.as_deref(), Some("9元\u{200b}"));
        owe(&database).await;
        schema::up(db, None).await.unwrap();
        assert_counted(&database).await;
        assert_eq!(ingest(db, vec![new_call("1", TIME)]).await.unchanged, 1);
        let stored = calls(&database).await;
        assert_eq!((stored[0].grade.as_deref(), stored[0].city.as_deref()), (Some("9元"), Some("杭州")));
        let row = call_push::Entity::find().one(db.read()).await.unwrap().unwrap();
        assert!(!row.pushed.contains('\u{200b}') && row.filled.contains("ask杭州"), "{} {}", row.pushed, row.filled);
        // The platform says it itself now, and what was filled gives way.
        let mut said = new_call("1", TIME);
        said.details.grade = Some(own("A"));
        assert_eq!(ingest(db, vec![said]).await.updated, 1);
        assert_eq!(calls(&database).await[0].grade_code.as_deref(), Some("A"));
        assert_counted(&database).await;
    };
}
