//! Grades that the catalogue does not know: they are listed, and people hear of them.

use dialgraph::{
    app,
    domain::{alert::AlertRules, viewer::Role},
    service::alerts::Channels,
};
use serde_json::{Value, json};

use super::{app as service, import, row};
use crate::{
    harness::{Backend, TestApp},
    on_both,
    writes::{assert_counted, done},
};

async fn graded(app: &TestApp, grades: &[&str]) {
    let rows = grades.iter().enumerate().map(|(index, grade)| {
        let mut row = row(&format!("{index}"));
        row["grade"] = json!(grade);
        row
    });
    import(app, rows.collect()).await;
}

async fn unknown(app: &TestApp, date: &str) -> Value {
    let query = format!(r#"{{ gradeStats(date: "{date}") {{ unknownGrades {{ text count }} }} }}"#);
    app.data(&query).await["gradeStats"]["unknownGrades"].clone()
}

on_both! {
    /// Each with its calls, in one form, most first, and those that may hold a number last; the empty grade is none, and what OTHER is called is
    /// known.
    they_are_listed = async |backend: Backend| {
        let app = service(&backend).await;
        graded(&app, &["9块", "９\u{200b}块", "9 块", "意向 13812348000", "其他", "", " ", "9元", "a", "非常长"]).await;
        let expected = json!([{ "text": "9块", "count": 3 }, { "text": "非常长", "count": 1 }, { "text": "意向13812348000", "count": 1 }]);
        assert_eq!(unknown(&app, "2026-11-19").await, expected);
        let query = r#"{ gradeStats(date: "2026-11-19") { totalSuccess ungraded unknownGrades { text } } }"#;
        let stats = app.query_as(Role::Analyst, query).await.data()["gradeStats"].clone();
        assert_eq!((&stats["totalSuccess"], &stats["ungraded"]), (&json!(1), &json!(2)));
        assert_eq!(stats["unknownGrades"][2]["text"], "意向138****8000");
        assert_eq!(unknown(&app, "2026-11-20").await, json!([]));
        // An index has them, and no statement more is needed for more of them.
        app.statements();
        app.data(query).await;
        let statements = app.statements();
        let listing: Vec<_> = statements.iter().filter(|sql| sql.contains("'OTHER'")).collect();
        assert_eq!(listing.len(), 1, "{statements:#?}");
        let input = json!({ "code": "NINE_YUAN", "patterns": ["9元", "9", "9\u{200b}块"] });
        assert_eq!(done(&app, "upsertGrade", "regradedCalls", input).await["regradedCalls"], 3);
        let expected = json!([{ "text": "非常长", "count": 1 }, { "text": "意向13812348000", "count": 1 }]);
        assert_eq!(unknown(&app, "2026-11-19").await, expected);
        assert_counted(&app).await;
    };

    /// An alert names them, and is over when the catalogue knows them, or when they are old.
    an_alert_names_them = async |backend: Backend| {
        let app = service(&backend).await;
        let alerts = app::alerts(app.base(), &app.syncer, AlertRules::default(), Channels::new(Vec::new()));
        let look = async || {
            app.clock.advance(chrono::TimeDelta::minutes(11));
            alerts.watch.look().await.unwrap();
            let query = "{ syncAlerts(filter: { kind: { eq: UNKNOWN_GRADES } }) { nodes { track isOpen message } } }";
            app.data(query).await["syncAlerts"]["nodes"].clone()
        };
        graded(&app, &["9元", ""]).await;
        assert_eq!(look().await, json!([]));
        graded(&app, &["9块", "9 块", "意向 13812348000"]).await;
        let message = "calls of the last 7 days have grades that the catalogue does not know, and count as OTHER (with the number of calls): 9块 (2), 意向138****8000 (1); add them to the patterns of a grade (upsertGrade)";
        assert_eq!(look().await, json!([{ "track": "CALL_RECORDS", "isOpen": true, "message": message }]));
        done(&app, "upsertGrade", "created", json!({ "code": "INTENT", "label": "意向", "patterns": ["意向13812348000"] })).await;
        let open = look().await;
        assert_eq!((open.as_array().unwrap().len(), &open[0]["isOpen"]), (1, &json!(true)));
        done(&app, "upsertGrade", "created", json!({ "code": "NINE_YUAN", "patterns": ["9元", "9", "9块"] })).await;
        assert_eq!(look().await[0]["isOpen"], false);
        // Long ago is nobody's business any more.
        graded(&app, &["x"]).await;
        let again = look().await;
        assert_eq!((again.as_array().unwrap().len(), &again[0]["isOpen"]), (2, &json!(true)));
        app.clock.advance(chrono::TimeDelta::days(7));
        assert_eq!(look().await[0]["isOpen"], false);
    };
}
