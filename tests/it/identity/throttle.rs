//! How often passwords can be tried.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use chrono::TimeDelta;
use serde_json::json;

use super::{Granted, PASSWORD, post, sign_in, token_of, user};
use crate::{
    harness::{Backend, TestApp, answer},
    on_both,
    writes::problems,
};

/// The status, and how long to wait.
fn outcome(granted: &Granted) -> (u16, Option<&str>) {
    let wait = granted.headers.get(header::RETRY_AFTER);
    (
        granted.status.as_u16(),
        wait.map(|wait| wait.to_str().unwrap()),
    )
}

async fn from(app: &TestApp, address: &str, name: &str) -> Granted {
    let form = [
        ("grant_type", "password"),
        ("username", name),
        ("password", "wrong"),
    ];
    post(app, "/api/v1/auth/token", &form, address).await
}

on_both! {
    /// After five attempts each waits longer than the one before, for a name that there is and for
    /// one that there is not; a good one ends it.
    attempts_on_an_account_wait = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        for name in ["li", "nobody"] {
            for _ in 0..5 {
                assert_eq!(outcome(&sign_in(&app, name, "wrong").await), (400, None));
            }
            assert_eq!(outcome(&sign_in(&app, name, "wrong").await), (429, Some("1")));
            app.clock.advance(TimeDelta::seconds(1));
            assert_eq!(outcome(&sign_in(&app, name, "wrong").await), (400, None));
            assert_eq!(outcome(&sign_in(&app, name, PASSWORD).await), (429, Some("2")));
            app.clock.advance(TimeDelta::seconds(2));
        }
        assert_eq!(outcome(&sign_in(&app, "li", PASSWORD).await), (200, None));
        for _ in 0..5 {
            assert_eq!(outcome(&sign_in(&app, "li", "wrong").await), (400, None));
        }
        assert_eq!(sign_in(&app, "li", "wrong").await.status, StatusCode::TOO_MANY_REQUESTS);
    };

    /// By whatever name somebody is meant, and however it is written, it is one account; so is a name that
    /// nobody has.
    one_account_has_one_budget = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        user(&app, "wang", "AGENT").await;
        for names in [
            ["li", "li@example.com", "LI", "%ef%bd%8c%ef%bd%89", " LI@Example.com ", "l%e2%80%8bi"],
            ["nobody", "NOBODY", "n%ef%bd%8fbody", " nobody", "nobody%e3%80%80", "no%c2%adbody"],
            ["n@x", "N@X", "n%ef%bc%a0x", " n@x", "n@x%c2%a0", "n%e2%81%a0@x"],
        ] {
            for name in &names[..5] {
                assert_eq!(outcome(&sign_in(&app, name, "wrong").await), (400, None), "{name}");
            }
            for name in names {
                assert_eq!(outcome(&sign_in(&app, name, PASSWORD).await), (429, Some("1")), "{name}");
            }
        }
        assert_eq!(outcome(&sign_in(&app, "wang", PASSWORD).await), (200, None));
        // A good one ends the matter for all of them.
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(outcome(&sign_in(&app, "Li@example.com", PASSWORD).await), (200, None));
        assert_eq!(outcome(&sign_in(&app, "li", "wrong").await), (400, None));
    };

    /// The present password that `changePassword` asks for is on the same budgets, of the account and of
    /// the address.
    changing_a_password_is_an_attempt = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        user(&app, "li", "AGENT").await;
        let token = token_of(&app, "li").await;
        let change = async |current: &str| {
            let query = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { field code message } } }";
            let input = json!({ "input": { "currentPassword": current, "newPassword": "li" } });
            let mut request = Request::post("/graphql")
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(json!({ "query": query, "variables": input }).to_string()))
                .unwrap();
            let from: SocketAddr = "192.0.2.1:40000".parse().unwrap();
            request.extensions_mut().insert(ConnectInfo(from));
            let answer = answer(app.send(request).await).await.data();
            let errors = problems(&answer["changePassword"]["userErrors"]);
            errors.into_iter().find(|(path, _)| path == "input.currentPassword").map(|(_, code)| code)
        };
        for name in ["li", "LI@example.com", "li"] {
            assert_eq!(outcome(&sign_in(&app, name, "wrong").await), (400, None));
        }
        for _ in 0..2 {
            assert_eq!(change("wrong").await.as_deref(), Some("WRONG_PASSWORD"));
        }
        assert_eq!(change(PASSWORD).await.as_deref(), Some("TOO_MANY_ATTEMPTS"));
        assert_eq!(outcome(&sign_in(&app, "li@example.com", PASSWORD).await), (429, Some("1")));
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(change(PASSWORD).await, None);
        assert_eq!(outcome(&sign_in(&app, "li", "wrong").await), (400, None));
        // Of the address's fifty, six were wrong so far, and two came too early for the account.
        for attempt in 0..42 {
            assert_eq!(outcome(&from(&app, "192.0.2.1", &format!("n{attempt}")).await), (400, None), "{attempt}");
        }
        assert_eq!(change(PASSWORD).await.as_deref(), Some("TOO_MANY_ATTEMPTS"));
    };

    /// No wait for an account is longer than a minute.
    an_account_never_waits_long = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for _ in 0..20 {
            from(&app, "192.0.2.1", "li").await;
            app.clock.advance(TimeDelta::seconds(60));
        }
        from(&app, "192.0.2.1", "li").await;
        assert_eq!(outcome(&from(&app, "192.0.2.1", "li").await), (429, Some("60")));
    };

    /// An address that tries many names waits, and its IPv6 network with it; others do not.
    attempts_from_an_address_wait = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        for attempt in 0..50 {
            let address = format!("[2001:db8::{attempt:x}]");
            assert_eq!(outcome(&from(&app, &address, &format!("n{attempt}")).await), (400, None));
        }
        assert_eq!(outcome(&from(&app, "[2001:db8::ffff]", "other").await), (429, Some("1")));
        assert_eq!(outcome(&from(&app, "[2001:db8:0:1::1]", "other").await), (400, None));
        assert_eq!(outcome(&from(&app, "192.0.2.1", "other").await), (400, None));
    };
}
