//! The real service over a test's database, with a clock that stands still and a platform of its own.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
    response::Response,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use dialgraph::{
    app::{self, Base, PlatformConfig, Service},
    auth::{ClaimRules, JwtKeys, KeySource, PublicKeys},
    clock::{Clock as _, ManualClock},
    domain::{
        business_time::{BusinessZone, DayRange},
        listing::{ListedBy, Listing},
        sync::{SyncStatus, SyncTrack, SyncTrigger, SyncWindow},
        viewer::{Role, Viewer},
    },
    graphql::Limits,
    guanke::{
        ClientConfig, Credentials, RetryPolicy,
        simulator::{Simulator, SimulatorConfig, serve},
    },
    http::{HttpOptions, Streams},
    metrics::Metrics,
    service::{
        accounts::{AccountOptions, Accounts},
        business_zone::settle,
        passwords::PasswordCost,
    },
    store::{ConnectOptions, Database, sync_runs::NewRun, sync_tracks},
    sync::{Job, Reporter, RunOutcome, Schedule, SyncOptions, Syncer},
};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt as _;

use super::{Backend, TestDatabase};

/// What tokens of tests are signed with.
pub const SECRET: &str = "a secret of tests, with more than 32 bytes";

/// The service, put together as in production.
pub struct TestApp {
    pub database: Arc<TestDatabase>,
    pub clock: Arc<ManualClock>,
    pub platform: Simulator,
    pub syncer: Syncer,
    base: Base,
    service: Service,
    /// What runs beside the service until it is dropped.
    background: DropGuard,
    keys: JwtKeys,
    statements: Arc<Mutex<Vec<String>>>,
    address: String,
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

impl Answer {
    /// The data, which must have come without errors.
    pub fn data(self) -> Value {
        assert_eq!(self.body["errors"], Value::Null, "{:#}", self.body);
        self.body["data"].clone()
    }

    /// The code of the first error.
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("{:#}", self.body))
    }

    /// The message of the first error.
    pub fn message(&self) -> &str {
        self.body["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
    }
}

/// Noon of Friday, 20 November 2026, in Shanghai.
pub const NOW: &str = "2026-11-20T04:00:00Z";

impl TestApp {
    /// A platform with three days of 300 calls, today included, and nothing read yet.
    pub async fn new(backend: &Backend) -> Self {
        Self::with_platform(backend, |_| {}).await
    }

    /// A platform that `change` makes different.
    pub async fn with_platform(
        backend: &Backend,
        change: impl FnOnce(&mut SimulatorConfig),
    ) -> Self {
        Self::with(
            backend,
            change,
            ClaimRules::default(),
            HttpOptions::default(),
        )
        .await
    }

    /// Other bounds of requests.
    pub async fn with_options(backend: &Backend, options: HttpOptions) -> Self {
        Self::with(backend, |_| {}, ClaimRules::default(), options).await
    }

    /// A service that reads tokens by `rules`.
    pub async fn with_rules(backend: &Backend, rules: ClaimRules) -> Self {
        Self::with(backend, |_| {}, rules, HttpOptions::default()).await
    }

