//! Calls that people enter, change and delete.

use dialgraph::domain::viewer::Role;
use serde_json::{Value, json};

use super::{
    a_call, a_task, an_agent, assert_counted, at, audit, call_input, done, id, refused, send, with,
};
use crate::{
    harness::{Backend, TestApp, call, ingest},
    on_both,
};

const DAY: &str = r#"{ dashboard(date: "2026-11-19") { today { calls connectedCalls totalSuccess totalDuration revenue cost }
    yesterday { calls } } }"#;

on_both! {
    /// A call is stored in its one form, by the business day, and counted.
    a_call_is_created_and_counted = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let (task, agent) = (a_task(&app).await, an_agent(&app).await);
        let input = with(&call_input(), json!({ "taskId": task, "agentId": agent, "externalId": "crm-1", "notes": "a\nb",
            "recordingUrl": "https://a.cn/1.mp3",
            "tags": [{ "tagName": "interest", "tagValue": "high" }, { "tagName": " interest", "tagValue": "high" }] }));
        let selection = "call { id phoneNumber callDate callHour result grade gradeCode billedAmount source externalId notes
            version task { totalCalls } agent { name } tags { tagName tagValue tagType } }";
        let created = done(&app, "createCall", selection, input).await["call"].clone();
        let expected = json!({ "id": created["id"], "phoneNumber": "13812348000", "callDate": "2026-11-19", "callHour": 10, "result": "CONNECTED",
            "grade": "9元", "gradeCode": "NINE_YUAN", "billedAmount": "0.10", "source": "MANUAL", "externalId": "crm-1",
            "notes": "a\nb", "version": 1, "task": { "totalCalls": 1 }, "agent": { "name": "管理员" },
            "tags": [{ "tagName": "interest", "tagValue": "high", "tagType": "MANUAL" }] });
        assert_eq!(created, expected);
        assert_counted(&app).await;
        let (_, _, changes) = audit(&app.database.db).await.pop().unwrap();
        assert_eq!(changes["phoneNumber"], json!({ "before": null, "after": "138****8000" }));
    };

    /// Figures follow every change of a call at once, worked out by hand.
    figures_follow_a_call = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let call = a_call(&app).await;
        let day = |calls, connected, success, duration, revenue: &str, cost: &str, before: &Value| json!({ "dashboard": {
            "today": { "calls": calls, "connectedCalls": connected, "totalSuccess": success, "totalDuration": duration, "revenue": revenue, "cost": cost },
            "yesterday": { "calls": before } } });
        // Nobody read these days: without calls nothing is known of them.
        let (none, unknown) = (json!(null), |before| json!({ "dashboard": {
            "today": { "calls": null, "connectedCalls": null, "totalSuccess": null, "totalDuration": null, "revenue": null, "cost": null },
            "yesterday": { "calls": before } } }));
        assert_eq!(app.data(DAY).await, day(1, 1, 1, 60, "9.00", "0.10", &none));
        let change = async |input| {
            let changed = done(&app, "updateCall", "call { version gradeCode callDate callHour }", with(&json!({ "id": call }), input)).await;
            assert_counted(&app).await;
            changed["call"].clone()
        };
        let graded = change(json!({ "grade": "１元", "duration": 90 })).await;
        assert_eq!((&graded["version"], &graded["gradeCode"]), (&json!(2), &json!("ONE_YUAN")));
        assert_eq!(app.data(DAY).await, day(1, 1, 1, 90, "1.00", "0.10", &none));
        assert_eq!(change(json!({ "grade": null, "result": "VOICEMAIL", "billedAmount": null })).await["gradeCode"], json!(null));
        assert_eq!(app.data(DAY).await, day(1, 0, 0, 0, "0.00", "0.00", &none), "a voicemail is not a talk");
        let moved = change(json!({ "callTime": "2026-11-18T15:59:59Z", "province": "江苏" })).await;
        assert_eq!((&moved["callDate"], &moved["callHour"]), (&json!("2026-11-18"), &json!(23)));
        assert_eq!(app.data(DAY).await, unknown(json!(1)));
        let tags = json!({ "callId": call, "tags": [{ "tagName": "a", "tagValue": "1" }] });
        done(&app, "addCallTags", "added", tags).await;
        let deleted = done(&app, "deleteCall", "deletedId deletedTags", json!({ "id": call, "expectedVersion": 5 })).await;
        assert_eq!(deleted["deletedTags"], 1);
        assert_eq!(app.data(DAY).await, unknown(none));
        assert_counted(&app).await;
        assert_eq!(refused(&app, "deleteCall", json!({ "id": call })).await, [at("input.id", "NOT_FOUND")]);
    };

    /// The time it is now is said as clocks of the business time zone show it, to the second.
    a_call_of_the_future_is_refused_with_the_time_that_it_is = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.clock.advance(chrono::TimeDelta::microseconds(1_234_567));
        let mutation = r#"mutation { createCall(input: { callTime: "2026-11-20T05:00:00Z", result: BUSY }) { userErrors { message } } }"#;
        let errors = app.data(mutation).await["createCall"]["userErrors"].clone();
        let message = "callTime must not lie in the future: it is 2026-11-20 12:00:01 in Asia/Shanghai now";
        assert_eq!(errors, json!([{ "message": message }]));
    };

    /// Every reason at once, tags by their number.
    a_bad_call_is_refused_for_every_reason = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        done(&app, "createCall", "call { id }", with(&call_input(), json!({ "externalId": "taken" }))).await;
        let tag = |name: &str, value: &str| json!({ "tagName": name, "tagValue": value });
        let bad = json!({ "callTime": "2026-11-20T04:01:01Z", "result": "BUSY", "taskId": "RGlhbFRhc2s6OTk", "agentId": "x",
            "externalId": "taken", "phoneNumber": "12345678901", "duration": 86_401, "recordingUrl": "ftp://a", "billedAmount": "-1",
            "grade": "a\u{7}b", "notes": "a".repeat(10_001), "idempotencyKey": "k".repeat(201),
            "tags": [tag("a", "1"), tag("", "1"), tag("b", &"x".repeat(501)), tag(&"x".repeat(101), "\u{1}")] });
        let expected = [
            at("input.agentId", "INVALID_ID"),
            at("input.billedAmount", "NEGATIVE"),
            at("input.callTime", "IN_THE_FUTURE"),
            at("input.duration", "OUT_OF_RANGE"),
            at("input.externalId", "TAKEN"),
            at("input.grade", "CONTROL_CHARACTER"),
            at("input.idempotencyKey", "TOO_LONG"),
            at("input.notes", "TOO_LONG"),
            at("input.phoneNumber", "INVALID_PHONE"),
            at("input.recordingUrl", "INVALID_URL"),
            at("input.tags.1.tagName", "BLANK"),
            at("input.tags.2.tagValue", "TOO_LONG"),
            at("input.tags.3.tagName", "TOO_LONG"),
            at("input.tags.3.tagValue", "CONTROL_CHARACTER"),
            at("input.taskId", "NOT_FOUND"),
        ];
        assert_eq!(refused(&app, "createCall", bad).await, expected);
        let call = a_call(&app).await;
        let input = json!({ "id": call, "callTime": null, "result": null, "duration": -1, "phoneNumber": "x", "taskId": "y",
            "agentId": "QWdlbnQ6OTk", "expectedVersion": 3 });
        let expected = [
            at("input.agentId", "NOT_FOUND"),
            at("input.callTime", "REQUIRED"),
            at("input.duration", "NEGATIVE"),
            at("input.expectedVersion", "CONFLICT"),
            at("input.phoneNumber", "INVALID_PHONE"),
            at("input.result", "REQUIRED"),
            at("input.taskId", "INVALID_ID"),
        ];
        assert_eq!(refused(&app, "updateCall", input).await, expected);
        let early = with(&call_input(), json!({ "callTime": "1999-12-31T23:59:59Z" }));
        assert_eq!(refused(&app, "createCall", early).await, [at("input.callTime", "OUT_OF_RANGE")]);
    };

    /// A person's change of the platform's call stays until the platform has a newer version.
    a_change_stays_until_the_platform_has_a_newer_version = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let told = call("1", "2026-11-19T01:00:00Z");
        ingest(&app.database.db, vec![told.clone()]).await;
        let data = app.data("{ calls { nodes { id } } }").await;
        let call = id(&data["calls"]["nodes"][0]);
        done(&app, "updateCall", "call { id }", json!({ "id": call, "grade": "9元", "notes": "called back" })).await;
        // But for its time, by which synchronisation looks for it; the same instant is no change.
        done(&app, "updateCall", "call { id }", json!({ "id": call, "callTime": "2026-11-19T09:00:00+08:00" })).await;
        let moved = json!({ "id": call, "callTime": "2026-11-19T02:00:00Z" });
        assert_eq!(refused(&app, "updateCall", moved).await, [at("input.callTime", "PROTECTED")]);
        let read = format!(r#"{{ call(id: "{call}") {{ notes gradeCode source version }} }}"#);
        let changed = json!({ "call": { "notes": "called back", "gradeCode": "NINE_YUAN", "source": "GUANKE", "version": 2 } });
        assert_eq!(app.data(&read).await, changed);
        ingest(&app.database.db, vec![told.clone()]).await;
        assert_eq!(app.data(&read).await, changed);
        let mut newer = told;
        newer.duration = 7;
        ingest(&app.database.db, vec![newer]).await;
        let replaced = json!({ "call": { "notes": null, "gradeCode": null, "source": "GUANKE", "version": 3 } });
        assert_eq!(app.data(&read).await, replaced);
        assert_counted(&app).await;
    };

    /// Whoever may write calls and see numbers gets them back; nobody else can write.
    an_agent_enters_calls_and_an_analyst_does_not = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let answer = send(&app, Role::Agent, "createCall", "call { phoneNumber }", call_input()).await.data();
        assert_eq!(answer["createCall"]["call"]["phoneNumber"], "13812348000");
        let answer = send(&app, Role::Analyst, "createCall", "call { phoneNumber }", call_input()).await;
        assert_eq!(answer.code(), "FORBIDDEN");
    };
}
