//! What the simulator does wrong on purpose, seen through the client.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use super::platform::{CALLS, Platform, all, day, first_page, window};
use crate::guanke::simulator::{Distortion, FaultKind, FaultProfile, PageAnswer, PageLog};
use crate::guanke::{ClientConfig, Error, RecordPage, RetryPolicy};

const TOTAL: u64 = CALLS as u64;

async fn distorted(distortion: Distortion) -> (Vec<String>, RecordPage) {
    let platform = Platform::start().await;
    let client = platform.client_in_process(ClientConfig {
        page_size: 10,
        ..platform.config()
    });
    platform.page_fault(FaultKind::Distorted(distortion), Some(1));
    let (from, to) = window(day());
    let page = client.call_records(from, to, 2).await.unwrap();
    (platform.simulator.record_ids(day()), page)
}

fn ids(page: &RecordPage) -> Vec<&String> {
    page.records.iter().map(|record| &record.id).collect()
}

#[tokio::test(start_paused = true)]
async fn rows_come_twice_or_not_at_all_or_shifted_and_totals_lie() {
    let (all, page) = distorted(Distortion {
        twice: 2,
        ..Distortion::default()
    })
    .await;
    let expected: Vec<_> = all[10..20].iter().chain(&all[10..12]).collect();
    assert_eq!((ids(&page), page.total_count), (expected, Some(TOTAL)));

    let (all, page) = distorted(Distortion {
        missing: 3,
        ..Distortion::default()
    })
    .await;
    let expected: Vec<_> = all[10..17].iter().collect();
    assert_eq!(
        (ids(&page), page.received, page.total_count),
        (expected, 7, Some(TOTAL))
    );

    let (all, page) = distorted(Distortion {
        shift: -1,
        ..Distortion::default()
    })
    .await;
    assert_eq!(ids(&page), all[9..19].iter().collect::<Vec<_>>());

    let (all, page) = distorted(Distortion {
        total: -5,
        ..Distortion::default()
    })
    .await;
    let expected: Vec<_> = all[10..20].iter().collect();
    assert_eq!((ids(&page), page.total_count), (expected, Some(TOTAL - 5)));
}

#[tokio::test(start_paused = true)]
async fn edits_and_removals_are_in_the_records() {
    let platform = Platform::start().await;
    let client = platform.client_in_process(platform.config());
    let nth = all(&client, day())
        .await
        .iter()
        .position(|record| record.result.is_connected())
        .unwrap();
    platform.simulator.edit_duration(day(), nth, 299);
    platform.simulator.edit_notes(day(), nth, "再联系");
    let gone = platform.simulator.remove_call(day(), nth + 1, true);
    let records = all(&client, day()).await;
    assert_eq!(
        (
            records[nth].duration_seconds,
            records[nth].details.notes.as_deref()
        ),
        (299, Some("再联系"))
    );
    assert!(records.iter().all(|record| record.id != gone));
    let (from, to) = window(day());
    assert_eq!(client.count(from, to).await.unwrap().value, Some(TOTAL - 1));
}

#[tokio::test(start_paused = true)]
async fn every_request_for_records_is_logged_with_what_came_of_it() {
    let platform = Platform::start().await;
    let client = platform.client_in_process(ClientConfig {
        page_size: 10,
        ..platform.config()
    });
    let (from, to) = window(day());
    client.call_records(from, to, 3).await.unwrap();
    platform.page_fault(FaultKind::Html, Some(1));
    client.count(from, to).await.unwrap();
    platform.simulator.revoke_tokens();
    client.count(from, to).await.unwrap();
    let log = |page, page_size, answer| PageLog {
        from: Some(from),
        to: Some(to),
        page,
        page_size,
        answer,
    };
    let expected = [
        log(3, 10, PageAnswer::Records(10)),
        log(1, 1, PageAnswer::Fault(FaultKind::Html)),
        log(1, 1, PageAnswer::Records(1)),
        log(1, 1, PageAnswer::Refused),
        log(1, 1, PageAnswer::Records(1)),
    ];
    assert_eq!(platform.simulator.pages_log(), expected);
    platform.page_fault(FaultKind::Hang(Duration::from_mins(1)), None);
    let asked = tokio::time::timeout(Duration::from_secs(1), client.count(from, to));
    assert!(asked.await.is_err());
    let last = platform.simulator.pages_log().pop().unwrap();
    assert_eq!(last.answer, PageAnswer::Dropped);
}

#[tokio::test(start_paused = true)]
async fn deep_pages_are_slower() {
    let platform = Platform::with(|config| {
        config.latency_per_page = Duration::from_secs(1);
        config.deep_page_percent = 10;
    })
    .await;
    let client = platform.client_in_process(ClientConfig {
        page_size: 10,
        ..platform.config()
    });
    first_page(&client).await.unwrap();
    let (from, to) = window(day());
    let start = Instant::now();
    client.call_records(from, to, 21).await.unwrap();
    let took = start.elapsed().as_millis();
    assert!((3_000..3_100).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_bad_day_begins_and_ends_and_is_the_same_for_a_seed() {
    let mut days = Vec::new();
    for seed in [5, 5, 6] {
        let platform =
            Platform::with(|config| config.latency_per_page = Duration::from_secs(1)).await;
        let client = platform.client_in_process(ClientConfig {
            page_size: 10,
            jitter_seed: Some(1),
            request_timeout: Duration::from_mins(1),
            retry: RetryPolicy {
                max_attempts: 2,
                ..RetryPolicy::default()
            },
            ..platform.config()
        });
        platform
            .simulator
            .follow_profile(Some(FaultProfile::bad(seed)));
        let (from, to) = window(day());
        let mut failed = Vec::new();
        for page in 1..=60 {
            let answer = client.call_records(from, to, page).await;
            failed.extend(answer.err().map(|error| (page, error.to_string())));
        }
        assert!((1..30).contains(&failed.len()), "{failed:?}");
        platform.simulator.follow_profile(None);
        let struck = platform.simulator.requests().faults;
        for page in 1..=60 {
            client.call_records(from, to, page).await.unwrap();
        }
        assert_eq!(platform.simulator.requests().faults, struck);
        days.push(failed);
    }
    assert_eq!(days[0], days[1]);
    assert_ne!(days[0], days[2]);
}

#[tokio::test(start_paused = true)]
async fn a_login_may_revoke_the_tokens_before_it() {
    let platform = Platform::with(|config| config.login_revokes = true).await;
    let client = platform.client_in_process(platform.config());
    first_page(&client).await.unwrap();
    // The token is renewed by another client, whose login is the end of the first one's token.
    platform.clock.advance(TimeDelta::days(29));
    let strangers = ClientConfig {
        credentials: crate::guanke::Credentials::Secret("demo-secret".into()),
        ..platform.config()
    };
    first_page(&platform.client_in_process(strangers))
        .await
        .unwrap();
    let requests = platform.simulator.requests();
    assert_eq!((requests.logins, requests.unauthorised), (2, 0));
    let answer: Result<_, Error> = first_page(&client).await;
    assert!(answer.is_ok());
    // It took the stored one, or logged in anew: the old one was not of use.
    assert_eq!(platform.simulator.requests().logins, 2);
}
