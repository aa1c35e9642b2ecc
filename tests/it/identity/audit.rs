//! What the audit log says of who came in and from where, and that nobody rewrites it.

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, header},
};
use chrono::TimeDelta;
use dialgraph::{domain::viewer::Role, http::HttpOptions};
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::{Value, json};
use std::net::SocketAddr;

use super::{PASSWORD, post, refresh, sign_in, user, viewer};
use crate::{
    cli::dialgraph,
    harness::{Backend, TestApp, answer},
    on_both,
    writes::done,
};

const REVOKE: &str = "/api/v1/auth/revoke";
const HERE: &str = "192.0.2.1";

/// What was recorded since the entry `after`, oldest first, each in a line.
async fn recorded(app: &TestApp, after: usize) -> Vec<String> {
    let query = "{ auditLog(orderBy: [{field: ID, direction: ASC}], first: 200) { nodes {
        actor role operation objectType changes clientAddress requestId } } }";
    let log = app.data(query).await["auditLog"]["nodes"].clone();
    let line = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().unwrap_or("-").to_owned();
        assert!(entry["requestId"].as_str().is_none_or(|id| !id.is_empty()));
        let words = ["actor", "role", "operation", "clientAddress"]
            .map(text)
            .join(" ");
        format!("{words} {}", entry["changes"])
    };
    log.as_array()
        .unwrap()
        .iter()
        .skip(after)
        .map(line)
        .collect()
}

