//! What the platform pushes: accepted means stored, and whatever comes when makes the same call.

mod merging;
mod packages;
mod refusals;

use axum::{
    body::Body,
    http::{Request, header},
};
use dialgraph::{http::HttpOptions, store::rollups, store::tag_counts};
use serde_json::{Value, json};

use crate::harness::{Answer, Backend, TestApp, answer};

const SECRET: &str = "sixteen characters";

/// What pushes can say.
const FIELDS: &str = "phoneNumber callTime duration result grade hangupReason notes
    customerName province city task { externalId taskName } agent { name } tags { tagName tagValue }";

/// A service that takes pushes.
async fn app(backend: &Backend) -> TestApp {
    TestApp::with_options(backend, options()).await
}

fn options() -> HttpOptions {
    HttpOptions {
        webhook_secret: Some(SECRET.into()),
        ..HttpOptions::default()
    }
}

/// A push of a kind, as JSON, with the secret in its header.
fn request(kind: &str, body: &Value) -> Request<Body> {
    Request::post(format!("/webhooks/guanke/{kind}"))
        .header("X-Webhook-Secret", SECRET)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

async fn push(app: &TestApp, kind: &str, body: &Value) -> Answer {
    answer(app.send(request(kind, body)).await).await
}

/// A push that must be taken in.
async fn pushed(app: &TestApp, kind: &str, body: &Value) {
    let answer = push(app, kind, body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body, json!({ "code": 200, "message": "OK" }));
}

/// All calls, with what pushes can say.
async fn calls(app: &TestApp) -> Value {
    let query = format!("{{ calls {{ nodes {{ externalId {FIELDS} }} }} }}");
    app.data(&query).await["calls"]["nodes"].clone()
}

/// Figures and tags are those of a recount.
async fn assert_counted(app: &TestApp) {
    let db = &app.database.db;
    assert_eq!(rollups::differences(db).await.unwrap(), []);
    assert_eq!(tag_counts::differences(db).await.unwrap(), 0);
}
