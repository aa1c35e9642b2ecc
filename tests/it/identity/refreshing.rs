//! Refresh tokens that are used twice: at once, after a lost answer, and by a thief.

use axum::http::StatusCode;
use chrono::TimeDelta;
use dialgraph::entity::refresh_token;
use sea_orm::EntityTrait as _;
use serde_json::json;

use super::{Granted, PASSWORD, post, refresh, sign_in, user, viewer};
use crate::{
    harness::{Backend, TestApp},
    on_both,
    writes::done,
};

const REVOKE: &str = "/api/v1/auth/revoke";

/// The refresh token that another gives; none where that is refused.
async fn next(app: &TestApp, token: &str) -> Option<String> {
    let granted = refresh(app, token).await;
    if granted.status == StatusCode::OK {
        assert!(viewer(app, &granted.text("access_token")).await.is_some());
        return Some(granted.text("refresh_token"));
    }
    assert_eq!(granted.text("error"), "invalid_grant");
    None
}

async fn signed_in(app: &TestApp) -> Granted {
    user(app, "li", "AGENT").await;
    sign_in(app, "li", PASSWORD).await
}

on_both! {
    /// Tabs that go on at the same moment all go on, with one token.
    tabs_that_refresh_at_once_get_one_successor = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let other = app.another_process().await;
        let first = signed_in(&app).await.text("refresh_token");
        let tabs = (0..6).map(|tab| refresh(if tab % 2 == 0 { &app } else { &other }, &first));
        let granted = futures_util::future::join_all(tabs).await;
        let tokens: Vec<String> = granted.iter().map(|granted| granted.text("refresh_token")).collect();
        assert!(tokens.iter().all(|token| *token == tokens[0] && *token != first), "{tokens:?}");
        for granted in &granted {
            assert!(viewer(&app, &granted.text("access_token")).await.is_some());
        }
        // One row for it, whose hash says nothing of it.
        let rows = refresh_token::Entity::find().all(app.database.db.read()).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| !tokens[0].contains(row.token_hash.expose())));
        let second = next(&app, &tokens[0]).await.unwrap();
        assert!(next(&app, &second).await.is_some());
    };

    /// Whoever did not hear the answer asks again, for ten seconds.
    a_retry_after_a_lost_answer_works = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let first = signed_in(&app).await.text("refresh_token");
        let second = next(&app, &first).await.unwrap();
        for seconds in [0, 4, 5] {
            app.clock.advance(TimeDelta::seconds(seconds));
            assert_eq!(next(&app, &first).await.as_ref(), Some(&second));
        }
        // Being asked again makes the grace no longer.
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(next(&app, &first).await, None);
        assert_eq!(next(&app, &second).await, None, "the session is over");
    };

    /// A clock that is a little behind that of another instance is in the grace, one that is far is not.
    clocks_may_differ_a_little = async |backend: Backend| {
        for (behind, is_granted) in [(TimeDelta::seconds(2), true), (TimeDelta::minutes(5), true), (TimeDelta::minutes(6), false)] {
            let app = TestApp::new(&backend).await;
            let first = signed_in(&app).await.text("refresh_token");
            let second = next(&app, &first).await.unwrap();
            app.clock.advance(-behind);
            let again = refresh(&app, &first).await;
            assert_eq!(again.status == StatusCode::OK, is_granted, "{behind}");
            assert!(!is_granted || again.text("refresh_token") == second);
        }
    };

    /// Where the successor was used as well, the one that is still good is given: the slower tab must not
    /// end the session with what it was given.
    a_slow_tab_gets_the_one_that_is_good = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let first = signed_in(&app).await.text("refresh_token");
        let second = next(&app, &first).await.unwrap();
        app.clock.advance(TimeDelta::seconds(5));
        let third = next(&app, &second).await.unwrap();
        let fourth = next(&app, &third).await.unwrap();
        for token in [&first, &second, &third] {
            assert_eq!(next(&app, token).await.as_ref(), Some(&fourth));
        }
        app.clock.advance(TimeDelta::seconds(5));
        assert_eq!(next(&app, &second).await.as_ref(), Some(&fourth));
        // The first one's time is over, whatever followed.
        assert_eq!(next(&app, &first).await, None);
        assert_eq!(next(&app, &fourth).await, None);
    };

    /// What ended within the grace stays ended.
    an_ended_session_has_no_grace = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let li = user(&app, "li", "AGENT").await;
        for how in 0..3 {
            let granted = sign_in(&app, "li", PASSWORD).await;
            let first = granted.text("refresh_token");
            let second = next(&app, &first).await.unwrap();
            match how {
                0 => assert_eq!(post(&app, REVOKE, &[("token", &second)], "192.0.2.1").await.status, StatusCode::OK),
                1 => {
                    done(&app, "changePassword", "user { id }", json!({ "id": li, "newPassword": PASSWORD })).await;
                }
                _ => {
                    done(&app, "deactivateUser", "user { id }", json!({ "id": li })).await;
                    assert_eq!(next(&app, &first).await, None);
                    done(&app, "updateUser", "user { id }", json!({ "id": li, "isActive": true })).await;
                }
            }
            for token in [&first, &second, &first] {
                assert_eq!(next(&app, token).await, None, "{how}");
            }
            assert_eq!(viewer(&app, &granted.text("access_token")).await, None);
        }
    };

    /// The grace is a setting; without one the second use ends the session, as of two at once one does.
    without_grace_a_second_use_ends_the_session = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let strict = app.another_service_with(|options| options.refresh_grace = TimeDelta::zero());
        let first = signed_in(&app).await.text("refresh_token");
        let tries = futures_util::future::join_all((0..5).map(|_| refresh(&strict, &first))).await;
        let granted: Vec<_> = tries.iter().filter(|tried| tried.status == StatusCode::OK).collect();
        assert_eq!(granted.len(), 1, "{tries:?}");
        assert_eq!(next(&strict, &granted[0].text("refresh_token")).await, None);

        let patient = app.another_service_with(|options| options.refresh_grace = TimeDelta::minutes(2));
        let first = sign_in(&app, "li", PASSWORD).await.text("refresh_token");
        let second = next(&patient, &first).await.unwrap();
        app.clock.advance(TimeDelta::seconds(119));
        assert_eq!(next(&patient, &first).await, Some(second));
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(next(&patient, &first).await, None);
    };

    /// A token that was used in its last second gives its successor in the seconds after it, and an
    /// unused one does not.
    the_grace_goes_beyond_the_end_of_a_token = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let first = signed_in(&app).await.text("refresh_token");
        let unused = sign_in(&app, "li", PASSWORD).await.text("refresh_token");
        app.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
        let second = next(&app, &first).await.unwrap();
        app.clock.advance(TimeDelta::seconds(2));
        // What nobody can use any more goes now.
        sign_in(&app, "li", PASSWORD).await;
        assert_eq!(next(&app, &first).await, Some(second));
        assert_eq!(next(&app, &unused).await, None);
    };
}
