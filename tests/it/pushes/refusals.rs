//! Who may push, and what.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use dialgraph::http::HttpOptions;
use serde_json::{Value, json};

use super::{SECRET, app, calls, push, request};
use crate::{
    harness::{Answer, Backend, TestApp, answer},
    on_both,
};

async fn send(app: &TestApp, uri: &str, secret: Option<&str>, body: &str) -> Answer {
    let mut request = Request::post(uri);
    if let Some(secret) = secret {
        request = request.header("X-Webhook-Secret", secret);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    answer(app.send(request).await).await
}

const PUSH: &str = r#"{"id": 1, "callTime": "2026-11-19 10:00:00", "callState": 2, "duration": 5}"#;

on_both! {
    /// Only who knows the secret is let in, by the header or the query; the header counts.
    only_the_secret_lets_in = async |backend: Backend| {
        let app = app(&backend).await;
        let cdr = "/webhooks/guanke/cdr";
        let by_query = format!("{cdr}?secret=sixteen%20characters");
        let wrong = "sixteen charakters";
        for (uri, secret, status) in [
            (cdr, None, 401),
            (cdr, Some(wrong), 401),
            (cdr, Some(""), 401),
            ("/webhooks/guanke/cdr?secret=wrong", None, 401),
            (by_query.as_str(), Some(wrong), 401),
        ] {
            let refused = send(&app, uri, secret, PUSH).await;
            assert_eq!((refused.status.as_u16(), &refused.body["code"]), (status, &json!(status)), "{uri}");
            assert!(!refused.body.to_string().contains("charakters"), "{}", refused.body);
        }
        assert_eq!(calls(&app).await, json!([]));
        for (uri, secret) in [(cdr, Some(SECRET)), (by_query.as_str(), None), ("/webhooks/guanke/FORM", Some(SECRET))] {
            assert_eq!(send(&app, uri, secret, PUSH).await.status, 200, "{uri}");
        }
        assert_eq!(calls(&app).await.as_array().unwrap().len(), 1);
    };

    /// Without a secret there is no such address; nor are there others.
    without_a_secret_there_is_nothing = async |backend: Backend| {
        let app = TestApp::with_options(&backend, HttpOptions::default()).await;
        let nothing = push(&app, "cdr", &json!({ "id": 1 })).await;
        assert_eq!((nothing.status, nothing.code()), (StatusCode::NOT_FOUND, "NOT_FOUND"));
        let app = super::app(&backend).await;
        assert_eq!(push(&app, "other", &json!({ "id": 1 })).await.status, 404);
        let get = Request::get("/webhooks/guanke/cdr").body(Body::empty()).unwrap();
        assert_eq!(app.send(get).await.status(), 405);
    };

    /// What cannot be used is refused with the reason, and keeps nothing.
    what_cannot_be_used_is_refused = async |backend: Backend| {
        let app = app(&backend).await;
        for (body, reason) in [
            ("", ""),
            ("garbage", ""),
            ("[1]", ""),
            (r#"{"callTime": "2026-11-19 10:00:00"}"#, "id"),
            // One that cannot be used takes the others with it: they come again together.
            (r#"[{"id": 7, "callTime": "2026-11-19 10:00:00"}, {"grade": "A"}]"#, "id"),
        ] {
            let refused = send(&app, "/webhooks/guanke/cdr", Some(SECRET), body).await;
            assert_eq!((refused.status.as_u16(), &refused.body["code"]), (400, &json!(400)), "{body}");
            let message = refused.body["message"].as_str().unwrap();
            assert!(!message.is_empty() && message.contains(reason), "{body}: {message}");
        }
        let long = format!(r#"{{"id": 7, "remark": "{}"}}"#, "x".repeat(1024 * 1024));
        let refused = send(&app, "/webhooks/guanke/cdr", Some(SECRET), &long).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (413, &json!(413)));
        assert_eq!(calls(&app).await, json!([]));
    };

    /// While the database cannot take it in, the platform is told to send it again.
    what_cannot_be_stored_is_to_come_again = async |backend: Backend| {
        use sea_orm::ConnectionTrait as _;
        let app = app(&backend).await;
        let db = app.database.db.write();
        db.execute_unprepared("ALTER TABLE call_pushes RENAME TO elsewhere").await.unwrap();
        let body = json!({ "id": 1, "callTime": "2026-11-19 10:00:00" });
        let refused = push(&app, "cdr", &body).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (503, &json!(503)));
        let message = refused.body["message"].as_str().unwrap();
        assert!(!message.contains("call_pushes"), "{message}");
        db.execute_unprepared("ALTER TABLE elsewhere RENAME TO call_pushes").await.unwrap();
        let taken: Value = answer(app.send(request("cdr", &body)).await).await.body;
        assert_eq!(taken["code"], 200);
        assert_eq!(calls(&app).await.as_array().unwrap().len(), 1);
    };
}
