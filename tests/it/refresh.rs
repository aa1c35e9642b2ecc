//! Asking for a refresh through the API.

use std::time::Duration;

use chrono::TimeDelta;
use dialgraph::{
    domain::viewer::Role,
    guanke::simulator::{Fault, FaultKind, FaultOn},
};
use serde_json::{Value, json};

use crate::{
    harness::{Backend, TestApp, day},
    on_both,
};

fn refresh(input: &str) -> String {
    format!(
        "mutation {{ refreshStats(input: {{ {input} }}) {{ runs {{ joined run {{ id track status from to }} }} userErrors {{ field code message }} }} }}"
    )
}

on_both! {
    /// A manager's refresh starts a run for each track, returns at once, and comes to an end.
    a_refresh_starts_a_run_for_each_track = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let answer = app.query_as(Role::Manager, &refresh(r#"date: "2026-11-19""#)).await.data();
        let payload = &answer["refreshStats"];
        assert_eq!(payload["userErrors"], json!([]));
        let runs = payload["runs"].as_array().unwrap();
        let tracks: Vec<_> = runs.iter().map(|run| (&run["run"]["track"], &run["joined"], &run["run"]["status"])).collect();
        let started = (&json!(false), &json!("RUNNING"));
        assert_eq!(tracks, [(&json!("CALL_RECORDS"), started.0, started.1), (&json!("TASK_STATS"), started.0, started.1)]);

        app.syncer.wait_idle().await;
        for run in runs {
            let id = run["run"]["id"].as_str().unwrap();
            let data = app.data(&format!(r#"{{ syncRun(id: "{id}") {{ status trigger daysDone error }} }}"#)).await;
            assert_eq!(data["syncRun"], json!({ "status": "SUCCEEDED", "trigger": "API", "daysDone": 1, "error": null }));
        }
        let data = app.data(r#"{ gradeStats(date: "2026-11-19") { totalRecords complete } }"#).await;
        assert_eq!(data["gradeStats"], json!({ "totalRecords": 300, "complete": true }));
    };

    /// A second refresh of days that are being read joins the first.
    a_refresh_of_days_at_work_joins_it = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.platform.add_fault(Fault {
            on: FaultOn::Page { day: None, page: Some(1) },
            kind: FaultKind::Hang(Duration::from_millis(300)),
            times: Some(1),
        });
        let days = r#"from: "2026-11-18", to: "2026-11-19", tracks: [CALL_RECORDS]"#;
        let first = app.data(&refresh(days)).await["refreshStats"]["runs"].clone();
        let second = app.data(&refresh(r#"date: "2026-11-18", tracks: [CALL_RECORDS]"#)).await["refreshStats"]["runs"].clone();
        assert_eq!((&first[0]["joined"], &second[0]["joined"]), (&json!(false), &json!(true)));
        assert_eq!(first[0]["run"]["id"], second[0]["run"]["id"]);
        app.syncer.wait_idle().await;
        let runs = app.data("{ syncRuns { nodes { status } } }").await;
        assert_eq!(runs["syncRuns"]["nodes"], json!([{ "status": "SUCCEEDED" }]));
    };

    /// Who asks for a day that is being read wants what the platform has now: it is read again, once for
    /// all who ask meanwhile.
    a_day_that_is_being_read_is_read_again = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        app.platform.add_fault(Fault {
            on: FaultOn::Page { day: None, page: Some(3) },
            kind: FaultKind::Hang(Duration::from_millis(500)),
            times: Some(1),
        });
        let day_ = r#"date: "2026-11-19", tracks: [CALL_RECORDS]"#;
        let ask = async || app.data(&refresh(day_)).await["refreshStats"]["runs"][0].clone();
        let first = ask().await;
        let fetched = "{ syncRuns { nodes { fetched } } }";
        while app.data(fetched).await["syncRuns"]["nodes"][0]["fetched"] != 200 {
            tokio::task::yield_now().await;
        }
        app.clock.advance(TimeDelta::seconds(1));
        app.platform.edit_grade(day("2026-11-19"), 0, "9元", Some("NINE_YUAN"));
        let (second, third) = (ask().await, ask().await);
        assert_eq!([&first, &second, &third].map(|run| run["joined"].as_bool().unwrap()), [false, false, true]);
        assert_ne!(first["run"]["id"], second["run"]["id"]);
        assert_eq!(second["run"]["id"], third["run"]["id"]);
        app.syncer.wait_idle().await;
        let deals = app.platform.truth(day("2026-11-19")).grades["NINE_YUAN"];
        let stats = app.data(r#"{ gradeStats(date: "2026-11-19") { grade9 } }"#).await;
        assert_eq!(stats["gradeStats"]["grade9"], json!(deals));
    };

    /// Only those who run the call centre may refresh; others change nothing.
    agents_and_analysts_may_not_refresh = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for role in [Role::Agent, Role::Analyst] {
            let answer = app.query_as(role, &refresh(r#"date: "2026-11-19""#)).await;
            assert_eq!(answer.code(), "FORBIDDEN");
        }
        assert_eq!(app.data("{ syncRuns { nodes { id } } }").await["syncRuns"]["nodes"], json!([]));
    };

    /// Days that cannot be refreshed are named, with the rule, and no run begins.
    impossible_days_are_user_errors = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (input, field, code) in [
            ("", "date", "REQUIRED"),
            (r#"from: "2026-11-18""#, "to", "REQUIRED"),
            (r#"date: "2026-11-18", from: "2026-11-18", to: "2026-11-18""#, "date", "CONFLICTING"),
            (r#"from: "2026-11-19", to: "2026-11-18""#, "to", "RANGE_REVERSED"),
            (r#"date: "2026-11-21""#, "date", "IN_THE_FUTURE"),
            (r#"from: "2026-01-01", to: "2026-11-18""#, "to", "TOO_MANY_DAYS"),
        ] {
            let input = if input.is_empty() { "tracks: [CALL_RECORDS]" } else { input };
            let payload = app.data(&refresh(input)).await["refreshStats"].clone();
            assert_eq!(payload["runs"], json!([]));
            let error = &payload["userErrors"][0];
            assert_eq!((&error["field"], &error["code"]), (&json!(["input", field]), &json!(code)), "{input}");
            assert_ne!(error["message"], Value::Null);
        }
        assert_eq!(app.data("{ syncRuns { nodes { id } } }").await["syncRuns"]["nodes"], json!([]));
    };
}