    async fn with(
        backend: &Backend,
        change: impl FnOnce(&mut SimulatorConfig),
        rules: ClaimRules,
        options: HttpOptions,
    ) -> Self {
        let clock = Arc::new(ManualClock::new(NOW.parse().unwrap()));
        let mut config = SimulatorConfig::new(7, day("2026-11-18"), day("2026-11-20"), 300);
        change(&mut config);
        let platform = Simulator::new(config, clock.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(platform.clone(), listener, std::future::pending()));

        let mut database = TestDatabase::migrated(backend).await;
        let statements = Arc::new(Mutex::new(Vec::new()));
        let log = statements.clone();
        database
            .db
            .on_statement(move |sql| log.lock().unwrap().push(sql.to_owned()));
        if platform.listed_by() == ListedBy::CallTime {
            // As any platform is known after its first day was read.
            let listing = Listing {
                by: Some(ListedBy::CallTime),
                longest: TimeDelta::zero(),
            };
            let tx = database.db.begin().await.unwrap();
            let track = SyncTrack::CallRecords;
            sync_tracks::save_listing(&tx, track, listing, clock.now())
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        let base = Base {
            db: database.db.clone(),
            clock: clock.clone(),
            zone: BusinessZone::default(),
            secret: SECRET.into(),
            metrics: Metrics::default(),
        };
        let syncer = syncer(&base, &address);
        let keys = JwtKeys::new(&SECRET.into(), clock.clone());
        let keys = keys.with_rules(rules);
        let (service, background) = service(&base, &keys, &syncer, options);
        Self {
            database: Arc::new(database),
            clock,
            platform,
            syncer,
            base,
            service,
            background,
            keys,
            statements,
            address,
        }
    }

    /// From now on requests may ask for no more than this.
    pub fn limit(&mut self, limits: Limits) {
        self.configure(HttpOptions {
            limits,
            ..HttpOptions::default()
        });
    }

    /// From now on requests have these bounds.
    pub fn configure(&mut self, options: HttpOptions) {
        (self.service, self.background) = service(&self.base, &self.keys, &self.syncer, options);
    }

    /// From now on tokens are taken that are signed with the keys of `source`, which is read for the
    /// first time when they are needed.
    pub fn trust(&mut self, source: KeySource) {
        let keys = PublicKeys::new(source, self.clock.clone());
        self.keys = self.keys.clone().with_public_keys(Some(keys));
        self.configure(HttpOptions::default());
    }

    /// Another instance of the service, with a connection of its own, the only one it may have, on
    /// the same database and platform.
    pub async fn another_instance(&self) -> Syncer {
        let base = Base {
            db: self.database.connect_narrowly().await,
            ..self.base.clone()
        };
        syncer(&base, &self.address)
    }

    /// A syncer on the same database and platform that goes about its work in another way.
    pub fn syncer_with(&self, change: impl FnOnce(&mut SyncOptions)) -> Syncer {
        syncer_with(&self.base, &self.address, change)
    }

    /// Another instance of the whole service, which remembers nothing of what this one does.
    pub fn another_service(&self) -> Self {
        self.beside(self.base.clone())
    }

    /// Another instance of the whole service, whose users come in otherwise.
    pub fn another_service_with(&self, change: impl FnOnce(&mut AccountOptions)) -> Self {
        let mut options = account_options();
        change(&mut options);
        let http = HttpOptions::default();
        let (service, background) =
            service_with(&self.base, &self.keys, &self.syncer, http, options);
        Self {
            service,
            background,
            ..self.beside(self.base.clone())
        }
    }

    /// Another process of the service on the same database.
    pub async fn another_process(&self) -> Self {
        self.beside(Base {
            db: self.database.connect_again().await,
            ..self.base.clone()
        })
    }

    /// Another process of the service, on the same platform, that counts by the days of another time
    /// zone, as it does after a start: refused where these are not the days of the database.
    pub async fn in_zone(&self, name: &str) -> Self {
        let zone: BusinessZone = name.parse().unwrap();
        let db = self.database.connect_again().await;
        let base = Base {
            db: settle(db, zone, &*self.clock).await.unwrap(),
            zone,
            ..self.base.clone()
        };
        let syncer = syncer(&base, &self.address);
        Self {
            syncer,
            ..self.beside(base)
        }
    }

    /// Another process that opens the database in another way.
    pub async fn another_process_with(&self, options: ConnectOptions) -> Self {
        self.beside(Base {
            db: self.database.connect_as(options).await,
            ..self.base.clone()
        })
    }

    /// Another process on `db`.
    pub fn another_process_on(&self, db: Database) -> Self {
        self.beside(Base {
            db,
            ..self.base.clone()
        })
    }

    fn beside(&self, base: Base) -> Self {
        let (service, background) =
            service(&base, &self.keys, &self.syncer, HttpOptions::default());
        Self {
            database: self.database.clone(),
            clock: self.clock.clone(),
            platform: self.platform.clone(),
            syncer: self.syncer.clone(),
            base,
            service,
            background,
            keys: self.keys.clone(),
            statements: self.statements.clone(),
            address: self.address.clone(),
        }
    }

    /// What the service stands on.
    pub const fn base(&self) -> &Base {
        &self.base
    }

    /// A token for `role`, good for an hour.
    pub fn token(&self, role: Role) -> String {
        let viewer = Viewer::named("test", role);
        self.keys.issue(&viewer, TimeDelta::hours(1)).unwrap()
    }

    /// The HTTP service, to be put on a port.
    pub fn router(&self) -> Router {
        self.service.router.clone()
    }

    /// The WebSockets and event streams that the router opens.
    pub fn streams(&self) -> Streams {
        self.service.streams.clone()
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Response {
        self.router().oneshot(request).await.unwrap()
    }

    /// Sends a query as `role`.
    pub async fn query_as(&self, role: Role, query: &str) -> Answer {
        self.query_with(role, query, Value::Null).await
    }

    /// Sends a query with variables as `role`.
    pub async fn query_with(&self, role: Role, query: &str, variables: Value) -> Answer {
        self.query_by(&self.token(role), query, variables).await
    }

    /// Sends a query with variables as whoever holds `token`.
    pub async fn query_by(&self, token: &str, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let request = Request::builder()
            .method(Method::POST)
            .uri("/graphql")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        answer(self.send(request).await).await
    }

    /// Sends a query as an administrator.
    pub async fn query(&self, query: &str) -> Answer {
        self.query_as(Role::Admin, query).await
    }

    /// What a query answers, which must be without errors.
    pub async fn data(&self, query: &str) -> Value {
        self.query(query).await.data()
    }

    /// Reads days from the platform in the foreground.
    pub async fn sync(&self, track: SyncTrack, from: &str, to: &str) -> RunOutcome {
        run(&self.syncer, track, from, to).await
    }

    /// Reads days, which must succeed.
    pub async fn synced(&self, track: SyncTrack, from: &str, to: &str) -> RunOutcome {
        let outcome = self.sync(track, from, to).await;
        assert_eq!(outcome.status, SyncStatus::Succeeded, "{outcome:?}");
        outcome
    }

    /// Makes the catalogue know every grade that the platform gives.
    pub async fn know_all_grades(&self) {
        let mutation = r#"mutation { upsertGrade(input: { code: "NO_DEAL", label: "no deal",
            patterns: ["19元", "99元", "11元", "21元", "意向客户"] }) { userErrors { message } } }"#;
        let answer = self.data(mutation).await;
        assert_eq!(answer["upsertGrade"]["userErrors"], json!([]));
    }

    /// The time it is.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The SQL statements since this was last asked.
    pub fn statements(&self) -> Vec<String> {
        std::mem::take(&mut self.statements.lock().unwrap())
    }
}

