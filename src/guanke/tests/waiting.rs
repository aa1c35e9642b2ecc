//! How long the client waits, for what: in tokio's time, which passes by itself here.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::platform::{CALLS, Platform, day, first_page, window};
use crate::guanke::simulator::FaultKind;
use crate::guanke::{
    Client, ClientConfig, Error, LoginClaim, PaceSnapshot, RetryPolicy, RouterExchange,
    StoredToken, TokenStore, TokenStoreError,
};

/// How long `work` takes.
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let done = work.await;
    (done, start.elapsed())
}

fn seconds(from: f64, took: Duration, to: f64) {
    let took = took.as_secs_f64();
    assert!(from <= took && took <= to, "{took}");
}

/// Three attempts, 8 s and 16 s apart at most.
fn patient(platform: &Platform) -> ClientConfig {
    ClientConfig {
        retry: RetryPolicy {
            max_attempts: 3,
            min_delay: Duration::from_secs(8),
            max_delay: Duration::from_secs(20),
        },
        page_size: 10,
        jitter_seed: Some(1),
        ..platform.config()
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_a_time_out_and_asked_for_again() {
    let platform = Platform::start().await;
    let client = platform.client_in_process(ClientConfig {
        request_timeout: Duration::from_secs(5),
        page_size: 10,
        ..platform.config()
    });
    let hang = FaultKind::Hang(Duration::from_secs(30));
    platform.page_fault(hang.clone(), Some(1));
    let (page, took) = timed(first_page(&client)).await;
    let page = page.unwrap();
    assert_eq!((page.received, page.retries), (10, 1));
    seconds(5.0, took, 5.5);
    platform.page_fault(hang, None);
    let (page, took) = timed(first_page(&client)).await;
    assert!(matches!(page, Err(Error::Timeout)));
    seconds(15.0, took, 15.5);
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_with_a_jitter_that_a_seed_repeats() {
    let platform = Platform::start().await;
    first_page(&platform.client_in_process(patient(&platform)))
        .await
        .unwrap();
    platform.page_fault(FaultKind::HttpStatus(503), None);
    let mut pauses = Vec::new();
    for jitter_seed in [1, 1, 2] {
        let client = platform.client_in_process(ClientConfig {
            jitter_seed: Some(jitter_seed),
            ..patient(&platform)
        });
        let (page, took) = timed(first_page(&client)).await;
        assert!(matches!(page, Err(Error::Status(503))));
        seconds(0.0, took, 8.0 + 16.0 + 0.5);
        pauses.push(took);
    }
    assert_eq!(pauses[0], pauses[1]);
    assert_ne!(pauses[0], pauses[2]);
}

#[tokio::test(start_paused = true)]
async fn while_the_platform_asks_to_wait_nobody_asks() {
    let platform = Platform::start().await;
    let client = platform.client_in_process(patient(&platform));
    first_page(&client).await.unwrap();
    let before = platform.simulator.requests().pages;
    // Longer than any pause of ours, and not cut short.
    platform.page_fault(FaultKind::TooManyRequests { retry_after: 240 }, Some(1));
    let struck = timed(first_page(&client));
    let other = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (page, took) = timed(first_page(&client)).await;
        (page.unwrap().retries, took)
    };
    let early = async {
        tokio::time::sleep(Duration::from_secs(239)).await;
        platform.simulator.requests().pages - before
    };
    let ((page, took), (retries, other_took), asked) = tokio::join!(struck, other, early);
    assert_eq!((page.unwrap().retries, retries, asked), (1, 0, 1));
    seconds(240.0, took, 241.0);
    seconds(239.0, other_took, 240.0);
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_wants_too_much_peace_is_given_up_at_once_and_asked_again_later() {
    let platform = Platform::start().await;
    let client = platform.client_in_process(patient(&platform));
    first_page(&client).await.unwrap();
    let before = platform.simulator.requests().pages;
    platform.page_fault(FaultKind::TooManyRequests { retry_after: 900 }, Some(1));
    for left in [900.0, 890.0] {
        let (page, took) = timed(first_page(&client)).await;
        match page {
            Err(Error::RateLimited {
                retry_after: Some(wait),
            }) => seconds(left - 0.5, wait, left),
            other => panic!("{other:?}"),
        }
        seconds(0.0, took, 0.1);
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    assert_eq!(platform.simulator.requests().pages - before, 1);
    tokio::time::sleep(Duration::from_secs(880)).await;
    assert_eq!(first_page(&client).await.unwrap().received, 10);
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_under_way_than_allowed() {
    let platform = Platform::with(|config| config.latency_per_page = Duration::from_secs(1)).await;
    let client = platform.client_in_process(ClientConfig {
        max_concurrency: 4,
        page_size: 10,
        ..platform.config()
    });
    let (from, to) = window(day());
    let pages = join_all((1..=20).map(|page| client.call_records(from, to, page)));
    let look = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        client.pace()
    };
    let ((pages, took), pace) = tokio::join!(timed(pages), look);
    assert!(pages.iter().all(Result::is_ok));
    assert_eq!(
        pace,
        PaceSnapshot {
            limit: 4,
            in_flight: 4,
            waiting: 16
        }
    );
    assert_eq!(platform.simulator.requests().most_pages_at_once, 4);
    // Twenty pages of a second, four at once.
    seconds(5.0, took, 5.2);
}

#[tokio::test(start_paused = true)]
async fn requests_keep_below_the_rate() {
    let platform = Platform::start().await;
    let client = platform.client_in_process(ClientConfig {
        max_requests_per_second: 10,
        page_size: 10,
        ..platform.config()
    });
    let (from, to) = window(day());
    let pages = join_all((1..=41).map(|page| client.call_records(from, to, page)));
    let (pages, took) = timed(pages).await;
    assert!(pages.iter().all(Result::is_ok));
    // 41 pages and a login: 41 pauses of a tenth of a second.
    seconds(4.0, took, 4.3);
}

#[tokio::test(start_paused = true)]
async fn a_busy_day_is_counted_with_a_page_of_one() {
    let platform = Platform::start().await;
    let client = platform.client_in_process(platform.config());
    let (from, to) = window(day());
    platform.page_fault(FaultKind::Html, Some(2));
    let count = client.count(from, to).await.unwrap();
    assert_eq!((count.value, count.retries), (Some(u64::from(CALLS)), 2));
    assert!(matches!(
        client.count(to, from).await,
        Err(Error::EmptyWindow)
    ));
}

/// A store with one connection to its database, which takes `save_takes` to keep a token.
struct OneConnection {
    connection: Mutex<()>,
    save_takes: Duration,
}

#[async_trait]
impl TokenStore for OneConnection {
    async fn load(&self) -> Result<Option<StoredToken>, TokenStoreError> {
        Ok(None)
    }

    async fn save(&self, _token: &StoredToken) -> Result<(), TokenStoreError> {
        let _connection = self.connection.lock().await;
        tokio::time::sleep(self.save_takes).await;
        Ok(())
    }

    async fn forget(&self, _token: &StoredToken) -> Result<(), TokenStoreError> {
        Ok(())
    }

    async fn keep_login(&self, _claim: &LoginClaim) -> Result<(), TokenStoreError> {
        drop(self.connection.lock().await);
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_kept_by_the_connection_that_its_claim_waits_for() {
    let platform = Platform::start().await;
    let store = Arc::new(OneConnection {
        connection: Mutex::default(),
        // Longer than until the claim is held on.
        save_takes: Duration::from_secs(25),
    });
    let exchange = Arc::new(RouterExchange::new(platform.simulator.router()));
    let clock = platform.clock.clone();
    let client = Client::over(patient(&platform), clock, store, exchange).unwrap();
    let limit = Duration::from_mins(1);
    let (page, took) = timed(tokio::time::timeout(limit, first_page(&client))).await;
    assert_eq!(page.unwrap().unwrap().received, 10);
    seconds(25.0, took, 25.5);
}
