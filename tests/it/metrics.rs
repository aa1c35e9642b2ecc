//! `GET /metrics`: who may read it, what it says, and what it costs.

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use chrono::TimeDelta;
use dialgraph::{
    domain::{alert::AlertRules, sync::SyncTrack, viewer::Role},
    http::HttpOptions,
    service::alerts::Channels,
    store::sync_tracks::{self, TrackState},
};

use crate::{
    harness::{Backend, TestApp},
    on_both,
};

const CALLS: SyncTrack = SyncTrack::CallRecords;
const TOKEN: &str = "a token for metrics";

async fn app(backend: &Backend) -> TestApp {
    let options = HttpOptions {
        metrics_token: Some(TOKEN.into()),
        ..HttpOptions::default()
    };
    TestApp::with_options(backend, options).await
}

/// The status, the content type and the text, asked for with this token.
async fn get(app: &TestApp, token: Option<&str>) -> (StatusCode, String, String) {
    let mut request = Request::builder().uri("/metrics");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let response = app.send(request.body(Body::empty()).unwrap()).await;
    let kind = response.headers()[header::CONTENT_TYPE]
        .to_str()
        .unwrap()
        .to_owned();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, kind, String::from_utf8(body.to_vec()).unwrap())
}

/// The value of a sample.
fn value(text: &str, sample: &str) -> f64 {
    let of = |line: &str| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok();
    text.lines()
        .find_map(of)
        .unwrap_or_else(|| panic!("{sample}\n{text}"))
}

