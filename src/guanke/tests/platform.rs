//! A simulator on a loopback port, and clients of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use reqwest::Url;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::ManualClock;
use crate::domain::business_time::BusinessZone;
use crate::guanke::simulator::{Fault, FaultKind, FaultOn, Simulator, SimulatorConfig, serve};
use crate::guanke::{
    CallRecord, CdrApi, Client, ClientConfig, Credentials, Error, MemoryTokenStore, RecordPage,
    RetryPolicy, RouterExchange,
};

pub(super) const CALLS: u32 = 2_300;

/// A platform at ten in the evening of [`day`].
pub(super) struct Platform {
    pub(super) simulator: Simulator,
    pub(super) clock: Arc<ManualClock>,
    pub(super) tokens: Arc<MemoryTokenStore>,
    address: SocketAddr,
    server: JoinHandle<std::io::Result<()>>,
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub(super) fn day() -> NaiveDate {
    "2026-11-20".parse().unwrap()
}

/// The window of a whole day.
pub(super) fn window(day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let zone = BusinessZone::default();
    (zone.start_of(day), zone.end_of(day) - TimeDelta::seconds(1))
}

impl Platform {
    pub(super) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A platform that `change` makes different.
    pub(super) async fn with(change: impl FnOnce(&mut SimulatorConfig)) -> Self {
        let now = "2026-11-20T14:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::new(now));
        let first = day() - chrono::Days::new(30);
        let mut config = SimulatorConfig::new(42, first, day(), CALLS);
        change(&mut config);
        let simulator = Simulator::new(config, clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(serve(simulator.clone(), listener, std::future::pending()));
        Self {
            simulator,
            clock,
            tokens: Arc::new(MemoryTokenStore::new()),
            address,
            server,
        }
    }

    pub(super) fn config(&self) -> ClientConfig {
        let url = Url::parse(&format!("http://{}/", self.address)).unwrap();
        let credentials = Credentials::Password {
            username: "演示".to_owned(),
            password: "demo#密码".into(),
        };
        ClientConfig {
            request_timeout: Duration::from_secs(20),
            retry: RetryPolicy {
                max_attempts: 3,
                min_delay: Duration::ZERO,
                max_delay: Duration::ZERO,
            },
            max_requests_per_second: 1_000,
            ..ClientConfig::new(url, credentials)
        }
    }

    pub(super) fn client_of(&self, config: ClientConfig) -> Client {
        Client::new(config, self.clock.clone(), self.tokens.clone()).unwrap()
    }

    pub(super) fn client(&self) -> Client {
        self.client_of(self.config())
    }

    pub(super) fn client_by(&self, cdr_api: CdrApi) -> Client {
        self.client_of(ClientConfig {
            cdr_api,
            ..self.config()
        })
    }

    /// A client without sockets: under a paused clock, no time passes for it but what it waits.
    pub(super) fn client_in_process(&self, config: ClientConfig) -> Client {
        let exchange = Arc::new(RouterExchange::new(self.simulator.router()));
        Client::over(config, self.clock.clone(), self.tokens.clone(), exchange).unwrap()
    }

    pub(super) fn fault(&self, on: FaultOn, kind: FaultKind, times: Option<u32>) {
        self.simulator.add_fault(Fault { on, kind, times });
    }

    pub(super) fn page_fault(&self, kind: FaultKind, times: Option<u32>) {
        let on = FaultOn::Page {
            day: None,
            page: None,
        };
        self.fault(on, kind, times);
    }
}

pub(super) async fn first_page(client: &Client) -> Result<RecordPage, Error> {
    let (from, to) = window(day());
    client.call_records(from, to, 1).await
}

/// Every record of `day`.
pub(super) async fn all(client: &Client, day: NaiveDate) -> Vec<CallRecord> {
    let (from, to) = window(day);
    let mut records = Vec::new();
    for number in 1.. {
        let page = client.call_records(from, to, number).await.unwrap();
        assert_eq!(page.unusable, []);
        records.extend(page.records);
        if page.received < client.page_size() as usize {
            break;
        }
    }
    records
}
