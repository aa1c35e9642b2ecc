//! Pushed twice, out of order, before or after the poll: one call, the same.

use dialgraph::{
    domain::{dialing::CallResult, dialing::Tag, incoming::IncomingCall},
    store::call_pushes,
};
use itertools::Itertools as _;
use proptest::{prelude::*, strategy::ValueTree as _};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use super::{FIELDS, app, assert_counted, calls, pushed};
use crate::{
    harness::{Backend, TestApp, call, ingest, runner, task},
    on_both,
};

/// The platform's own record of call 1: connected, without grade.
fn polled() -> IncomingCall {
    let mut call = call("1", "2026-11-19T02:00:00Z");
    call.task = Some(task("7"));
    call.result = CallResult::Connected;
    call.duration = 35;
    call.tags.push(Tag {
        name: "size".to_owned(),
        value: "50".to_owned(),
    });
    call
}

/// The same of another call.
fn polled_as(id: usize) -> IncomingCall {
    IncomingCall {
        external_id: id.to_string(),
        ..polled()
    }
}

/// The push of another call.
fn of(id: usize, push: &Value) -> Value {
    let mut push = push.clone();
    push["cdr_id"] = json!(id);
    push
}

/// What is stored of a call, but for its id.
async fn call_of(app: &TestApp, id: usize) -> Value {
    let query = format!(
        r#"{{ calls(filter: {{ externalId: {{ eq: "{id}" }} }}) {{ nodes {{ {FIELDS} }} }} }}"#
    );
    app.data(&query).await["calls"]["nodes"][0].clone()
}

fn cdr() -> Value {
    json!({
        "cdr_id": 1, "call_time": "2026-11-19 10:00:00", "phone": "13812348000", "taskId": 7, "callState": 2,
        "duration": 30, "grade": "A", "province": "浙江", "ext": { "size": "40", "interest": "low" },
    })
}

/// Says less than [`cdr`].
fn form() -> Value {
    json!({
        "cdr_id": 1, "grade": "9元", "remark": "call again", "city": "杭州",
        "columns": { "interest": "high", "when": "monday" },
    })
}

