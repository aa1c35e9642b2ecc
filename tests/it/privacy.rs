//! Personal data: who sees it, and that nobody else comes by it in any way.

use std::{collections::BTreeMap, fmt::Write as _};

use chrono::TimeDelta;
use dialgraph::{
    domain::{
        dialing::Tag,
        incoming::{PlatformAgent, PlatformTask},
        viewer::Role,
    },
    graphql::Limits,
};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, call, ingest},
    hidden_numbers::types,
    on_both,
    writes::done,
};

/// Numbers and an address, each in another place. The simulated ones are not used.
const SECRETS: [&str; 7] = [
    "13812348001",
    "13812348002",
    "13812348003",
    "13812348004",
    "13812348005",
    "010-62345678",
    "li.wei@example.com",
];

/// A call that has something personal in every text that people and platforms write.
async fn fill(app: &TestApp) {
    let [phone, notes, name, tag, task, landline, mail] = SECRETS.map(str::to_owned);
    let mut call = call("1", "2026-11-19T01:00:00Z");
    call.phone_number = Some(phone.clone());
    call.details.notes = Some(format!("请打{notes}，或 {mail}"));
    call.details.customer_name = Some(format!("王 {name}"));
    call.details.company = Some(format!("公司{landline}"));
    call.details.recording_url = Some(format!("https://rec.example/{phone}.mp3"));
    call.details.hangup_reason = Some(format!("busy {phone}"));
    call.details.grade = Some(format!("A {phone}"));
    call.details.device_name = Some(landline);
    call.tags = vec![Tag {
        name: "phone".to_owned(),
        value: tag,
    }];
    call.task = Some(PlatformTask {
        external_id: "7".to_owned(),
        name: Some(format!("回访 {task}")),
        package: None,
    });
    call.agent = Some(PlatformAgent {
        external_id: "9".to_owned(),
        name: Some(mail),
        is_seat: true,
    });
    ingest(&app.database.db, vec![call]).await;
}

fn named(of: &Value) -> &Value {
    if of["ofType"].is_null() {
        of
    } else {
        named(&of["ofType"])
    }
}

/// Everything that can be selected of a type without arguments that must be given, `depth` deep.
fn selection(types: &BTreeMap<String, Value>, of: &str, depth: usize) -> String {
    let mut selected = String::new();
    for field in types[of]["fields"].as_array().unwrap() {
        let arguments = field["args"].as_array().unwrap();
        if arguments
            .iter()
            .any(|argument| argument["type"]["kind"] == "NON_NULL")
        {
            continue;
        }
        let (name, target) = (field["name"].as_str().unwrap(), named(&field["type"]));
        let pages = arguments.iter().any(|argument| argument["name"] == "first");
        let page = if pages { "(first: 2)" } else { "" };
        if matches!(target["kind"].as_str(), Some("SCALAR" | "ENUM")) {
            write!(selected, " {name}").unwrap();
        } else if depth > 0 {
            let inner = selection(types, target["name"].as_str().unwrap(), depth - 1);
            if !inner.trim().is_empty() && target["kind"] == "OBJECT" {
                write!(selected, " {name}{page} {{{inner} }}").unwrap();
            }
        }
    }
    selected
}

fn found(answer: &Value) -> Vec<&'static str> {
    let text = answer.to_string();
    SECRETS
        .into_iter()
        .filter(|secret| text.contains(secret))
        .collect()
}

