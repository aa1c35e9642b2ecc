//! One number, one id, one grade, in however many forms they come.

mod migrated;
mod unknown_grades;

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, header},
};
use dialgraph::{
    domain::{
        business_time::{BusinessZone, DayRange},
        sync::SyncTrack,
        viewer::Role,
    },
    http::HttpOptions,
    store::raw_records,
    sync::Replay,
};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, day},
    on_both,
    writes::{assert_counted, at, done, payload, problems, refused},
};

const SECRET: &str = "sixteen characters";

/// One mobile, as people, spreadsheets and systems write it.
const NUMBERS: [&str; 16] = [
    "13812348000",
    "+86 138 1234 8000",
    "+8613812348000",
    "008613812348000",
    "8613812348000",
    "013812348000",
    "+86013812348000",
    "138-1234-8000",
    "１３８１２３４８０００",
    "\u{202d}13812348000\u{202c}",
    "138\u{a0}1234\u{a0}8000",
    "138\u{2011}1234\u{2011}8000",
    "\u{feff}13812348000",
    "138\u{200b}12348000",
    "(+86)138.1234.8000",
    "tel:+86-138\u{2212}1234\u{3000}8000\n",
];

/// One grade.
const NINES: [&str; 10] = [
    "9元",
    "9元\u{200b}",
    "\u{feff}9元",
    "\u{2068}9元\u{2069}",
    "9\u{a0}元",
    "9 元",
    "９元",
    "９\u{3000}元",
    "9\u{ad}元\u{fe0f}",
    "9元\r\n",
];

/// Kinds of numbers, and the form of each.
const KINDS: [(&str, &str); 18] = [
    ("010 6234\u{2011}5678", "010-62345678"),
    ("(0571)8888666 转 801", "0571-8888666-801"),
    ("+86 10 62345678", "010-62345678"),
    ("400\u{a0}820 8820", "4008208820"),
    ("800-820-8820-1", "8008208820-1"),
    ("95588", "95588"),
    ("9501 2345", "95012345"),
    ("96110", "96110"),
    ("10086\u{200b}", "10086"),
    ("17012345678转1234", "17012345678-1234"),
    ("170-1234-5678-1234", "17012345678-1234"),
    ("+86 170 1234 5678 分机 1234", "17012345678-1234"),
    ("0086-10-6234-5678", "010-62345678"),
    ("864008208820", "4008208820"),
    ("86-10086", "10086"),
    ("010-62345678,8001", "010-62345678-8001"),
    ("+852 2123 4567", "+85221234567"),
    ("00852-2123-4567", "+85221234567"),
];

fn row(id: &str) -> Value {
    json!({ "externalId": id, "callTime": "2026-11-19T02:00:00Z", "result": "CONNECTED", "duration": 60 })
}

async fn import(app: &TestApp, rows: Vec<Value>) -> Value {
    let input = json!({ "rows": rows });
    done(
        app,
        "importCalls",
        "created updated unchanged invalid",
        input,
    )
    .await
}

/// A service that takes pushes.
async fn app(backend: &Backend) -> TestApp {
    let options = HttpOptions {
        webhook_secret: Some(SECRET.into()),
        ..HttpOptions::default()
    };
    TestApp::with_options(backend, options).await
}

async fn push(app: &TestApp, body: Value) {
    let request = Request::post("/webhooks/guanke/cdr")
        .header("X-Webhook-Secret", SECRET)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    assert_eq!(app.send(request).await.status(), 200);
}