on_both! {
    /// The platform's own record counts, pushes fill its gaps, and the richer of them counts.
    every_order_makes_the_same_call = async |backend: Backend| {
        let app = app(&backend).await;
        let mut expected = None;
        let orders = ["poll", "cdr", "form", "cdr", "form"].into_iter().permutations(5).unique();
        for (id, order) in orders.enumerate() {
            for step in &order {
                match *step {
                    "poll" => { ingest(&app.database.db, vec![polled_as(id)]).await; }
                    "cdr" => pushed(&app, "cdr", &of(id, &cdr())).await,
                    _ => pushed(&app, "form", &of(id, &form())).await,
                }
            }
            let made = call_of(&app, id).await;
            let again = ingest(&app.database.db, vec![polled_as(id)]).await;
            assert_eq!((again.inserted, again.updated, again.unchanged), (0, 0, 1), "{order:?}");
            assert_eq!(call_of(&app, id).await, made);
            let first = expected.get_or_insert_with(|| made.clone());
            assert_eq!(&made, first, "{order:?}");
        }
        assert_counted(&app).await;
        let tags = [("interest", "low"), ("size", "50"), ("when", "monday")];
        let tags: Vec<Value> = tags.iter().map(|(name, value)| json!({ "tagName": name, "tagValue": value })).collect();
        assert_eq!(expected.unwrap(), json!({
            "phoneNumber": "13812348000", "callTime": "2026-11-19T02:00:00Z", "duration": 35,
            "result": "CONNECTED", "grade": "A", "hangupReason": null, "notes": "call again",
            "customerName": null, "province": "浙江", "city": "杭州",
            "task": { "externalId": "7", "taskName": "任务 7" }, "agent": null, "tags": tags,
        }));
    };

    /// A call that is only pushed is one; what comes later moves the figures.
    a_push_alone_is_a_call = async |backend: Backend| {
        let app = app(&backend).await;
        pushed(&app, "cdr", &cdr()).await;
        let calls_ = calls(&app).await;
        assert_eq!((&calls_[0]["duration"], &calls_[0]["grade"]), (&json!(30), &json!("A")));
        let mut richer = cdr();
        richer["grade"] = json!("9元");
        richer["city"] = json!("宁波");
        richer["duration"] = json!(31);
        pushed(&app, "cdr", &richer).await;
        // The first one again, which says less.
        pushed(&app, "cdr", &cdr()).await;
        let made = calls(&app).await;
        assert_eq!((&made[0]["duration"], &made[0]["grade"], &made[0]["city"]), (&json!(31), &json!("9元"), &json!("宁波")));
        assert_counted(&app).await;
    };

    /// A push that does not say when its call was is kept, and merged when the call arrives.
    a_push_without_a_time_waits_for_its_call = async |backend: Backend| {
        let app = app(&backend).await;
        pushed(&app, "form", &form()).await;
        assert_eq!(calls(&app).await, json!([]));
        ingest(&app.database.db, vec![polled(), call("2", "2026-11-19T03:00:00Z")]).await;
        let made = calls(&app).await;
        assert_eq!((made.as_array().unwrap().len(), &made[1]["grade"], &made[1]["notes"]), (2, &json!("9元"), &json!("call again")));
        assert_counted(&app).await;

        // Or when a push says it.
        pushed(&app, "form", &json!({ "id": 3, "grade": "1元" })).await;
        pushed(&app, "cdr", &json!({ "id": 3, "callTime": "2026-11-19 12:00:00" })).await;
        let made = calls(&app).await;
        assert_eq!((&made[0]["externalId"], &made[0]["grade"]), (&json!("3"), &json!("1元")));
        assert_counted(&app).await;
    };

    /// The platform's newer record counts, and what it does not say any more stays filled.
    a_newer_record_keeps_what_was_pushed = async |backend: Backend| {
        let app = app(&backend).await;
        ingest(&app.database.db, vec![polled()]).await;
        pushed(&app, "form", &form()).await;
        let mut newer = polled();
        newer.details.grade = Some("1元".to_owned());
        assert_eq!(ingest(&app.database.db, vec![newer]).await.updated, 1);
        let made = calls(&app).await;
        assert_eq!((&made[0]["grade"], &made[0]["notes"]), (&json!("1元"), &json!("call again")));
        assert_eq!(ingest(&app.database.db, vec![polled()]).await.updated, 1);
        assert_eq!(calls(&app).await[0]["grade"], "9元");
        assert_counted(&app).await;
    };

    /// What a person wrote into a call stays, whatever is pushed, and the same record read again does
    /// not take it away either.
    what_a_person_wrote_stays = async |backend: Backend| {
        let app = app(&backend).await;
        ingest(&app.database.db, vec![polled()]).await;
        pushed(&app, "form", &form()).await;
        let id = app.data("{ calls { nodes { id } } }").await["calls"]["nodes"][0]["id"].clone();
        let edit = format!(r#"mutation {{ updateCall(input: {{ id: {id}, grade: "B", customerName: "王" }}) {{ userErrors {{ message }} }} }}"#);
        assert_eq!(app.data(&edit).await["updateCall"]["userErrors"], json!([]));
        pushed(&app, "cdr", &cdr()).await;
        let made = calls(&app).await;
        assert_eq!((&made[0]["grade"], &made[0]["customerName"], &made[0]["province"]), (&json!("B"), &json!("王"), &json!("浙江")));
        assert_eq!(ingest(&app.database.db, vec![polled()]).await.unchanged, 1);
        assert_eq!(calls(&app).await, made);
        assert_counted(&app).await;
    };

    /// A call that a person entered or imported under the same id is another call: the push does not touch it.
    calls_of_others_stay_as_they_are = async |backend: Backend| {
        let app = app(&backend).await;
        let create = r#"mutation { createCall(input: { externalId: "1", callTime: "2026-11-19T02:00:00Z", duration: 0, result: BUSY }) { userErrors { message } } }"#;
        assert_eq!(app.data(create).await["createCall"]["userErrors"], json!([]));
        let entered = calls(&app).await[0].clone();
        pushed(&app, "form", &form()).await;
        assert_eq!(calls(&app).await, json!([entered]));
        pushed(&app, "cdr", &cdr()).await;
        let both = calls(&app).await;
        assert_eq!((both.as_array().unwrap().len(), &both[1], &both[0]["grade"]), (2, &entered, &json!("A")));
        let tx = app.database.db.begin().await.unwrap();
        assert!(!call_pushes::find(&tx, &["1"]).await.unwrap()["1"].polled);
        assert_counted(&app).await;
    };

    /// A row of an import that is a call of the platform adds to it, and takes nothing that was pushed.
    an_import_adds_what_pushes_leave_empty = async |backend: Backend| {
        let app = app(&backend).await;
        ingest(&app.database.db, vec![polled()]).await;
        pushed(&app, "form", &json!({ "cdr_id": 1, "grade": "9元" })).await;
        let import = async |row: Value| {
            let query = "mutation($row: ImportCallRow!) { importCalls(input: { rows: [$row] }) { results { status } userErrors { message } } }";
            let answer = app.query_with(dialgraph::domain::viewer::Role::Admin, query, json!({ "row": row })).await.data();
            answer["importCalls"]["results"][0]["status"].clone()
        };
        let row = |company: &str| json!({ "platformCallId": "1", "grade": "A", "city": "杭州", "customerName": company, "notes": "x" });
        assert_eq!(import(row("甲")).await, "UPDATED");
        assert_eq!(import(row("乙")).await, "UPDATED");
        assert_eq!(import(row("甲")).await, "UPDATED");
        assert_eq!(import(row("甲")).await, "UNCHANGED");
        let made = calls(&app).await[0].clone();
        let seen = ["grade", "city", "customerName", "notes"].map(|field| made[field].clone());
        assert_eq!(seen, ["9元", "杭州", "甲", "x"].map(|text| json!(text)));
        pushed(&app, "form", &json!({ "cdr_id": 1, "city": "宁波" })).await;
        assert_eq!(calls(&app).await[0]["city"], "宁波");
        assert_eq!(ingest(&app.database.db, vec![polled()]).await.unchanged, 1);
        assert_counted(&app).await;
    };

    /// A call that the platform has no longer is not counted again by a late push.
    a_removed_call_stays_removed = async |backend: Backend| {
        let app = app(&backend).await;
        ingest(&app.database.db, vec![polled()]).await;
        let removed = "UPDATE calls SET removed_at = '2026-11-20T00:00:00+00:00', source_hash = NULL";
        app.database.db.write().execute_unprepared(removed).await.unwrap();
        let before = calls(&app).await;
        pushed(&app, "form", &form()).await;
        assert_eq!(calls(&app).await, before);
    };

    /// Pushes and polls of the same calls at the same time: each call once, with all that was said.
    pushes_and_polls_at_the_same_time = async |backend: Backend| {
        let app = app(&backend).await;
        let ids: Vec<usize> = (1..=20).collect();
        let polls = async {
            for ids in ids.chunks(5) {
                ingest(&app.database.db, ids.iter().map(|id| polled_as(*id)).collect()).await;
            }
        };
        let pushes = async {
            for id in ids.iter().rev() {
                pushed(&app, "form", &of(*id, &form())).await;
            }
        };
        tokio::join!(polls, pushes);
        let made = app.data("{ calls(first: 100) { nodes { grade notes duration } } }").await["calls"]["nodes"].clone();
        let expected = json!({ "grade": "9元", "notes": "call again", "duration": 35 });
        assert_eq!(made, json!(vec![expected; 20]));
        assert_counted(&app).await;
    };

    /// Any order of a poll and two pushes that say some of the fields each.
    random_pushes_make_the_same_call_in_any_order = async |backend: Backend| {
        let mut runner = runner();
        let said = prop::collection::vec(any::<bool>(), 6);
        let app = app(&backend).await;
        for round in 0..8 {
            let (first, second) = (&said, &said).new_tree(&mut runner).unwrap().current();
            let mut second = push_of('b', &second);
            // Of two as rich the later counts: then there is an order.
            let first = push_of('a', &first);
            if size(&first) == size(&second) {
                second["ext"] = json!({ "more": "1" });
            }
            let mut expected = None;
            for (order, steps) in (0..3).permutations(3).enumerate() {
                let id = round * 6 + order;
                for step in steps {
                    match step {
                        0 => { ingest(&app.database.db, vec![polled_as(id)]).await; }
                        1 => pushed(&app, "cdr", &of(id, &first)).await,
                        _ => pushed(&app, "form", &of(id, &second)).await,
                    }
                }
                let made = call_of(&app, id).await;
                assert_eq!(&made, expected.get_or_insert_with(|| made.clone()), "{first} {second}");
                assert_counted(&app).await;
            }
        }
    };
}

fn push_of(word: char, said: &[bool]) -> Value {
    let mut push = json!({ "cdr_id": "1" });
    let names = [
        "grade",
        "remark",
        "city",
        "province",
        "customerName",
        "hangupReason",
    ];
    for (name, _) in names.iter().zip(said).filter(|(_, said)| **said) {
        push[*name] = json!(word.to_string());
    }
    push
}

/// How many fields it says; why a call ended says how it ended, too.
fn size(push: &Value) -> usize {
    let said = push.as_object().unwrap();
    said.len() + usize::from(said.contains_key("hangupReason"))
}