on_both! {
    /// All that the schema lets a role select at once: only those who may see numbers get any.
    no_field_tells_what_a_role_may_not_see = async |backend: Backend| {
        let mut app = TestApp::new(&backend).await;
        app.limit(Limits { cost: 10_000_000, budget: 1_000_000_000, tokens: 1_000_000, ..Limits::default() });
        fill(&app).await;
        let types = types(&app).await;
        for field in types["Query"]["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            let target = named(&field["type"])["name"].as_str().unwrap().to_owned();
            let arguments = field["args"].as_array().unwrap();
            if arguments.iter().any(|argument| argument["type"]["kind"] == "NON_NULL") || types[&target]["fields"].is_null() {
                continue;
            }
            let query = format!("{{ {name} {{{} }} }}", selection(&types, &target, 4));
            let answer = app.query_as(Role::Analyst, &query).await;
            assert_eq!(found(&answer.body), [""; 0], "{name}: {}", answer.body);
            if name == "calls" {
                assert_eq!(found(&app.query_as(Role::Agent, &query).await.body), SECRETS);
            }
        }
    };

    /// What is hidden keeps its form, wherever it stands.
    texts_are_masked = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        let query = "{ calls { nodes { externalId phoneNumber notes customerName company recordingUrl deviceName tags { tagValue } task { taskName } agent { name } } } }";
        let data = app.query_as(Role::Analyst, query).await.data();
        let expected = json!({
            "externalId": "1", "phoneNumber": "138****8001", "notes": "请打138****8002，或 l***@example.com",
            "customerName": "王 138****8003", "company": "公司010****5678", "recordingUrl": "https://rec.example/138****8001.mp3",
            "deviceName": "010****5678", "tags": [{ "tagValue": "138****8004" }], "task": { "taskName": "回访 138****8005" },
            "agent": { "name": "l***@example.com" },
        });
        assert_eq!(data["calls"]["nodes"][0], expected);
    };

    /// Escapes, spelled addresses and a turned direction hide nothing from us; in an order such texts stand
    /// at the end, as the database tells them.
    texts_are_masked_behind_escapes_and_words = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let texts = [
            ("&#49;&#51;&#56;12348000", "&#49;&#51;&#56;****8000"),
            ("\u{202e}00084321831", "\u{202e}0008****831"),
            ("011 44 20 7946 0958", "011****0958"),
            ("a.wei&commat;example", "a.wei&commat;example"),
            ("b.wei%40example.com", "b***%40example.com"),
            ("c.wei[AT]example.com", "c***[AT]example.com"),
            ("d.wei (at) example (dot) com", "d*** (at) example (dot) com"),
            ("e.wei at example Dot com", "e*** at example Dot com"),
            ("f.wei&#64;example.com", "f***&#64;example.com"),
            ("g.wei\\x40example.com", "g***\\x40example.com"),
            ("i.wei［at］example．com", "i***［at］example．com"),
            ("j.wei=40example.com", "j***=40example.com"),
            ("k.wei&lpar;at&rpar;example.com", "k***&lpar;at&rpar;example.com"),
            ("l.wei%u0040example.com", "l***%u0040example.com"),
            ("m.wei < at > example.com", "m*** < at > example.com"),
            ("1234567", "1234567"),
            ("h 12", "h 12"),
            ("SKU-1O0", "SKU-1O0"),
        ];
        let calls = texts.iter().enumerate().map(|(index, (text, _))| {
            let mut call = call(&index.to_string(), "2026-11-19T01:00:00Z");
            call.details.notes = Some((*text).to_owned());
            call.details.province = Some((*text).to_owned());
            call
        });
        ingest(&app.database.db, calls.collect()).await;
        let query = "{ calls(orderBy: [{field: PROVINCE}]) { nodes { externalId notes province } } }";
        let data = app.query_as(Role::Analyst, query).await.data();
        let nodes = data["calls"]["nodes"].as_array().unwrap();
        for node in nodes {
            let index: usize = node["externalId"].as_str().unwrap().parse().unwrap();
            assert_eq!(node["notes"], texts[index].1);
        }
        let provinces: Vec<&str> = nodes.iter().take(2).map(|node| node["province"].as_str().unwrap()).collect();
        assert_eq!(provinces, ["SKU-1O0", "h 12"]);
    };

    /// Filters, orders, cursors and errors do not tell it either; those who may see it use them.
    nothing_can_be_found_out_by_asking = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        for query in [
            r#"{ calls(filter: {phoneNumber: {startsWith: "138"}}) { totalCount } }"#,
            r#"{ calls(filter: {phoneNumber: {eq: "1381234"}}) { totalCount } }"#,
            r#"{ calls(filter: {phoneNumber: {in: ["13812348001"]}}) { totalCount } }"#,
            r#"{ calls(filter: {notes: {contains: "8"}}) { totalCount } }"#,
            r#"{ calls(filter: {recordingUrl: {isNull: false}}) { totalCount } }"#,
            r#"{ calls(filter: {tags: {some: {tagValue: {eq: "13812348004"}}}}) { totalCount } }"#,
            r#"{ tasks(filter: {calls: {some: {notes: {startsWith: "请"}}}}) { totalCount } }"#,
            "{ calls(orderBy: [{field: PHONE_NUMBER}]) { nodes { id } } }",
            "{ calls(orderBy: [{field: CUSTOMER_NAME}]) { pageInfo { endCursor } } }",
        ] {
            assert_eq!(app.query_as(Role::Analyst, query).await.code(), "FORBIDDEN", "{query}");
            app.query_as(Role::Agent, query).await.data();
        }
        let answer = app.query_as(Role::Analyst, r#"{ calls(filter: {taskId: {eq: "13812348001"}}) { totalCount } noField13812348002 }"#).await;
        assert_eq!(found(&answer.body), [""; 0], "{}", answer.body);
        let answer = app.query_as(Role::Analyst, "{ callTags { nodes { tagName } edges { cursor } } calls { edges { cursor } } }").await;
        answer.data();
    };

    /// Whoever has a whole number may look its calls up, sixty times an hour.
    a_whole_number_is_looked_up = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        let query = r#"{ calls(filter: {phoneNumber: {eq: "13812348001"}}) { totalCount } }"#;
        for _ in 0..60 {
            assert_eq!(app.query_as(Role::Analyst, query).await.data()["calls"]["totalCount"], 1);
        }
        let refused = app.query_as(Role::Analyst, query).await;
        assert_eq!((refused.code(), refused.message()), ("RATE_LIMITED", "too many telephone numbers were looked up; try again in 60 s"));
        app.query_as(Role::Agent, query).await.data();
        app.clock.set(app.now() + TimeDelta::seconds(60));
        app.query_as(Role::Analyst, query).await.data();
    };

    /// A number costs a request one look-up, however many tasks, fields and lists it is looked up under;
    /// another number costs another one.
    a_number_costs_a_request_one_look_up = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        for index in 0..60 {
            done(&app, "createTask", "task { id }", json!({ "taskName": format!("任务 {index}") })).await;
        }
        let query = r#"query($number: String!) {
            tasks(first: 200) { nodes { calls(filter: {phoneNumber: {eq: $number}}) { totalCount nodes { id } } } }
            again: calls(filter: {phoneNumber: {eq: $number}}) { totalCount }
            other: calls(filter: {phoneNumber: {eq: "13912348009"}}) { totalCount }
        }"#;
        let number = json!({ "number": "13812348001" });
        // Two numbers each: thirty requests have what an hour has.
        for _ in 0..30 {
            assert_eq!(app.query_with(Role::Analyst, query, number.clone()).await.data()["again"]["totalCount"], 1);
        }
        assert_eq!(app.query_with(Role::Analyst, query, number).await.code(), "RATE_LIMITED");
    };

    /// One number is shown for a reason, which is recorded, and no other with it.
    a_number_is_revealed_for_a_reason = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        fill(&app).await;
        let data = app.data("{ calls { nodes { id } } }").await;
        let id = &data["calls"]["nodes"][0]["id"];
        let mutation = "mutation($input: RevealPhoneInput!) { revealPhone(input: $input) { phoneNumber userErrors { field code message } } }";
        let reveal = async |reason: &str| {
            let input = json!({ "input": { "id": id, "reason": reason } });
            app.query_with(Role::Analyst, mutation, input).await.data()["revealPhone"].clone()
        };
        let refused = json!({ "phoneNumber": null, "userErrors": [{ "field": ["input", "reason"], "code": "BLANK", "message": "it must not be blank" }] });
        assert_eq!(reveal(" ").await, refused);
        let expected = json!({ "phoneNumber": "13812348001", "userErrors": [] });
        assert_eq!(reveal("客户 13912348009 投诉").await, expected);
        let log = "{ auditLog { nodes { actor role operation objectType objectId changes } totalCount } }";
        let expected = json!({ "totalCount": 1, "nodes": [{ "actor": "test", "role": "ANALYST", "operation": "revealPhone",
            "objectType": "Call", "objectId": id, "changes": { "reason": "客户 139****8009 投诉" } }] });
        assert_eq!(app.data(log).await["auditLog"], expected);
        for role in [Role::Manager, Role::Agent, Role::Analyst] {
            assert_eq!(app.query_as(role, log).await.code(), "FORBIDDEN", "{role}");
        }
        for _ in 0..58 {
            reveal("x").await;
        }
        let input = json!({ "input": { "id": id, "reason": "x" } });
        assert_eq!(app.query_with(Role::Analyst, mutation, input).await.code(), "RATE_LIMITED");
    };
}
