//! Tokens that other services mint.

use chrono::TimeDelta;
use dialgraph::{
    auth::{ClaimRules, JwtKeys},
    domain::viewer::{Role, Viewer},
};

use super::viewer;
use crate::harness::{Backend, SECRET, TestApp};

/// Where an issuer and an audience are configured, tokens of others are refused.
#[tokio::test]
async fn tokens_for_others_are_refused() {
    let rules = |issuer: &str| ClaimRules {
        issuer: Some(issuer.to_owned()),
        audience: Some("dialgraph".to_owned()),
        ..ClaimRules::default()
    };
    let app = TestApp::with_rules(&Backend::Sqlite, rules("https://sso")).await;
    let token = |rules: ClaimRules| {
        let keys = JwtKeys::new(&SECRET.into(), app.clock.clone());
        let viewer = Viewer::named("li", Role::Agent);
        let issued = keys.with_rules(rules).issue(&viewer, TimeDelta::hours(1));
        issued.unwrap()
    };
    let good = token(rules("https://sso"));
    assert_eq!(viewer(&app, &good).await.as_deref(), Some("li AGENT"));
    let other = token(rules("https://other"));
    assert_eq!(viewer(&app, &other).await, None);
    assert_eq!(viewer(&app, &token(ClaimRules::default())).await, None);
}
