//! Users and their tokens: signing in and out, what programs come in with, and who may do what.

mod access_tokens;
mod audit;
mod claims;
mod command;
mod foreign;
mod forms;
mod issuer;
mod key_sets;
mod names;
mod powers;
mod races;
mod refreshing;
mod sign_in;
mod throttle;
mod tokens;
mod unstorable;
mod users;
mod waiting;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use dialgraph::store::{
    Transaction, lock_row,
    users::{UserRow, Users},
};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement};
use serde_json::{Value, json};
use std::net::SocketAddr;

use crate::{
    harness::{Answer, TestApp, answer},
    writes::done,
};

/// A password that is good enough.
pub const PASSWORD: &str = "correct horse battery";

/// An answer of the OAuth endpoints.
#[derive(Debug)]
pub struct Granted {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Granted {
    /// A text of the answer.
    pub fn text(&self, field: &str) -> String {
        let text = self.body[field].as_str();
        text.unwrap_or_else(|| panic!("{:#}", self.body)).to_owned()
    }
}

/// Sends a form from an address.
pub async fn post(app: &TestApp, path: &str, form: &[(&str, &str)], from: &str) -> Granted {
    let body: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace('@', "%40").replace(' ', "+")))
        .collect();
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body.join("&")))
        .unwrap();
    let from: SocketAddr = format!("{from}:40000").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(from));
    let response = app.send(request).await;
    let headers = response.headers().clone();
    let Answer { status, body } = answer(response).await;
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    Granted {
        status,
        headers,
        body,
    }
}

/// Signs in with a name and a password.
pub async fn sign_in(app: &TestApp, name: &str, password: &str) -> Granted {
    let form = [
        ("grant_type", "password"),
        ("username", name),
        ("password", password),
    ];
    post(app, "/api/v1/auth/token", &form, "192.0.2.1").await
}

/// Goes on with a refresh token.
pub async fn refresh(app: &TestApp, token: &str) -> Granted {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    post(app, "/api/v1/auth/token", &form, "192.0.2.1").await
}

/// Makes a user with [`PASSWORD`], and says its id.
pub async fn user(app: &TestApp, name: &str, role: &str) -> String {
    let input = json!({ "name": name, "email": format!("{name}@example.com"), "role": role, "password": PASSWORD });
    let created = done(app, "createUser", "user { id }", input).await;
    created["user"]["id"].as_str().unwrap().to_owned()
}

/// A token (JWT) of a user who signs in.
pub async fn token_of(app: &TestApp, name: &str) -> String {
    sign_in(app, name, PASSWORD).await.text("access_token")
}

/// Sends a mutation with one input as whoever holds `token`.
pub async fn mutate(app: &TestApp, token: &str, field: &str, input: Value) -> Answer {
    let (first, rest) = field.split_at(1);
    let query = format!(
        "mutation($input: {}{rest}Input!) {{ {field}(input: $input) {{ userErrors {{ code }} }} }}",
        first.to_uppercase()
    );
    app.query_by(token, &query, json!({ "input": input })).await
}

/// Who a token says that one is; none where it is refused.
pub async fn viewer(app: &TestApp, token: &str) -> Option<String> {
    let asked = app
        .query_by(token, "{ viewer { subject role } }", Value::Null)
        .await;
    if asked.status == StatusCode::UNAUTHORIZED {
        return None;
    }
    let viewer = asked.data()["viewer"].clone();
    Some(format!(
        "{} {}",
        viewer["subject"].as_str().unwrap(),
        viewer["role"].as_str().unwrap()
    ))
}

/// A transaction that has changed something of the first user, and is not committed: whoever writes of
/// them waits.
pub async fn held(app: &TestApp) -> (Transaction, UserRow) {
    let tx = app.database.db.begin().await.unwrap();
    let user = lock_row::<Users>(&tx, 1).await.unwrap().unwrap();
    (tx, user)
}

/// Returns when somebody waits for what a transaction holds.
pub async fn until_somebody_waits(app: &TestApp) {
    let db = &app.database.db;
    let waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waits = Statement::from_string(DatabaseBackend::Postgres, waits);
    loop {
        let somebody = match db.read().get_database_backend() {
            DatabaseBackend::Postgres => {
                let found = db.read().query_one_raw(waits.clone()).await.unwrap();
                found.is_some()
            }
            _ => db.writers().iter().any(|lane| lane.waiting > 0),
        };
        if somebody {
            return;
        }
        tokio::task::yield_now().await;
    }
}