/// As usual, with passwords that are hashed in no time.
fn account_options() -> AccountOptions {
    AccountOptions {
        cost: PasswordCost {
            memory: 8,
            passes: 1,
            at_once: 2,
        },
        ..AccountOptions::default()
    }
}

fn service(
    base: &Base,
    keys: &JwtKeys,
    syncer: &Syncer,
    http: HttpOptions,
) -> (Service, DropGuard) {
    service_with(base, keys, syncer, http, account_options())
}

/// The service over `base`, and what runs beside it until the guard is dropped.
fn service_with(
    base: &Base,
    keys: &JwtKeys,
    syncer: &Syncer,
    http: HttpOptions,
    options: AccountOptions,
) -> (Service, DropGuard) {
    let accounts: Accounts = app::accounts(base, options).unwrap();
    let stop = CancellationToken::new();
    let changes = app::follow_changes(base.clone(), accounts.clone(), stop.clone());
    tokio::spawn(changes);
    let service = app::http(base, keys.clone(), accounts, Some(syncer), http);
    (service, stop.drop_guard())
}

/// Reads days from the platform with `syncer`.
pub async fn run(syncer: &Syncer, track: SyncTrack, from: &str, to: &str) -> RunOutcome {
    let new = NewRun {
        track,
        window: SyncWindow::Manual,
        days: DayRange::new(day(from), day(to)).unwrap(),
        trigger: SyncTrigger::Cli,
    };
    syncer.run(new, Reporter::default()).await.unwrap()
}

/// A day by its name.
pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The answer's status and JSON.
pub async fn answer(response: Response) -> Answer {
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    Answer { status, body }
}

/// A syncer that asks the platform at `address`, with small pages and no pauses.
pub fn syncer(base: &Base, address: &str) -> Syncer {
    syncer_with(base, address, |_| {})
}

fn syncer_with(base: &Base, address: &str, change: impl FnOnce(&mut SyncOptions)) -> Syncer {
    let credentials = Credentials::Password {
        username: "演示".to_owned(),
        password: "demo#密码".into(),
    };
    let mut client = ClientConfig::new(address.parse().unwrap(), credentials);
    client.page_size = 100;
    client.non_seat_names.push("管理员".to_owned());
    client.max_requests_per_second = 1_000;
    client.retry = RetryPolicy {
        max_attempts: 3,
        min_delay: Duration::ZERO,
        max_delay: Duration::ZERO,
    };
    let job = |track, window, cron| Job::new(track, window, cron).unwrap();
    let schedule = Schedule {
        jobs: vec![
            job(SyncTrack::CallRecords, SyncWindow::T3, "5 1,10,15,21 * * *"),
            job(SyncTrack::CallRecords, SyncWindow::Today, "*/10 9-23 * * *"),
        ],
    };
    let mut options = SyncOptions {
        lease_poll: Duration::from_millis(5),
        // A day is asked for page by page, so that a test can name the page that fails.
        unknown_slices: 1,
        unknown_pages: 1,
        ..SyncOptions::default()
    };
    change(&mut options);
    let config = PlatformConfig {
        client,
        login: "演示".into(),
        schedule,
        options,
    };
    app::syncer(base, config).unwrap()
}
