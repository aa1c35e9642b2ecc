//! The grade catalogue: calls and figures follow its changes at once.

use serde_json::json;

use super::{a_call, assert_counted, at, audit, done, refused};
use crate::{
    harness::{Backend, TestApp, TestDatabase, call, ingest},
    on_both,
};

/// Calls of 2026-11-19 with these grades, an hour apart, in provinces by turns.
async fn graded(database: &TestDatabase, grades: &[&str]) {
    let calls = grades.iter().enumerate().map(|(index, grade)| {
        let mut call = call(
            &format!("graded {index}"),
            &format!("2026-11-19T{index:02}:00:00Z"),
        );
        call.details.grade = Some((*grade).to_owned());
        call.details.province = (index % 2 == 0).then(|| "浙江".to_owned());
        call
    });
    ingest(&database.db, calls.collect()).await;
}

const FIGURES: &str = r#"{ dashboard(date: "2026-11-19") { today { calls totalSuccess interestedCalls revenue } }
    calls { nodes { grade gradeCode version } } }"#;

on_both! {
    /// A new grade takes the calls whose text it claims from OTHER, and they count for it.
    a_new_grade_takes_its_calls = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        graded(&app.database, &["意向客户", " 意向客户", "9元", "x", ""]).await;
        let input = json!({ "code": "INTENT", "label": "意向", "patterns": ["意向客户"], "unitPrice": "2.5", "isInterested": true, "expectedVersion": 0 });
        let selection = "created regradedCalls grade { id code label patterns unitPrice isInterested isSuccess version createdAt }";
        let done = done(&app, "upsertGrade", selection, input).await;
        assert_eq!((&done["created"], &done["regradedCalls"]), (&json!(true), &json!(2)));
        let expected = json!({ "id": done["grade"]["id"], "code": "INTENT", "label": "意向", "patterns": ["意向客户"], "unitPrice": "2.50",
            "isInterested": true, "isSuccess": false, "version": 1, "createdAt": "2026-11-20T04:00:00Z" });
        assert_eq!(done["grade"], expected);
        let node = app.data(&format!("{{ node(id: {}) {{ ... on Grade {{ code }} }} }}", done["grade"]["id"])).await;
        assert_eq!(node["node"]["code"], "INTENT");
        let data = app.data(FIGURES).await;
        let call = |grade: &str, code: Option<&str>, version| json!({ "grade": grade, "gradeCode": code, "version": version });
        let calls = json!([call("", None, 1), call("x", Some("OTHER"), 1), call("9元", Some("NINE_YUAN"), 1),
            call(" 意向客户", Some("INTENT"), 2), call("意向客户", Some("INTENT"), 2)]);
        assert_eq!(data["calls"]["nodes"], calls);
        // 9 + 2 × 2.50.
        let today = json!({ "calls": 5, "totalSuccess": 1, "interestedCalls": 3, "revenue": "14.00" });
        assert_eq!(data["dashboard"]["today"], today);
        assert_counted(&app).await;
        let (operation, object, changes) = audit(&app.database.db).await.pop().unwrap();
        assert_eq!((operation.as_str(), object.as_str(), &changes["regradedCalls"]), ("upsertGrade", "Grade", &json!(2)));
    };

    /// A price, a flag and a pattern that change; the rest stays.
    a_grade_is_changed = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        graded(&app.database, &["9元", "9", "A"]).await;
        let input = json!({ "code": "NINE_YUAN", "patterns": ["9元"], "unitPrice": "9.9", "expectedVersion": 1 });
        let changed = done(&app, "upsertGrade", "created regradedCalls grade { label isSuccess version }", input.clone()).await;
        let expected = json!({ "created": false, "regradedCalls": 1, "userErrors": [],
            "grade": { "label": "9元", "isSuccess": true, "version": 2 } });
        assert_eq!(changed, expected);
        let today = app.data(FIGURES).await["dashboard"]["today"].clone();
        assert_eq!(today, json!({ "calls": 3, "totalSuccess": 1, "interestedCalls": 2, "revenue": "9.90" }));
        assert_counted(&app).await;
        assert_eq!(refused(&app, "upsertGrade", input).await, [at("input.expectedVersion", "CONFLICT")]);
        let same = json!({ "code": "NINE_YUAN", "unitPrice": "9.90" });
        assert_eq!(done(&app, "upsertGrade", "grade { version }", same).await["grade"]["version"], 2);
        // Calls that come now are told by the new catalogue.
        ingest(&app.database.db, vec![{ let mut call = call("new", "2026-11-19T09:00:00Z"); call.details.grade = Some("9".to_owned()); call }]).await;
        assert_eq!(app.data(FIGURES).await["calls"]["nodes"][0]["gradeCode"], "OTHER");
        assert_counted(&app).await;
    };

    /// Calls of a deleted grade become what the rest of the catalogue says.
    a_grade_is_deleted = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        a_call(&app).await;
        graded(&app.database, &["9", "1", "A"]).await;
        let deleted = done(&app, "deleteGrade", "deletedId regradedCalls", json!({ "code": "NINE_YUAN" })).await;
        assert_eq!(deleted["regradedCalls"], 2);
        let data = app.data(FIGURES).await;
        assert_eq!(data["dashboard"]["today"], json!({ "calls": 4, "totalSuccess": 1, "interestedCalls": 2, "revenue": "1.00" }));
        assert_counted(&app).await;
        // Back again.
        let input = json!({ "code": "NINE_YUAN", "label": "9元", "patterns": ["9", "9元"], "unitPrice": "9", "isSuccess": true });
        assert_eq!(done(&app, "upsertGrade", "regradedCalls", input).await["regradedCalls"], 2);
        assert_eq!(app.data(FIGURES).await["dashboard"]["today"]["revenue"], "19.00");
        assert_counted(&app).await;
    };

    /// What cannot be.
    bad_grades_are_refused = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let bad = json!({ "code": "nine", "label": " ", "patterns": ["x", "Ａ", "", "X", "1元"], "unitPrice": "-1", "isSuccess": null });
        let expected = [
            at("input.code", "INVALID_FORMAT"),
            at("input.isSuccess", "REQUIRED"),
            at("input.label", "BLANK"),
            at("input.patterns.1", "TAKEN"),
            at("input.patterns.2", "BLANK"),
            at("input.patterns.3", "DUPLICATE"),
            at("input.patterns.4", "TAKEN"),
            at("input.unitPrice", "NEGATIVE"),
        ];
        assert_eq!(refused(&app, "upsertGrade", bad).await, expected);
        assert_eq!(refused(&app, "upsertGrade", json!({ "code": "NEW" })).await, [at("input.label", "REQUIRED")]);
        let other = json!({ "code": "OTHER", "patterns": ["x"] });
        assert_eq!(refused(&app, "upsertGrade", other).await, [at("input.patterns", "CONFLICTING")]);
        assert_eq!(refused(&app, "deleteGrade", json!({ "code": "OTHER" })).await, [at("input.code", "PROTECTED")]);
        assert_eq!(refused(&app, "deleteGrade", json!({ "code": "GONE" })).await, [at("input.code", "NOT_FOUND")]);
        let stale = json!({ "code": "A", "expectedVersion": 9 });
        assert_eq!(refused(&app, "deleteGrade", stale).await, [at("input.expectedVersion", "CONFLICT")]);
        let renamed = json!({ "code": "OTHER", "label": "其它" });
        assert_eq!(done(&app, "upsertGrade", "grade { label }", renamed).await["grade"]["label"], "其它");
    };
}
