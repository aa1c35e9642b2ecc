//! Pushes in all their wrappings.

use encoding_rs::GB18030;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::domain::dialing::CallResult;
use crate::guanke::{MAX_PUSH_BYTES, PushError, PushKind, PushedRecord, parse_push};

const JSON: Option<&str> = Some("application/json; charset=utf-8");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

fn cdr(body: &Value) -> PushedRecord {
    let mut records = parse_push(PushKind::Cdr, JSON, body.to_string().as_bytes()).unwrap();
    assert_eq!(records.len(), 1);
    records.remove(0)
}

fn tags(record: &PushedRecord) -> Vec<String> {
    let tags = record.tags.iter();
    tags.map(|tag| format!("{}={}", tag.name, tag.value))
        .collect()
}

#[test]
fn every_wrapping_and_spelling_gives_the_same_record() {
    let camel = json!({"cdrId": 7, "taskId": 5, "callTime": 1_795_141_805, "phone": "13712348809",
        "grade": "9元", "remark": "下周 联系", "duration": 42, "callState": 2});
    let snake = json!({"cdr_id": "7", "task_id": "5", "call_time": "1795141805",
        "phone": 13_712_348_809_u64, "grade": "9元", "remark": "下周 联系", "duration": "42", "call_state": "2"});
    let expected = cdr(&camel);
    assert_eq!(expected.result, Some(CallResult::Connected));
    assert_eq!(
        (expected.id.as_str(), expected.task_id.as_deref()),
        ("7", Some("5"))
    );
    assert_eq!(expected.details.notes.as_deref(), Some("下周 联系"));
    for body in [
        snake.clone(),
        json!([camel]),
        json!({"data": snake}),
        json!({"id": 99, "data": [snake]}),
        json!({"code": 200, "data": camel.to_string()}),
        json!({"params": json!([camel]).to_string()}),
        json!(snake.to_string()),
    ] {
        assert_eq!(cdr(&body), expected, "{body}");
    }
    let form = "cdr_id=7&task_id=5&call_time=1795141805&phone=13712348809&grade=9%E5%85%83\
        &remark=%E4%B8%8B%E5%91%A8+%E8%81%94%E7%B3%BB&duration=42&callState=2&params=%7B%7D";
    let gbk = "cdr_id=7&task_id=5&call_time=1795141805&phone=13712348809&grade=9%D4%AA\
        &remark=%CF%C2%D6%DC+%C1%AA%CF%B5&duration=42&callState=2";
    let json = snake.to_string();
    let escaped = percent_encode(json.as_bytes(), NON_ALPHANUMERIC);
    for (kind, body) in [
        (FORM, form.to_owned()),
        (None, form.to_owned()),
        (FORM, gbk.to_owned()),
        (FORM, format!("data={escaped}")),
        (FORM, format!("params={escaped}")),
        (FORM, camel.to_string()),
    ] {
        let records = parse_push(PushKind::Cdr, kind, body.as_bytes()).unwrap();
        assert_eq!(records, std::slice::from_ref(&expected), "{body}");
    }
    let body = GB18030.encode(&snake.to_string()).0.into_owned();
    assert_eq!(parse_push(PushKind::Cdr, JSON, &body).unwrap(), [expected]);
}

#[test]
fn what_is_not_said_is_not_made_up() {
    let record = cdr(
        &json!({"cdr_id": 7, "grade": "", "duration": null, "task_id": 0, "call_time": "soon"}),
    );
    let nothing = PushedRecord {
        id: "7".to_owned(),
        ..cdr(&json!({"id": "x"}))
    };
    assert_eq!(record, nothing);
    assert_eq!(
        (record.duration_seconds, record.result, record.call_time),
        (None, None, None)
    );
    assert_eq!(
        cdr(&json!({"id": 1, "duration": 0})).duration_seconds,
        Some(0)
    );
}

#[test]
fn a_result_is_said_by_the_state_or_by_a_reason_that_is_clear() {
    for (fields, result) in [
        (json!({"call_state": 1}), Some(CallResult::Failed)),
        (
            json!({"call_state": 1, "hangup_reason": "USER_BUSY"}),
            Some(CallResult::Busy),
        ),
        (json!({"hangupReason": "USER_BUSY"}), Some(CallResult::Busy)),
        (json!({"hangupReason": "NORMAL_CLEARING"}), None),
        (
            json!({"hangupReason": "NORMAL_CLEARING", "duration": 3}),
            Some(CallResult::Connected),
        ),
        (
            json!({"hangupReason": "NORMAL_CLEARING", "duration": 0}),
            Some(CallResult::NoAnswer),
        ),
        (json!({"duration": 3}), None),
        (json!({"callState": 0}), None),
    ] {
        let mut row = fields.clone();
        row["id"] = json!(1);
        assert_eq!(cdr(&row).result, result, "{fields}");
    }
}