/// Reads records as the platform writes them, and stores them as those of a read.
async fn platform(app: &TestApp, records: &[Value]) {
    let (track, date) = (SyncTrack::CallRecords, day("2026-11-19"));
    let texts: Vec<String> = records.iter().map(Value::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let tx = app.database.db.begin().await.unwrap();
    raw_records::keep(&tx, track, date, None, &texts, app.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let replay = Replay {
        instance: "test".to_owned(),
        db: app.database.db.clone(),
        clock: Arc::clone(&app.clock) as _,
        zone: BusinessZone::default(),
        non_seats: vec!["管理员".to_owned()],
        dry_run: false,
        stop: tokio_util::sync::CancellationToken::new(),
    };
    let days = DayRange::new(date, date).unwrap();
    let report = replay.run(days, |_| {}).await.unwrap();
    assert!(report.finished);
}

fn record(id: &str, changes: Value) -> Value {
    let mut record =
        json!({ "id": id, "callTime": "2026-11-19 10:00:00", "callState": 2, "duration": 60 });
    let (Value::Object(record_fields), Value::Object(changes)) = (&mut record, changes) else {
        unreachable!()
    };
    record_fields.extend(changes);
    record
}

async fn found(app: &TestApp, filter: Value) -> i64 {
    let query = "query($filter: CallFilter) { calls(filter: $filter) { totalCount } }";
    let answer = app.query_with(Role::Admin, query, json!({ "filter": filter }));
    answer.await.data()["calls"]["totalCount"].as_i64().unwrap()
}

/// What all calls have of a field.
async fn all(app: &TestApp, field: &str) -> Vec<Value> {
    let query = format!("{{ calls(first: 100) {{ nodes {{ {field} }} }} }}");
    let data = app.data(&query).await;
    let nodes = data["calls"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node[field].clone()).collect()
}

on_both! {
    /// Imported, entered, pushed or read from the platform: it is one number, and found by any form.
    a_number_is_one_number = async |backend: Backend| {
        let app = app(&backend).await;
        let rows = NUMBERS.iter().enumerate().map(|(index, number)| {
            let mut row = row(&format!("i{index}"));
            row["phoneNumber"] = json!(number);
            row
        });
        assert_eq!(import(&app, rows.collect()).await["created"], 16);
        let input = json!({ "callTime": "2026-11-19T02:00:00Z", "result": "BUSY", "phoneNumber": NUMBERS[5] });
        done(&app, "createCall", "call { id }", input).await;
        let records: Vec<Value> = NUMBERS.iter().enumerate().map(|(index, number)| record(&format!("p{index}"), json!({ "phone": number }))).collect();
        platform(&app, &records).await;
        for (index, number) in NUMBERS.iter().enumerate() {
            push(&app, json!({ "cdr_id": format!("w{index}"), "callTime": "2026-11-19 11:00:00", "realPhone": number })).await;
        }
        assert_eq!(all(&app, "phoneNumber").await, vec![json!("13812348000"); 49]);
        let other = record("other", json!({ "phone": "13912348000" }));
        platform(&app, &[other]).await;
        for number in NUMBERS {
            assert_eq!(found(&app, json!({ "phoneNumber": { "eq": number } })).await, 49, "{number}");
            assert_eq!(found(&app, json!({ "phoneNumber": { "in": [number, "95588"] } })).await, 49, "{number}");
            assert_eq!(found(&app, json!({ "phoneNumber": { "ne": number } })).await, 1, "{number}");
            assert_eq!(found(&app, json!({ "phoneNumber": { "notIn": ["13900000000", number] } })).await, 1, "{number}");
            assert_eq!(found(&app, json!({ "phoneNumber": { "startsWith": number } })).await, 49, "{number}");
            // Whoever has the number may look it up, however they have it.
            let query = "query($number: String) { calls(filter: { phoneNumber: { eq: $number } }) { totalCount } }";
            let data = app.query_with(Role::Analyst, query, json!({ "number": number })).await.data();
            assert_eq!(data["calls"]["totalCount"], 49, "{number}");
        }
        for part in ["138 1234", "+86 138", "0138", "１３８-12"] {
            assert_eq!(found(&app, json!({ "phoneNumber": { "startsWith": part } })).await, 49, "{part}");
        }
        assert_eq!(found(&app, json!({ "phoneNumber": { "contains": "3812 34-80" } })).await, 49);
        let query = "query($number: String) { calls(filter: { phoneNumber: { startsWith: $number } }) { totalCount } }";
        let answer = app.query_with(Role::Analyst, query, json!({ "number": "138 1234" })).await;
        assert_eq!(answer.code(), "FORBIDDEN");
        assert_counted(&app).await;
    };

    /// Every kind of number has a form; what is none is kept by the platform's records, and refused where
    /// somebody can put it right.
    numbers_of_every_kind_are_read = async |backend: Backend| {
        let app = app(&backend).await;
        let rows = KINDS.iter().enumerate().map(|(index, (number, _))| {
            let mut row = row(&format!("{index:02}"));
            row["phoneNumber"] = json!(number);
            row
        });
        assert_eq!(import(&app, rows.collect()).await["created"], 18);
        let mut forms = all(&app, "phoneNumber").await;
        forms.reverse();
        assert_eq!(forms, KINDS.map(|(_, form)| json!(form)));
        for (number, form) in KINDS {
            let same = KINDS.iter().filter(|(_, other)| *other == form).count();
            assert_eq!(found(&app, json!({ "phoneNumber": { "eq": number } })).await, i64::try_from(same).unwrap(), "{number}");
        }
        assert_eq!(found(&app, json!({ "phoneNumber": { "startsWith": "0106234" } })).await, 4);
        let foreign = "+1\u{a0}415 555\u{200b} 2671";
        platform(&app, &[record("foreign", json!({ "phone": foreign })), record("odd", json!({ "phone": "未知号码" }))]).await;
        push(&app, json!({ "cdr_id": "pushed", "callTime": "2026-11-19 11:00:00", "phone": foreign })).await;
        let mut imported = row("imported");
        imported["phoneNumber"] = json!("001-415-555-2671");
        assert_eq!(import(&app, vec![imported]).await["created"], 1);
        assert_eq!(found(&app, json!({ "phoneNumber": { "eq": foreign } })).await, 3);
        assert_eq!(found(&app, json!({ "phoneNumber": { "startsWith": "00 1415" } })).await, 3);
        // By the platform's records they have the same forms.
        let records: Vec<Value> = KINDS.iter().enumerate().map(|(index, (number, _))| record(&format!("p{index}"), json!({ "phone": number }))).collect();
        platform(&app, &records).await;
        for (number, form) in KINDS {
            let same = KINDS.iter().filter(|(_, other)| *other == form).count();
            assert_eq!(found(&app, json!({ "phoneNumber": { "eq": number } })).await, 2 * i64::try_from(same).unwrap(), "{number}");
        }
        assert_eq!(found(&app, json!({ "phoneNumber": { "eq": " 未知号码" } })).await, 1);
        // A service number has no extension: it would be another number.
        for (index, odd) in ["95588-1", "95588转1", "95588,1", "62345678转123", "0086", "未知号码"].into_iter().enumerate() {
            let mut bad = row("bad");
            bad["phoneNumber"] = json!(odd);
            assert_eq!(import(&app, vec![bad]).await["invalid"], 1, "{odd}");
            platform(&app, &[record(&format!("odd{index}"), json!({ "phone": odd }))]).await;
            let filter = json!({ "externalId": { "eq": format!("odd{index}") }, "phoneNumber": { "eq": odd } });
            assert_eq!(found(&app, filter).await, 1, "{odd}");
        }
        assert_eq!(found(&app, json!({ "phoneNumber": { "eq": "955881" } })).await, 0);
        assert_counted(&app).await;
    };

    /// A grade is what it looks like: all of them are deals, and found by any form.
    a_grade_is_one_grade = async |backend: Backend| {
        let app = app(&backend).await;
        let rows = NINES.iter().enumerate().map(|(index, grade)| {
            let mut row = row(&format!("i{index}"));
            row["grade"] = json!(grade);
            row
        });
        assert_eq!(import(&app, rows.collect()).await["created"], 10);
        let records: Vec<Value> = NINES.iter().enumerate().map(|(index, grade)| record(&format!("p{index}"), json!({ "grade": grade }))).collect();
        platform(&app, &records).await;
        for (index, grade) in NINES.iter().enumerate() {
            push(&app, json!({ "cdr_id": format!("w{index}"), "callTime": "2026-11-19 11:00:00", "grade": grade })).await;
        }
        assert_eq!(all(&app, "gradeCode").await, vec![json!("NINE_YUAN"); 30]);
        assert_eq!(all(&app, "grade").await, vec![json!("9元"); 30]);
        for grade in NINES {
            assert_eq!(found(&app, json!({ "grade": { "eq": grade } })).await, 30, "{grade:?}");
        }
        let data = app.data(r#"{ gradeStats(date: "2026-11-19") { grade9 totalSuccess unknownGrades { text } } }"#).await;
        assert_eq!(data["gradeStats"], json!({ "grade9": 30, "totalSuccess": 30, "unknownGrades": [] }));
        assert_counted(&app).await;
    };

    /// An id is one id: of a call, of its task and of its agent; names and tags are read alike.
    an_id_is_one_id = async |backend: Backend| {
        let app = app(&backend).await;
        let forms = [("", ""), ("\u{feff}", ""), ("", "\u{200b}"), (" ", "\u{a0}"), ("\u{2067}", "\u{2069}"), ("\u{3000}", "\n")];
        for (index, (before, behind)) in forms.iter().enumerate() {
            let form = |text: &str| json!(format!("{before}{text}{behind}"));
            let mut row = row(form("ｅ").as_str().unwrap());
            row["taskExternalId"] = form("7");
            row["taskName"] = form("11月Ａ包");
            row["agentExternalId"] = form("9");
            row["agentName"] = form("王芳");
            row["province"] = form("浙江");
            row["tags"] = json!([{ "tagName": form("ask"), "tagValue": form("高") }]);
            let counts = import(&app, vec![row]).await;
            assert_eq!(counts[if index == 0 { "created" } else { "unchanged" }], 1, "{index}: {counts}");
        }
        let twice = payload(&app, "importCalls", "results { userErrors { field code message } }", json!({ "rows": [row("f"), row("\u{feff}f")] })).await;
        assert_eq!(problems(&twice["results"][1]["userErrors"]), [at("input.rows.1.externalId", "DUPLICATE")]);
        let manual = |id: &str| json!({ "callTime": "2026-11-19T02:00:00Z", "result": "BUSY", "externalId": id });
        // The ids of people's own calls are apart from those of imports.
        payload(&app, "createCall", "call { id }", manual("m")).await;
        let taken = manual("m\u{200d}");
        assert_eq!(refused(&app, "createCall", taken).await, [at("input.externalId", "TAKEN")]);
        for (before, behind) in forms {
            let form = |text: &str| json!(format!("{before}{text}{behind}"));
            let task = json!({ "externalId": { "eq": form("7") }, "taskName": { "eq": form("11月A包") } });
            let filter = json!({ "externalId": { "eq": form("e") }, "task": task, "province": { "in": [form("浙江")] },
                "agent": { "name": { "startsWith": format!("{before}王") } },
                "tags": { "some": { "tagName": { "eq": form("ask") }, "tagValue": { "contains": "高" } } } });
            assert_eq!(found(&app, filter).await, 1, "{before:?}{behind:?}");
        }
        for id in ["p\u{200b}", "\u{feff}p", "ｐ"] {
            platform(&app, &[record(id, json!({ "taskId": id, "TaskName": "B包\u{200b}", "agentId": id, "agentName": "\u{feff}管理员" }))]).await;
            push(&app, json!({ "cdr_id": id, "grade": "A" })).await;
        }
        let data = app.data(r#"{ calls(filter: { externalId: { eq: "p" } }) { nodes { externalId grade task { externalId taskName } agent { externalId name isSeat } } } }"#).await;
        let expected = json!([{ "externalId": "p", "grade": "A", "task": { "externalId": "p", "taskName": "B包" },
            "agent": { "externalId": "p", "name": "管理员", "isSeat": false } }]);
        assert_eq!(data["calls"]["nodes"], expected);
        assert_counted(&app).await;
    };

    /// A family of emoji stays one where people write; a note keeps its lines and its width.
    what_people_write_freely_stays = async |backend: Backend| {
        let app = app(&backend).await;
        let notes = "晚上打，Ａ区\r\n\u{3000}👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}\u{feff}";
        platform(&app, &[record("1", json!({ "remark": notes, "customerName": "👩\u{200d}🚀 李\u{200b}" }))]).await;
        let data = app.data("{ calls { nodes { notes customerName } } }").await;
        let expected = json!({ "notes": "晚上打，Ａ区\n\u{3000}👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}", "customerName": "👩\u{200d}🚀 李" });
        assert_eq!(data["calls"]["nodes"][0], expected);
        assert_eq!(found(&app, json!({ "notes": { "contains": "\u{feff}，Ａ" } })).await, 1);
    };

    /// An empty text is no condition, anywhere.
    an_empty_text_is_refused = async |backend: Backend| {
        let app = app(&backend).await;
        for text in ["", " ", "\u{200b}", "\u{3000}\u{feff}"] {
            for condition in [
                json!({ "contains": text }), json!({ "startsWith": text }), json!({ "eq": text }), json!({ "ne": text }),
                json!({ "in": ["a", text] }), json!({ "notIn": [text] }),
            ] {
                for field in ["taskName", "description", "externalId"] {
                    let query = "query($filter: DialTaskFilter) { tasks(filter: $filter) { totalCount } }";
                    let filter = json!({ "or": [{ "package": { "tasks": { "some": { field: condition } } } }] });
                    let answer = app.query_with(Role::Admin, query, json!({ "filter": filter })).await;
                    assert_eq!(answer.code(), "BAD_USER_INPUT", "{field} {condition}");
                    let message = format!("`{field}` cannot be compared with an empty text: leave the condition out, or use `isNull` to find what has no value");
                    assert_eq!(answer.message(), message);
                    assert_eq!(answer.body["errors"][0]["extensions"]["argument"], "filter");
                }
            }
        }
        let answer = app.query(r#"{ calls(filter: { phoneNumber: { contains: " \u200b" } }) { totalCount } auditLog(filter: { actor: { eq: "" } }) { totalCount } }"#).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT");
    };

    /// Every task there is cannot be meant, in whatever words.
    all_tasks_are_not_assigned_by_accident = async |backend: Backend| {
        let app = app(&backend).await;
        let id = |payload: Value, what: &str| payload[what]["id"].as_str().unwrap().to_owned();
        let package = id(done(&app, "createPackage", "package { id }", json!({ "name": "P" })).await, "package");
        for name in ["11月A包-01", "11月A包-02", "B包"] {
            done(&app, "createTask", "task { id }", json!({ "taskName": name })).await;
        }
        for filter in [
            json!({}),
            json!({ "and": [] }),
            json!({ "and": [{}, { "or": [{}] }] }),
            json!({ "or": [{ "taskName": {} }, { "description": { "contains": "x" } }] }),
            json!({ "not": { "or": [] } }),
            json!({ "not": { "status": { "in": [] } } }),
            json!({ "not": { "and": [{ "taskName": { "eq": "a" } }, { "taskName": { "eq": "b" } }] } }),
            json!({ "taskName": { "notIn": [] } }),
            json!({ "taskName": { "isNull": false } }),
            json!({ "status": { "in": ["PENDING", "IN_PROGRESS", "COMPLETED", "CANCELLED"] } }),
            json!({ "or": [{ "status": { "eq": "PENDING" } }, { "status": { "ne": "PENDING" } }] }),
            json!({ "or": [{ "description": { "isNull": true } }, { "description": { "isNull": false } }] }),
            json!({ "or": [{ "taskName": { "startsWith": "１１" } }, { "not": { "taskName": { "startsWith": "11" } } }] }),
            json!({ "or": [{ "databaseId": { "gte": 2 } }, { "databaseId": { "lt": 2 } }] }),
            json!({ "calls": { "every": {} } }),
            json!({ "calls": { "none": { "or": [] } } }),
            json!({ "calls": {} }),
            // What every task has, however it is asked for.
            json!({ "databaseId": { "gte": 0 } }),
            json!({ "databaseId": { "gt": -1 } }),
            json!({ "databaseId": { "ne": 0 } }),
            json!({ "or": [{ "databaseId": { "lte": 2 } }, { "databaseId": { "gte": 3 } }] }),
            json!({ "version": { "gte": 1 } }),
            json!({ "packageClaims": { "gte": 0 } }),
            json!({ "not": { "packageClaims": { "lt": 0 } } }),
            json!({ "createdAt": { "gte": "1970-01-01T00:00:00Z" } }),
            json!({ "createdAt": { "lte": "9999-12-31T23:59:59Z" } }),
            json!({ "updatedAt": { "lt": "2999-01-01T00:00:00Z" } }),
            json!({ "source": { "in": ["GUANKE", "MANUAL", "IMPORT"] } }),
            json!({ "or": [{ "startTime": { "isNull": true } }, { "startTime": { "gte": "0001-01-01T00:00:00Z" } }, { "startTime": { "lt": "0001-01-01T00:00:00Z" } }] }),
            json!({ "calls": { "none": { "duration": { "lt": 0 } } } }),
            json!({ "calls": { "every": { "databaseId": { "gte": 1 } } } }),
        ] {
            let input = json!({ "packageId": package, "filter": filter });
            assert_eq!(refused(&app, "assignTasks", input).await, [at("input.filter", "REQUIRED")], "{filter}");
        }
        let mutation = "mutation($package: ID, $x: String, $y: StringFilter) { assignTasks(input: { packageId: $package,
            filter: { or: [{ taskName: { startsWith: $x } }, { description: { contains: $x } }, { externalId: $y }] } }) { assigned userErrors { field code message } } }";
        let payload = app.query_with(Role::Admin, mutation, json!({ "package": package })).await.data()["assignTasks"].clone();
        assert_eq!(problems(&payload["userErrors"]), [at("input.filter", "REQUIRED")]);
        let message = "the filter leaves no task out, and every task there is cannot be meant: a condition whose variable is not sent is left out";
        assert_eq!(payload["userErrors"][0]["message"], message);
        // A condition whose variable was not sent is missed, and others do not stand for it.
        for (filter, place) in [
            (json!({ "status": { "eq": "PENDING" }, "taskName": {} }), "input.filter.taskName"),
            (json!({ "package": { "name": {} } }), "input.filter.package.name"),
            (json!({ "package": {} }), "input.filter.package"),
            (json!({ "packageId": {}, "status": { "eq": "PENDING" } }), "input.filter.packageId"),
            (json!({ "status": { "eq": "PENDING" }, "calls": {} }), "input.filter.calls"),
            (json!({ "calls": { "some": { "callTime": {} } } }), "input.filter.calls.some.callTime"),
            (json!({ "and": [{ "status": { "eq": "PENDING" } }, {}] }), "input.filter.and.1"),
            (json!({ "or": [{ "status": { "eq": "PENDING" } }, { "not": { "databaseId": {} } }] }), "input.filter.or.1.not.databaseId"),
        ] {
            let input = json!({ "packageId": package, "filter": filter });
            assert_eq!(refused(&app, "assignTasks", input).await, [at(place, "REQUIRED")], "{filter}");
            let query = "query($filter: DialTaskFilter) { tasks(filter: $filter) { totalCount } }";
            let answer = app.query_with(Role::Admin, query, json!({ "filter": filter })).await;
            assert!(answer.data()["tasks"]["totalCount"].is_number(), "{filter}");
        }
        let part = "mutation($package: ID, $x: String) { assignTasks(input: { packageId: $package,
            filter: { status: { eq: PENDING }, taskName: { startsWith: $x } } }) { assigned userErrors { field code message } } }";
        let payload = app.query_with(Role::Admin, part, json!({ "package": package })).await.data()["assignTasks"].clone();
        assert_eq!(problems(&payload["userErrors"]), [at("input.filter.taskName", "REQUIRED")]);
        // That there are no calls is something.
        let input = json!({ "packageId": null, "filter": { "calls": { "none": {} } } });
        assert_eq!(done(&app, "assignTasks", "assigned tasks { id }", input).await["tasks"].as_array().unwrap().len(), 3);
        done(&app, "assignTasks", "assigned", json!({ "byRules": true, "filter": { "calls": { "none": {} } } })).await;
        for text in ["", "\u{200b} "] {
            let answer = app.query_with(Role::Admin, mutation, json!({ "package": package, "x": text, "y": { "eq": "1" } })).await;
            assert_eq!(answer.code(), "BAD_USER_INPUT");
        }
        assert_eq!(app.data("{ packages { nodes { tasks { totalCount } } } }").await["packages"]["nodes"][0]["tasks"]["totalCount"], 0);
        // With the variables it is what it says, in any form.
        let variables = json!({ "package": package, "x": "１１月Ａ", "y": { "eq": "none" } });
        let payload = app.query_with(Role::Admin, mutation, variables).await.data()["assignTasks"].clone();
        assert_eq!(payload, json!({ "assigned": 2, "userErrors": [] }));
        let rest = json!({ "packageId": package, "filter": { "package": { "name": { "ne": "P" } } } });
        assert_eq!(done(&app, "assignTasks", "assigned", rest).await["assigned"], 0);
        let rest = json!({ "packageId": package, "filter": { "packageId": { "isNull": true } } });
        assert_eq!(done(&app, "assignTasks", "assigned", rest).await["assigned"], 1);
    };
}
