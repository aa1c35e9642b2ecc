//! How often passwords can be tried.

use axum::http::{StatusCode, header};
use chrono::TimeDelta;

use super::{Granted, PASSWORD, post, sign_in, user};
use crate::{
    harness::{Backend, TestApp},
    on_both,
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
