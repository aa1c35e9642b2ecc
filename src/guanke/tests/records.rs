//! One test for each oddity of a call record (guanke-api.md, "Call records").

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::domain::call_details::CallDetails;
use crate::domain::dialing::{CallResult, Tag};
use crate::domain::money::Money;
use crate::guanke::{AgentRef, CallRecord, Error, Reading, RecordPage, record, record_of};

fn page(data: &Value) -> RecordPage {
    record::page(&raw(data)).unwrap()
}

fn raw(data: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(data).unwrap()
}

/// The record that comes of the usual one with `changes` made to it.
fn with(changes: Value) -> CallRecord {
    let mut row = json!({"id": 1, "callTime": 1_763_600_000});
    if let (Value::Object(row), Value::Object(changes)) = (&mut row, changes) {
        row.extend(changes);
    }
    let mut page = page(&json!([row]));
    assert_eq!(page.unusable, []);
    page.records.remove(0)
}

fn tag(name: &str, value: &str) -> Tag {
    Tag {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

#[test]
fn a_whole_record_is_read() {
    let record = with(json!({
        "id": 987_654_321_u64, "taskId": 77, "TaskName": "浙江企业-11月A包-01",
        "phone": "137****8809", "realPhone": "13712348809", "callTime": 1_795_141_805,
        "duration": 42, "hangupReason": "NORMAL_CLEARING", "callState": 2, "isCall": 1,
        "grade": "9元", "ccId": 5, "userId": 6, "agentId": 7, "agentName": "王芳",
        "company": "云启", "customerName": "李总", "province": "浙江", "city": "杭州",
        "deviceName": "线路01", "audio": "https://a/b.mp3", "remark": "下周联系",
        "money": "0.12", "ext": "{\"interest_level\":\"high\"}", "params": "{}"
    }));
    let expected = CallRecord {
        id: "987654321".to_owned(),
        task_id: Some("77".to_owned()),
        task_name: Some("浙江企业-11月A包-01".to_owned()),
        package: None,
        phone_number: Some("13712348809".to_owned()),
        call_time: DateTime::from_timestamp(1_795_141_805, 0).unwrap(),
        duration_seconds: 42,
        result: CallResult::Connected,
        agent: Some(AgentRef {
            id: "7".to_owned(),
            name: Some("王芳".to_owned()),
        }),
        details: CallDetails {
            grade: Some("9元".to_owned()),
            hangup_reason: Some("NORMAL_CLEARING".to_owned()),
            company: Some("云启".to_owned()),
            customer_name: Some("李总".to_owned()),
            province: Some("浙江".to_owned()),
            city: Some("杭州".to_owned()),
            device_name: Some("线路01".to_owned()),
            recording_url: Some("https://a/b.mp3".to_owned()),
            notes: Some("下周联系".to_owned()),
            billed_amount: Some(Money::from_ten_thousandths(1_200)),
        },
        tags: vec![tag("interest_level", "high")],
    };
    assert!(record == expected, "{record:?}");
}

#[test]
fn the_neighbouring_types_and_names_mean_the_same() {
    let usual = with(json!({
        "taskId": 77, "TaskName": "A包", "phone": "13712348809", "duration": 42,
        "callState": 2, "hangupReason": "NORMAL_CLEARING", "agentId": 7, "agentName": "王芳",
    }));
    for changes in [
        json!({"id": "1", "callTime": "1763600000", "taskId": "77", "taskName": "A包",
            "phone": 13_712_348_809_u64, "duration": "42", "callState": "2",
            "hangupReason": "NORMAL_CLEARING", "agentId": "7", "agentName": "王芳"}),
        json!({"cdr_id": 1, "id": null, "call_time": 1_763_600_000_000_u64, "callTime": null,
            "task_id": 77.0, "task_name": "A包", "real_phone": "13712348809", "duration": 42.0,
            "call_state": 2, "hangup_reason": " NORMAL_CLEARING ", "agent_id": 7,
            "agent_name": "王芳"}),
        json!({"callTime": "2025-11-20 08:53:20", "taskId": 77, "TaskName": null,
            "taskName": "A包", "realPhone": "", "phone": "13712348809", "duration": "42.0",
            "callState": 2, "hangupReason": "NORMAL_CLEARING", "agentId": 0, "userId": 7,
            "userName": "王芳"}),
    ] {
        let record = with(changes.clone());
        assert!(record == usual, "{changes}: {record:?}");
    }
}

#[test]
fn a_record_of_nothing_but_id_and_time_is_a_call_that_failed() {
    let record = with(json!({}));
    assert_eq!(record.result, CallResult::Failed);
    assert_eq!(record.duration_seconds, 0);
    assert_eq!(
        (record.details.grade, record.agent, record.task_id),
        (None, None, None)
    );
}

#[test]
fn fields_of_absurd_types_are_left_out() {
    let record = with(json!({
        "taskId": {"x": 1}, "taskName": ["a"], "duration": "long", "callState": [], "agentId": false,
        "grade": {"a": 1}, "money": "free", "ext": 7, "city": false, "remark": {}
    }));
    assert!(record == with(json!({})), "{record:?}");
    for duration in [json!(-5), json!(1e300), json!("")] {
        assert_eq!(with(json!({"duration": duration})).duration_seconds, 0);
    }
}

#[test]
fn a_row_without_id_or_time_is_counted_but_cannot_be_used() {
    let page = page(&json!({"data": [
        {"id": 1, "callTime": 1_763_600_000},
        {"callTime": 1_763_600_000},
        {"id": " ", "callTime": 1_763_600_000},
        {"id": 2},
        {"id": "3", "callTime": "yesterday"},
        "x",
    ]}));
    assert_eq!((page.received, page.records.len()), (6, 1));
    let told: Vec<_> = page
        .unusable
        .iter()
        .map(|row| (row.id.as_deref(), row.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (None, "record without id"),
            (None, "record without id"),
            (Some("2"), "record without call time"),
            (Some("3"), "record with an unreadable call time"),
            (None, "record that is no object"),
        ]
    );
}

#[test]
fn the_total_is_a_number_a_text_or_missing() {
    for (data, total) in [
        (json!({"data": [], "totalCount": 15_305}), Some(15_305)),
        (json!({"data": [], "totalCount": "15305"}), Some(15_305)),
        (json!({"data": [], "totalCount": null}), None),
        (json!({"data": [], "totalCount": -1}), None),
        (json!({"data": []}), None),
        (json!([]), None),
    ] {
        assert_eq!(page(&data).total_count, total, "{data}");
    }
}

#[test]
fn no_data_is_an_empty_page_but_no_list_is_no_answer() {
    assert_eq!(page(&Value::Null), RecordPage::default());
    assert_eq!(page(&json!({"data": null, "totalCount": 5})).received, 0);
    for data in [
        json!({}),
        json!({"data": "x"}),
        json!({"totalCount": 5}),
        json!("x"),
        json!(5),
    ] {
        assert!(matches!(
            record::page(&raw(&data)),
            Err(Error::Malformed(_))
        ));
    }
}

#[test]
fn a_grade_is_kept_in_its_one_form() {
    for (grade, kept) in [
        (json!(" 9元 "), Some("9元")),
        (json!("\u{feff}9\u{a0}元\u{200b}"), Some("9元")),
        (json!("９元"), Some("9元")),
        (json!(9), Some("9")),
        (json!(9.0), Some("9")),
        (json!(" "), None),
        (json!("a\u{0}"), Some("a")),
        (json!(""), None),
        (json!(null), None),
    ] {
        assert_eq!(
            with(json!({"grade": grade})).details.grade.as_deref(),
            kept,
            "{grade}"
        );
    }
}

#[test]
fn a_call_is_connected_by_its_state_or_else_by_reason_and_duration() {
    let result = |changes| with(changes).result;
    let clear = "NORMAL_CLEARING";
    assert_eq!(result(json!({"callState": 2})), CallResult::Connected);
    assert_eq!(
        result(json!({"hangupReason": clear, "duration": 3})),
        CallResult::Connected
    );
    assert_eq!(
        result(json!({"callState": "", "hangupReason": clear, "duration": 3})),
        CallResult::Connected
    );
    assert_eq!(
        result(json!({"hangupReason": clear, "duration": 0})),
        CallResult::NoAnswer
    );
    assert_eq!(
        result(json!({"callState": 1, "hangupReason": "用户忙"})),
        CallResult::Busy
    );
}

#[test]
fn a_record_is_no_call_before_it_was_dialled_and_needs_no_time_until_then() {
    let page = page(&json!([
        {"id": 1, "callState": 0},
        {"id": 2, "callState": "0", "isCall": 0, "callTime": null},
        {"id": 3, "callState": 0, "isCall": 1, "callTime": 1_763_600_000},
        {"id": 4, "callState": 1, "callTime": 1_763_600_000},
    ]));
    assert_eq!(page.undialled, ["1", "2"]);
    let calls: Vec<_> = page
        .records
        .iter()
        .map(|record| record.id.as_str())
        .collect();
    assert_eq!(calls, ["3", "4"]);
    assert_eq!(page.unusable, []);
}

#[test]
fn the_agent_is_the_first_id_that_is_not_zero() {
    let id = |changes| with(changes).agent.map(|agent| agent.id);
    let some = |id: &str| Some(id.to_owned());
    assert_eq!(id(json!({"agentId": 1, "userId": 2, "ccId": 3})), some("1"));
    assert_eq!(
        id(json!({"agentId": "0", "userId": 2, "ccId": 3})),
        some("2")
    );
    assert_eq!(
        id(json!({"agentId": " ", "userId": 0, "ccId": "3"})),
        some("3")
    );
    assert_eq!(id(json!({"agentId": 0, "ccId": null})), None);
}

#[test]
fn texts_are_bounded_and_without_control_characters() {
    let record = with(json!({
        "city": format!(" {} ", "长".repeat(400)), "remark": "a\u{0}\nb".repeat(2_000),
    }));
    assert_eq!(record.details.city.unwrap().chars().count(), 255);
    let notes = record.details.notes.unwrap();
    assert!(notes.starts_with("a\nba\nb") && notes.chars().count() == 4_000);
}

#[test]
fn tags_come_from_ext_and_columns() {
    let record = with(json!({
        "ext": {"b": 1}, "columns": "{\"a\":[\"x\",\"y\"],\"b\":\"1\"}",
    }));
    assert_eq!(record.tags, [tag("a", "x"), tag("a", "y"), tag("b", "1")]);
}

#[test]
fn a_record_can_be_printed_without_its_phone_number() {
    let record =
        with(json!({"phone": "13712348809", "remark": "13712348809", "customerName": "李"}));
    let printed = format!("{record:?}");
    assert!(printed.contains("137****8809") && !printed.contains("13712348809"));
    assert_eq!(
        record.call_time,
        "2025-11-20T00:53:20Z".parse::<DateTime<Utc>>().unwrap()
    );
}

#[test]
fn every_row_is_kept_as_it_came_and_can_be_read_again() {
    let text = concat!(
        r#"{"total" : 5, "data" : [ {"id":1, "callTime": 1763600000, "phone":"1371\u0030", "x": 1e2} , "#,
        r#"{"id":2,"callState":0}, {"id":"3"}, 7, {"id":4,"callTime":1763600000,"remark":"\ud83d"}]}"#
    );
    let page = record::page(serde_json::from_str(text).unwrap()).unwrap();
    let kept: Vec<_> = page
        .raw
        .iter()
        .map(|raw| (raw.id.as_deref(), &*raw.json))
        .collect();
    assert_eq!(
        kept,
        [
            (
                Some("1"),
                r#"{"id":1, "callTime": 1763600000, "phone":"1371\u0030", "x": 1e2}"#
            ),
            (Some("2"), r#"{"id":2,"callState":0}"#),
            (Some("3"), r#"{"id":"3"}"#),
            (None, "7"),
            // Half an emoji costs no other row anything, and not its own either.
            (
                Some("4"),
                r#"{"id":4,"callTime":1763600000,"remark":"\ud83d"}"#
            ),
        ]
    );
    let again: Vec<_> = page.raw.iter().map(|raw| record_of(&raw.json)).collect();
    assert_eq!(
        again[0],
        Ok(Reading::Call(Box::new(page.records[0].clone())))
    );
    assert_eq!(again[1], Ok(Reading::Undialled("2".to_owned())));
    assert_eq!(again[2].as_ref(), Err(&page.unusable[0]));
    assert_eq!(again[3].as_ref(), Err(&page.unusable[1]));
    assert_eq!(
        again[4],
        Ok(Reading::Call(Box::new(page.records[1].clone())))
    );
    assert!(!format!("{:?}", page.raw[0]).contains("1371"));
    assert!(record_of("{").is_err());
}