on_both! {
    /// Who signs in, goes on with a stolen token, signs out, or cannot come in, is recorded with the
    /// address; passwords and tokens are not.
    signing_in_and_out_is_recorded = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let first = sign_in(&app, "li", PASSWORD).await;
        let used = first.text("refresh_token");
        refresh(&app, &used).await;
        app.clock.advance(TimeDelta::seconds(10));
        // Two had it; the second time there is nothing left to end.
        for _ in 0..2 {
            assert_eq!(refresh(&app, &used).await.text("error"), "invalid_grant");
        }
        let second = sign_in(&app, "LI@example.com ", PASSWORD).await;
        for _ in 0..2 {
            post(&app, REVOKE, &[("token", &second.text("access_token"))], "198.51.100.7").await;
        }
        sign_in(&app, "li", "correct horse batter").await;
        sign_in(&app, " Nobody@Example.com", "correct horse batter").await;
        let log = recorded(&app, 1).await;
        assert_eq!(log, [
            r#"user:1 AGENT signIn 192.0.2.1 {"session":"1"}"#,
            r#"user:1 AGENT refreshTokenReused 192.0.2.1 {"session":"1"}"#,
            r#"user:1 AGENT signIn 192.0.2.1 {"session":"2"}"#,
            r#"user:1 AGENT signOut 198.51.100.7 {"session":"2"}"#,
            r#"anonymous NONE signInFailed 192.0.2.1 {"account":"li"}"#,
            r#"anonymous NONE signInFailed 192.0.2.1 {"account":"n***@example.com"}"#,
        ]);
        let query = r#"{ auditLog(filter: { operation: { eq: "signInFailed" } }) { nodes { objectDatabaseId: objectId } } }"#;
        let users = app.data(query).await["auditLog"]["nodes"].clone();
        // Which user was meant is known, if there is one.
        assert_eq!(users[0]["objectDatabaseId"], Value::Null);
        assert!(users[1]["objectDatabaseId"].is_string());
        let rows = dialgraph::entity::audit_entry::Entity::find().all(app.database.db.read()).await.unwrap();
        let text = format!("{rows:?}");
        for secret in ["horse", &used, "li@example.com"] {
            assert!(!text.contains(secret), "{secret}");
        }
    };

    /// Whoever tries too often is recorded once for each wait, however often they try.
    one_address_cannot_fill_the_log = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for _ in 0..20 {
            sign_in(&app, "li", "wrong").await;
        }
        // Five attempts are free; the sixth has to wait a second.
        let wait = r#"anonymous NONE signInThrottled 192.0.2.1 {"account":"li","waitSeconds":1}"#;
        let log = recorded(&app, 0).await;
        assert_eq!((log.len(), log[5].as_str()), (6, wait));
        app.clock.advance(TimeDelta::seconds(1));
        for _ in 0..20 {
            sign_in(&app, "li", "wrong").await;
        }
        assert_eq!(recorded(&app, 6).await, [
            r#"anonymous NONE signInFailed 192.0.2.1 {"account":"li"}"#,
            r#"anonymous NONE signInThrottled 192.0.2.1 {"account":"li","waitSeconds":2}"#,
        ]);
        // Under ever other names the address itself has to wait after 50 attempts, and is told so once.
        app.clock.advance(TimeDelta::hours(2));
        for number in 0..80 {
            sign_in(&app, &format!("user{number}"), "wrong").await;
        }
        assert_eq!(recorded(&app, 8).await.len(), 51);
    };

    /// An access token can be given back by whoever has it, like any other token.
    an_access_token_is_given_back = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let input = json!({ "name": "BI", "role": "ANALYST" });
        let made = done(&app, "createAccessToken", "secret", input).await;
        let secret = made["secret"].as_str().unwrap();
        assert_eq!(viewer(&app, secret).await.as_deref(), Some("token:1 ANALYST"));
        for token in [secret, secret, "dg_unknown"] {
            assert_eq!(post(&app, REVOKE, &[("token", token)], HERE).await.status, StatusCode::OK);
        }
        assert_eq!(viewer(&app, secret).await, None);
        let revoked = r#"token:1 ANALYST revokeAccessToken 192.0.2.1 {"revokedAt":{"after":"2026-11-20T04:00:00Z","before":null}}"#;
        assert_eq!(recorded(&app, 1).await, [revoked]);
    };

    /// Every change says from where it came and with which request, as the answer's header does.
    a_change_says_where_it_came_from = async |backend: Backend| {
        let options = HttpOptions { trusted_proxies: 1, ..HttpOptions::default() };
        let app = TestApp::with_options(&backend, options).await;
        let change = r#"mutation { createAccessToken(input: { name: "BI", role: AGENT }) { userErrors { code } } }"#;
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/graphql")
            .header(header::AUTHORIZATION, format!("Bearer {}", app.token(Role::Admin)))
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-request-id", "ask-7")
            .header("x-forwarded-for", "10.0.0.9, 203.0.113.5")
            .body(Body::from(json!({ "query": change }).to_string()))
            .unwrap();
        let proxy: SocketAddr = "127.0.0.1:40000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(proxy));
        answer(app.send(request).await).await.data();
        let query = r#"{ auditLog(filter: { clientAddress: { eq: "203.0.113.5" } }) { nodes { actor operation clientAddress requestId } } }"#;
        let expected = json!([{ "actor": "test", "operation": "createAccessToken", "clientAddress": "203.0.113.5", "requestId": "ask-7" }]);
        assert_eq!(app.data(query).await["auditLog"]["nodes"], expected);

        let variables = [("DATABASE_URL", app.database.url.as_str()), ("USER_PASSWORD", PASSWORD)];
        assert!(dialgraph(&["user", "create", "--name", "li", "--role", "agent"], &variables).status.success());
        let query = r#"{ auditLog(filter: { operation: { eq: "createUser" } }) { nodes { actor clientAddress requestId } } }"#;
        let expected = json!([{ "actor": "cli", "clientAddress": "cli", "requestId": null }]);
        assert_eq!(app.data(query).await["auditLog"]["nodes"], expected);
    };

    /// What is written stays written, whoever has a way to the database.
    the_log_is_append_only = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let db = app.database.db.write();
        let columns = "id, at, actor, role, operation, object_type, changes";
        let row = |id: i64| format!("({columns}) VALUES ({id}, '2026-11-20T00:00:00+00:00', 'x', 'ADMIN', 'x', 'User', '{{}}')");
        let mut refused = vec![
            "UPDATE audit_log SET actor = 'x'".to_owned(),
            "UPDATE audit_log SET actor = 'x' WHERE id = 1".to_owned(),
            "DELETE FROM audit_log".to_owned(),
            "DELETE FROM audit_log WHERE id = 1".to_owned(),
        ];
        match backend {
            Backend::Sqlite => refused.push(format!("INSERT OR REPLACE INTO audit_log {}", row(1))),
            Backend::Postgres(_) => refused.extend([
                "TRUNCATE audit_log".to_owned(),
                format!("INSERT INTO audit_log {} ON CONFLICT (id) DO UPDATE SET actor = 'x'", row(1)),
            ]),
        }
        for sql in refused {
            let error = db.execute_unprepared(&sql).await.expect_err(&sql).to_string();
            assert!(error.contains("audit_log is append-only"), "{sql}: {error}");
        }
        db.execute_unprepared(&format!("INSERT INTO audit_log {}", row(1_000))).await.unwrap();
        let rows = dialgraph::entity::audit_entry::Entity::find().all(app.database.db.read()).await.unwrap();
        let ids: Vec<_> = rows.iter().map(|row| (row.id, row.actor.as_str())).collect();
        assert_eq!(ids, [(1, "test"), (1_000, "x")]);
    };
}
