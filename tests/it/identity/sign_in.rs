//! Signing in, going on, signing out.

use axum::http::{StatusCode, header};
use chrono::TimeDelta;
use dialgraph::{
    auth::JwtKeys,
    domain::viewer::{Role, Viewer},
    entity::refresh_token,
};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use super::{PASSWORD, post, refresh, sign_in, token_of, user, viewer};
use crate::{
    harness::{Backend, TestApp},
    on_both,
    writes::done,
};

const TOKEN: &str = "/api/v1/auth/token";
const REVOKE: &str = "/api/v1/auth/revoke";
const HERE: &str = "192.0.2.1";

on_both! {
    /// Name or address and password give a token that works, for as long as it says.
    a_password_gives_a_token = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "MANAGER").await;
        for name in ["li", " LI ", "Li@Example.com"] {
            let granted = sign_in(&app, name, PASSWORD).await;
            assert_eq!(granted.status, StatusCode::OK, "{:?}", granted.body);
            assert_eq!((&granted.body["token_type"], &granted.body["expires_in"]), (&json!("Bearer"), &json!(86_400)));
            assert!(granted.text("refresh_token").starts_with("dgr_"));
            let token = granted.text("access_token");
            assert_eq!(viewer(&app, &token).await.as_deref(), Some("user:1 MANAGER"));
        }
        let token = token_of(&app, "li").await;
        let query = "{ viewer { subject email role capabilities user { name email version } } }";
        let expected = json!({ "subject": "user:1", "email": "li@example.com", "role": "MANAGER",
            "capabilities": ["READ", "SEE_PHONE_NUMBERS", "REFRESH_STATS", "MANAGE_LEADS", "WRITE_CALLS", "REVEAL_PHONE_NUMBERS", "MAKE_ACCESS_TOKENS", "CHANGE_OWN_PASSWORD"],
            "user": { "name": "li", "email": "li@example.com", "version": 1 } });
        assert_eq!(app.query_by(&token, query, Value::Null).await.data()["viewer"], expected);
        // 24 hours, and a minute for clocks that differ.
        app.clock.advance(TimeDelta::seconds(86_459));
        assert!(viewer(&app, &token).await.is_some());
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(viewer(&app, &token).await, None);
    };

    /// Whoever cannot sign in learns nothing about why.
    every_refusal_looks_the_same = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let wang = user(&app, "wang", "AGENT").await;
        done(&app, "deactivateUser", "user { isActive }", json!({ "id": wang })).await;
        let expected = sign_in(&app, "nobody", PASSWORD).await;
        assert_eq!((expected.status, expected.text("error").as_str()), (StatusCode::BAD_REQUEST, "invalid_grant"));
        let long = "x".repeat(2_000);
        for (name, password) in [("li", "correct horse batter"), ("li", &long), ("wang", PASSWORD), ("LI@x", PASSWORD)] {
            let refused = sign_in(&app, name, password).await;
            assert_eq!((refused.status, &refused.body), (expected.status, &expected.body), "{name}");
        }
    };

    /// Requests that are none are refused as RFC 6749 says.
    malformed_requests_have_their_errors = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for (form, error) in [
            (&[][..], "invalid_request"),
            (&[("grant_type", "")], "invalid_request"),
            (&[("grant_type", "client_credentials")], "unsupported_grant_type"),
            (&[("grant_type", "password"), ("username", "li")], "invalid_request"),
            (&[("grant_type", "password"), ("grant_type", "password")], "invalid_request"),
            (&[("grant_type", "refresh_token")], "invalid_request"),
            (&[("grant_type", "refresh_token"), ("refresh_token", "dgr_x")], "invalid_grant"),
        ] {
            let refused = post(&app, TOKEN, form, HERE).await;
            assert_eq!((refused.status, refused.text("error").as_str()), (StatusCode::BAD_REQUEST, error), "{form:?}");
            assert!(!refused.headers.contains_key(header::RETRY_AFTER));
        }
        let long = "x".repeat(20_000);
        assert_eq!(post(&app, TOKEN, &[("grant_type", &long)], HERE).await.text("error"), "invalid_request");
    };

    /// A refresh token works once; who comes with a used one later on ends the whole session.
    a_refresh_token_used_twice_ends_its_session = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let first = sign_in(&app, "li", PASSWORD).await;
        let other = sign_in(&app, "li", PASSWORD).await;
        let second = refresh(&app, &first.text("refresh_token")).await;
        assert_eq!(second.status, StatusCode::OK);
        assert!(viewer(&app, &second.text("access_token")).await.is_some());
        assert_ne!(first.text("refresh_token"), second.text("refresh_token"));

        app.clock.advance(TimeDelta::seconds(10));
        assert_eq!(refresh(&app, &first.text("refresh_token")).await.text("error"), "invalid_grant");
        assert_eq!(refresh(&app, &second.text("refresh_token")).await.text("error"), "invalid_grant");
        for granted in [&first, &second] {
            assert_eq!(viewer(&app, &granted.text("access_token")).await, None);
        }
        // Another session of the same user has nothing to do with it.
        assert!(viewer(&app, &other.text("access_token")).await.is_some());
        assert_eq!(refresh(&app, &other.text("refresh_token")).await.status, StatusCode::OK);
    };

    /// 30 days after it was last continued a session cannot be continued.
    a_session_ends_by_itself = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let mut token = sign_in(&app, "li", PASSWORD).await.text("refresh_token");
        for _ in 0..2 {
            app.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
            token = refresh(&app, &token).await.text("refresh_token");
        }
        app.clock.advance(TimeDelta::days(30));
        assert_eq!(refresh(&app, &token).await.text("error"), "invalid_grant");
        // What nobody can use any more goes with the next sign-in.
        app.clock.advance(TimeDelta::days(1));
        sign_in(&app, "li", PASSWORD).await;
        assert_eq!(refresh_token::Entity::find().all(app.database.db.read()).await.unwrap().len(), 1);
    };

    /// Signing out ends the session, whichever of its tokens is given back; an unknown one is fine.
    signing_out_ends_a_session = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        for which in ["access_token", "refresh_token"] {
            let granted = sign_in(&app, "li", PASSWORD).await;
            assert!(viewer(&app, &granted.text("access_token")).await.is_some());
            assert_eq!(post(&app, REVOKE, &[("token", &granted.text(which))], HERE).await.status, StatusCode::OK);
            assert_eq!(viewer(&app, &granted.text("access_token")).await, None, "{which}");
            assert_eq!(refresh(&app, &granted.text("refresh_token")).await.text("error"), "invalid_grant");
        }
        assert_eq!(post(&app, REVOKE, &[("token", "x")], HERE).await.status, StatusCode::OK);
        assert_eq!(post(&app, REVOKE, &[], HERE).await.text("error"), "invalid_request");
        let foreign = app.token(Role::Admin);
        assert_eq!(post(&app, REVOKE, &[("token", &foreign)], HERE).await.text("error"), "unsupported_token_type");
    };

    /// Neither passwords nor tokens can be read in the database.
    the_database_has_no_secret = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let token = sign_in(&app, "li", PASSWORD).await.text("refresh_token");
        let users = dialgraph::entity::user::Entity::find().all(app.database.db.read()).await.unwrap();
        assert!(users[0].password_hash.expose().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(!format!("{users:?}").contains("argon2"));
        let rows = refresh_token::Entity::find().all(app.database.db.read()).await.unwrap();
        assert!(!rows[0].token_hash.expose().contains(&token[4..]) && rows[0].token_hash.expose().len() == 43);
    };

    /// Nobody but this service names a user of it, and a session is good for its own user only.
    a_token_that_others_mint_is_no_session = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        token_of(&app, "li").await;
        let keys = JwtKeys::new(&crate::harness::SECRET.into(), app.clock.clone());
        let hour = TimeDelta::hours(1);
        let admin = Viewer::user(1, Role::Admin, None);
        assert_eq!(viewer(&app, &keys.issue(&admin, hour).unwrap()).await, None);
        // The role is the user's, whatever the token says.
        let raised = keys.issue_for(&admin, 1, hour).unwrap();
        assert_eq!(viewer(&app, &raised).await.as_deref(), Some("user:1 AGENT"));
        for (id, session) in [(2, 1), (1, 99)] {
            let token = keys.issue_for(&Viewer::user(id, Role::Admin, None), session, hour).unwrap();
            assert_eq!(viewer(&app, &token).await, None);
        }
    };
}
