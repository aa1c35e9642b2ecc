//! The client against a platform on a bad day.

use chrono::NaiveDate;
use futures_util::future::join_all;

use super::platform::{Platform, day, first_page, window};
use crate::guanke::simulator::{FaultKind, FaultOn};
use crate::guanke::{ClientConfig, Credentials, Error, StatisticsBy, TokenStore};

#[tokio::test]
async fn a_token_revoked_under_eight_pages_costs_one_login() {
    let platform = Platform::start().await;
    let client = platform.client();
    first_page(&client).await.unwrap();
    platform.simulator.revoke_tokens_after(3);
    let (from, to) = window(day());
    let pages = join_all((0..8).map(|_| client.call_records(from, to, 2))).await;
    for page in pages {
        assert_eq!(page.unwrap().received, 1_000);
    }
    let requests = platform.simulator.requests();
    assert_eq!(requests.logins, 2);
    assert!((1..=8).contains(&requests.unauthorised), "{requests:?}");
}

#[tokio::test]
async fn a_revoked_token_is_replaced_for_statistics_too() {
    let platform = Platform::start().await;
    let client = platform.client();
    client.statistics(day(), StatisticsBy::Task).await.unwrap();
    platform.simulator.revoke_tokens();
    client.statistics(day(), StatisticsBy::Task).await.unwrap();
    assert_eq!(platform.simulator.requests().logins, 2);
}

#[tokio::test]
async fn refusals_that_a_login_does_not_mend_end_in_a_clear_error() {
    for kind in [FaultKind::Code(401), FaultKind::HttpStatus(401)] {
        let platform = Platform::start().await;
        let client = platform.client();
        platform.page_fault(kind, None);
        assert!(matches!(
            first_page(&client).await,
            Err(Error::Unauthorised)
        ));
        let requests = platform.simulator.requests();
        assert_eq!((requests.logins, requests.pages), (2, 2));
    }
}

#[tokio::test]
async fn faults_that_pass_are_sat_out() {
    let platform = Platform::start().await;
    let client = platform.client();
    for kind in [
        FaultKind::HttpStatus(500),
        FaultKind::HttpStatus(502),
        FaultKind::Code(500),
        FaultKind::Code(429),
        FaultKind::Html,
        FaultKind::Truncated,
        FaultKind::TooManyRequests { retry_after: 0 },
    ] {
        let before = platform.simulator.requests().pages;
        platform.page_fault(kind.clone(), Some(2));
        assert_eq!(
            first_page(&client).await.unwrap().received,
            1_000,
            "{kind:?}"
        );
        assert_eq!(platform.simulator.requests().pages - before, 3, "{kind:?}");
    }
    assert_eq!(platform.simulator.requests().logins, 1);
}

#[tokio::test]
async fn faults_that_stay_are_told_apart() {
    let platform = Platform::start().await;
    let client = platform.client();
    for (kind, attempts, told) in [
        (
            FaultKind::HttpStatus(503),
            3,
            "Guanke answered with HTTP status 503",
        ),
        (
            FaultKind::Code(500),
            3,
            "Guanke answered with code 500: 系统繁忙",
        ),
        (
            FaultKind::Html,
            3,
            "Guanke's answer makes no sense: HTML instead of JSON",
        ),
        (
            FaultKind::Truncated,
            3,
            "Guanke's answer makes no sense: JSON that breaks off",
        ),
        (
            FaultKind::TooManyRequests { retry_after: 0 },
            3,
            "Guanke asks us to slow down",
        ),
        (
            FaultKind::HttpStatus(403),
            1,
            "Guanke answered with HTTP status 403",
        ),
        (
            FaultKind::Code(400),
            1,
            "Guanke answered with code 400: 系统繁忙",
        ),
    ] {
        let before = platform.simulator.requests().pages;
        platform.page_fault(kind, None);
        let error = first_page(&client).await.unwrap_err();
        assert_eq!(error.to_string(), told);
        assert_eq!(
            platform.simulator.requests().pages - before,
            attempts,
            "{told}"
        );
        platform.simulator.clear_faults();
    }
}

#[tokio::test]
async fn a_login_is_repeated_only_for_faults_that_pass() {
    let platform = Platform::start().await;
    let client = platform.client();
    platform.fault(FaultOn::Login, FaultKind::HttpStatus(502), Some(2));
    first_page(&client).await.unwrap();
    assert_eq!(platform.simulator.requests().logins, 1);
    platform.simulator.revoke_tokens();
    // Whatever the code of a refusal is.
    platform.fault(FaultOn::Login, FaultKind::Code(403), None);
    assert!(matches!(
        first_page(&client).await,
        Err(Error::Unauthorised)
    ));
    assert_eq!(platform.simulator.requests().faults, 3);
}

#[tokio::test]
async fn a_fault_of_one_page_of_one_day_strikes_no_other() {
    let platform = Platform::start().await;
    let client = platform.client();
    let on = |day: NaiveDate, page| FaultOn::Page {
        day: Some(day),
        page: Some(page),
    };
    platform.fault(on(day(), 2), FaultKind::Code(400), None);
    let (from, to) = window(day());
    assert!(client.call_records(from, to, 1).await.is_ok());
    assert!(client.call_records(from, to, 2).await.is_err());
    let (from, to) = window(day().pred_opt().unwrap());
    assert!(client.call_records(from, to, 2).await.is_ok());
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_a_transport_error() {
    let platform = Platform::start().await;
    let client = platform.client_of(ClientConfig {
        base_url: reqwest::Url::parse("http://127.0.0.1:1").unwrap(),
        ..platform.config()
    });
    let error = first_page(&client).await.unwrap_err();
    assert!(
        matches!(error, Error::Transport(_)) && error.is_retryable(),
        "{error}"
    );
    assert_private(&format!("{error} {error:?}"), &[]);
}

#[tokio::test]
async fn nothing_printed_holds_a_password_a_token_or_a_phone_number() {
    let platform = Platform::start().await;
    let client = platform.client();
    let page = first_page(&client).await.unwrap();
    let token = platform.tokens.load().await.unwrap().unwrap();
    let secret = Credentials::Secret("demo-secret".into());
    let printed = format!("{:?} {token:?} {secret:?}", platform.config());
    let value = secrecy::ExposeSecret::expose_secret(&token.value).to_owned();
    assert_private(&printed, &[&value]);
    let phones: Vec<&str> = page
        .records
        .iter()
        .filter_map(|record| record.phone_number.as_deref())
        .collect();
    assert_private(&format!("{page:?}"), &phones);

    for (on, kind) in [
        (FaultOn::Login, FaultKind::HttpStatus(500)),
        (FaultOn::Login, FaultKind::Html),
        (FaultOn::Login, FaultKind::Truncated),
        (FaultOn::Statistics, FaultKind::Truncated),
        (FaultOn::Statistics, FaultKind::HttpStatus(401)),
    ] {
        platform.simulator.revoke_tokens();
        platform.fault(on, kind, None);
        let error = client
            .statistics(day(), StatisticsBy::Task)
            .await
            .unwrap_err();
        assert_private(&format!("{error} {error:?}"), &[&value]);
        platform.simulator.clear_faults();
    }
}

fn assert_private(printed: &str, private: &[&str]) {
    let always = [
        "demo#密码",
        "demo%23",
        "demo-secret",
        "password=",
        "127.0.0.1:1/",
    ];
    for secret in always.iter().chain(private) {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