#[test]
fn the_answers_of_a_form_are_tags_however_they_come() {
    let pairs = json!([{"name": "size", "value": 50}, {"name": "wish", "value": "loan"}]);
    let object = json!({"size": 50, "wish": "loan"});
    for answers in [
        pairs.clone(),
        object.clone(),
        json!(pairs.to_string()),
        json!(object.to_string()),
    ] {
        for name in ["columns", "content"] {
            let body = json!({"cdr_id": 1, "phone": "138", name: answers}).to_string();
            let records = parse_push(PushKind::Form, None, body.as_bytes()).unwrap();
            assert_eq!(tags(&records[0]), ["size=50", "wish=loan"], "{body}");
        }
    }
    // The content of a call is what was said in it.
    assert_eq!(
        tags(&cdr(&json!({"cdr_id": 1, "content": object}))),
        [""; 0]
    );
    let form = "cdr_id=1&columns=%7B%22size%22%3A50%7D";
    let records = parse_push(PushKind::Form, FORM, form.as_bytes()).unwrap();
    assert_eq!(tags(&records[0]), ["size=50"]);
}

#[test]
fn what_cannot_be_used_is_refused_with_the_rule() {
    let records = |count: usize| {
        json!(
            (0..count)
                .map(|id| json!({"id": id + 1}))
                .collect::<Vec<_>>()
        )
        .to_string()
    };
    for (kind, body, error) in [
        (JSON, "", PushError::Empty),
        (JSON, " \u{feff}", PushError::Empty),
        (JSON, "cdr_id=1", PushError::Unreadable),
        (JSON, "{\"cdr_id\":1", PushError::Unreadable),
        (FORM, "hello", PushError::Unreadable),
        (None, "<html>", PushError::Unreadable),
        (JSON, "7", PushError::NoObject(1)),
        (JSON, "[{\"id\":1},null]", PushError::NoObject(2)),
        (JSON, "{\"data\":\"[7]\"}", PushError::NoObject(1)),
        (JSON, "[[[[[[[{\"id\":1}]]]]]]]", PushError::NoObject(1)),
        (JSON, "[{\"id\":1},{\"phone\":\"1\"}]", PushError::NoId(2)),
        (JSON, "{\"id\":\"\"}", PushError::NoId(1)),
        (FORM, "phone=1", PushError::NoId(1)),
        (JSON, &records(1_001), PushError::TooMany),
        (JSON, &" ".repeat(MAX_PUSH_BYTES + 1), PushError::TooLarge),
    ] {
        assert_eq!(
            parse_push(PushKind::Cdr, kind, body.as_bytes()),
            Err(error),
            "{body:.60}"
        );
    }
    let full = parse_push(PushKind::Cdr, JSON, records(1_000).as_bytes()).unwrap();
    assert_eq!((full.len(), full[999].id.as_str()), (1_000, "1000"));
    assert_eq!(parse_push(PushKind::Cdr, JSON, b"[]").unwrap(), []);
    assert!(
        PushError::NoId(2)
            .to_string()
            .starts_with("record 2: `cdr_id`")
    );
}

#[test]
fn a_pushed_record_is_printed_without_its_number() {
    let record = cdr(&json!({"id": 1, "phone": "13712348809", "remark": "hidden"}));
    let printed = format!("{record:?}");
    assert!(
        !printed.contains("13712348809") && !printed.contains("hidden"),
        "{printed}"
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        prop::sample::select(vec![
            "cdr_id",
            "id",
            "data",
            "params",
            "call_time",
            "duration",
            "phone",
            "grade",
            "columns",
            "content",
            "money",
            "callState",
            "taskId",
            "hangupReason",
        ])
        .prop_map(str::to_owned),
        ".{0,4}",
    ];
    scalar.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner.clone(), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            inner.prop_map(|value| Value::from(value.to_string())),
        ]
    })
}

proptest! {
    /// Whatever comes, it is read or refused, and what is read has ids.
    #[test]
    fn garbage_is_no_panic(body in prop::collection::vec(any::<u8>(), 0..200), form in any::<bool>()) {
        for kind in [PushKind::Cdr, PushKind::Form] {
            if let Ok(records) = parse_push(kind, if form { FORM } else { None }, &body) {
                prop_assert!(records.iter().all(|record| !record.id.is_empty()));
            }
        }
    }

    #[test]
    fn any_json_is_read_or_refused(body in any_json()) {
        for kind in [PushKind::Cdr, PushKind::Form] {
            if let Ok(records) = parse_push(kind, JSON, body.to_string().as_bytes()) {
                prop_assert!(records.iter().all(|record| (1..=191).contains(&record.id.chars().count())));
            }
        }
    }

    /// A body that is cut off anywhere is refused, not half read.
    #[test]
    fn a_body_that_breaks_off_is_refused(at in 0..60_usize) {
        let body = r#"[{"cdr_id":1,"grade":"9","phone":"1371234"},{"cdr_id":2,"x":1}]"#;
        prop_assert!(parse_push(PushKind::Cdr, JSON, &body.as_bytes()[..at]).is_err());
    }
}