async fn scraped(app: &TestApp) -> String {
    let (status, kind, text) = get(app, Some(TOKEN)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    text
}

on_both! {
    /// The token of the configuration, or an administrator's; nobody else.
    metrics_are_closed = async |backend: Backend| {
        let app = app(&backend).await;
        for token in [None, Some("a token for metricS"), Some("a token"), Some("")] {
            assert_eq!(get(&app, token).await.0, StatusCode::UNAUTHORIZED, "{token:?}");
        }
        for (role, status) in [
            (Role::Admin, StatusCode::OK),
            (Role::Manager, StatusCode::UNAUTHORIZED),
            (Role::Agent, StatusCode::UNAUTHORIZED),
            (Role::Analyst, StatusCode::UNAUTHORIZED),
        ] {
            assert_eq!(get(&app, Some(&app.token(role))).await.0, status, "{role}");
        }
        assert_eq!(get(&app, Some(TOKEN)).await.0, StatusCode::OK);
        // Without one in the configuration there is none.
        let closed = TestApp::new(&backend).await;
        for token in [TOKEN, ""] {
            assert_eq!(get(&closed, Some(token)).await.0, StatusCode::UNAUTHORIZED);
        }
    };

    /// Figures worked out by hand: two days of 300 calls each, today not read.
    metrics_say_what_happened = async |backend: Backend| {
        let app = app(&backend).await;
        app.synced(CALLS, "2026-11-18", "2026-11-19").await;
        app.data("{ __typename }").await;
        let text = scraped(&app).await;
        for (sample, expected) in [
            (r#"dialgraph_sync_records_total{track="CALL_RECORDS",change="inserted"}"#, 600.0),
            (r#"dialgraph_sync_runs_total{track="CALL_RECORDS",status="SUCCEEDED"}"#, 1.0),
            (r#"dialgraph_sync_lag_seconds{track="CALL_RECORDS"}"#, 12.0 * 3_600.0),
            (r#"dialgraph_sync_last_success_timestamp_seconds{track="CALL_RECORDS"}"#, 1_795_147_200.0),
            (r#"dialgraph_sync_days{track="CALL_RECORDS",state="incomplete"}"#, 8.0),
            (r#"dialgraph_sync_days{track="CALL_RECORDS",state="stale"}"#, 0.0),
            (r#"dialgraph_sync_days{track="TASK_STATS",state="incomplete"}"#, 10.0),
            (r#"dialgraph_platform_paused{track="CALL_RECORDS"}"#, 0.0),
            (r#"dialgraph_sync_slices{state="READING"}"#, 0.0),
            (r#"dialgraph_alerts_open{kind="LAG"}"#, 0.0),
            ("dialgraph_alert_deliveries_pending", 0.0),
            ("dialgraph_platform_retries_total", 0.0),
            ("dialgraph_platform_pace_in_flight", 0.0),
            ("dialgraph_platform_pace_limit", 8.0),
            ("dialgraph_database_up", 1.0),
            (r#"dialgraph_build_info{version="0.1.0"}"#, 1.0),
            (r#"dialgraph_http_requests_total{route="/graphql",status="200"}"#, 1.0),
        ] {
            let found = value(&text, sample);
            assert!((found - expected).abs() < 1e-9, "{sample} {found}\n{text}");
        }
        let requests = value(&text, r#"dialgraph_platform_requests_total{result="ok"}"#);
        let asked = app.platform.requests();
        assert!((requests - f64::from(u32::try_from(asked.pages + asked.logins).unwrap())).abs() < 1e-9, "{requests} {asked:?}");
        assert!((value(&text, "dialgraph_platform_request_duration_seconds_count") - requests).abs() < 1e-9);
        assert!(value(&text, r#"dialgraph_database_pool_size{pool="read"}"#) >= 1.0);
        assert!(value(&text, r#"dialgraph_database_writers_waiting{lane="people"}"#).abs() < 1e-9);
        for (name, kind) in [("dialgraph_sync_lag_seconds", "gauge"), ("dialgraph_http_requests", "counter")] {
            assert!(text.contains(&format!("# HELP {name} ")), "{text}");
            assert!(text.contains(&format!("# TYPE {name} {kind}\n")), "{text}");
        }
    };

    /// A push that is dated in the future is taken in, and counted apart; ten minutes ahead a clock may be.
    pushes_of_the_future_are_counted_apart = async |backend: Backend| {
        let options = HttpOptions {
            metrics_token: Some(TOKEN.into()),
            webhook_secret: Some(TOKEN.into()),
            ..HttpOptions::default()
        };
        let app = TestApp::with_options(&backend, options).await;
        // It is noon.
        for (id, time) in [("1", "2026-11-20 11:00:00"), ("2", "2026-11-20 12:09:00"), ("3", "2026-11-20 12:11:00"), ("4", "2027-03-01 10:00:00")] {
            let body = serde_json::json!({ "cdr_id": id, "callTime": time, "grade": "A" }).to_string();
            let request = Request::post("/webhooks/guanke/cdr")
                .header("X-Webhook-Secret", TOKEN)
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body))
                .unwrap();
            assert_eq!(app.send(request).await.status(), StatusCode::OK);
        }
        let text = scraped(&app).await;
        for result in ["accepted", "in_future"] {
            let counted = value(&text, &format!(r#"dialgraph_pushes_total{{kind="cdr",result="{result}"}}"#));
            assert!((counted - 2.0).abs() < 1e-9, "{result} {counted}");
        }
        assert_eq!(app.data("{ calls { totalCount } }").await["calls"]["totalCount"], 4);
    };

    /// What the database says is read once in ten seconds, in six statements.
    scrapes_cost_the_database_next_to_nothing = async |backend: Backend| {
        let app = app(&backend).await;
        app.synced(CALLS, "2026-11-20", "2026-11-20").await;
        let lag = r#"dialgraph_sync_lag_seconds{track="CALL_RECORDS"}"#;
        app.statements();
        assert!(value(&scraped(&app).await, lag).abs() < 1e-9);
        assert_eq!(app.statements().len(), 6);
        app.clock.advance(TimeDelta::milliseconds(9_999));
        assert!(value(&scraped(&app).await, lag).abs() < 1e-9);
        assert_eq!(app.statements().len(), 0);
        app.clock.advance(TimeDelta::milliseconds(80_001));
        assert!((value(&scraped(&app).await, lag) - 90.0).abs() < 1e-9);
        assert_eq!(app.statements().len(), 6);
    };

    /// A day that fails: counted by run, day and alert; and addresses that nobody has are one.
    metrics_say_what_is_wrong = async |backend: Backend| {
        use dialgraph::guanke::simulator::{Fault, FaultKind, FaultOn};
        let app = app(&backend).await;
        let on = FaultOn::Page { day: None, page: Some(1) };
        app.platform.add_fault(Fault { on, kind: FaultKind::HttpStatus(502), times: None });
        app.sync(CALLS, "2026-11-19", "2026-11-19").await;
        let alerts = dialgraph::app::alerts(app.base(), &app.syncer, AlertRules::default(), Channels::default());
        assert_eq!(alerts.watch.look().await.unwrap().count(), 2, "the day, and today that is not read");
        let paused = TrackState { opened_at: Some(app.now()), ..TrackState::default() };
        let tx = app.database.db.begin().await.unwrap();
        sync_tracks::save(&tx, CALLS, &paused, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        for path in ["/nowhere", "/elsewhere"] {
            app.send(Request::get(path).body(Body::empty()).unwrap()).await;
        }
        let text = scraped(&app).await;
        for (sample, expected) in [
            (r#"dialgraph_sync_runs_total{track="CALL_RECORDS",status="FAILED"}"#, 1.0),
            (r#"dialgraph_sync_days{track="CALL_RECORDS",state="stale"}"#, 1.0),
            (r#"dialgraph_alerts_open{kind="DAY_FAILED"}"#, 1.0),
            (r#"dialgraph_alerts_open{kind="LAG"}"#, 1.0),
            (r#"dialgraph_platform_paused{track="CALL_RECORDS"}"#, 1.0),
            (r#"dialgraph_platform_credentials_refused{track="CALL_RECORDS"}"#, 0.0),
            (r#"dialgraph_http_requests_total{route="none",status="404"}"#, 2.0),
        ] {
            let found = value(&text, sample);
            assert!((found - expected).abs() < 1e-9, "{sample} {found}\n{text}");
        }
        let failed = value(&text, r#"dialgraph_platform_requests_total{result="http_5xx"}"#);
        let retries = value(&text, "dialgraph_platform_retries_total");
        assert!(failed >= 3.0 && retries >= 2.0, "each question is asked three times: {text}");
        assert!(!text.contains("nowhere") && !text.contains(TOKEN));
    };
}
