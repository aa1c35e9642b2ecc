//! A process of the service, without its HTTP side: it can be started, and killed.

use std::{sync::Arc, time::Duration};

use dialgraph::{
    clock::Clock,
    domain::{
        business_time::{BusinessZone, DayRange},
        sync::{SyncTrack, SyncTrigger, SyncWindow},
    },
    guanke::{
        BreakerOptions, Client, ClientConfig, Credentials, RetryPolicy, RouterExchange,
        simulator::Simulator,
    },
    service::refresh::Refresher as _,
    store::Database,
    sync::{DatabaseTokenStore, Job, Schedule, SyncOptions, Syncer},
};
use tokio::task::JoinHandle;

use crate::harness::SECRET;

/// What all processes of a simulation share.
#[derive(Clone)]
pub struct Surroundings {
    pub db: Database,
    pub clock: Arc<dyn Clock>,
    pub platform: Simulator,
    /// Records a page.
    pub page_size: u32,
    /// Slices that an unknown day is cut into.
    pub slices: u32,
}

/// A process.
pub struct Process {
    syncer: Syncer,
    background: JoinHandle<()>,
}

impl Process {
    /// Starts one.
    pub fn start(surroundings: &Surroundings, name: &str) -> Self {
        let Surroundings {
            db,
            clock,
            platform,
            page_size,
            slices,
        } = surroundings;
        let login = "demo-secret".into();
        let tokens = DatabaseTokenStore::new(
            db.clone(),
            clock.clone(),
            name.to_owned(),
            "http://platform",
            &login,
            &SECRET.into(),
        )
        .unwrap();
        let credentials = Credentials::Secret(login);
        let mut config = ClientConfig::new("http://platform".parse().unwrap(), credentials);
        config.page_size = *page_size;
        config.request_timeout = Duration::from_secs(20);
        config.retry = RetryPolicy {
            max_attempts: 3,
            ..RetryPolicy::default()
        };
        let exchange = RouterExchange::new(platform.router());
        let client =
            Client::over(config, clock.clone(), Arc::new(tokens), Arc::new(exchange)).unwrap();
        let options = SyncOptions {
            page_concurrency: 4,
            unknown_slices: *slices,
            breaker: BreakerOptions {
                cool_down: Duration::from_secs(30),
                longest: Duration::from_mins(2),
                ..BreakerOptions::default()
            },
            ..SyncOptions::default()
        };
        let zone = BusinessZone::default();
        let syncer = Syncer::new(
            db.clone(),
            client,
            clock.clone(),
            zone,
            schedule(),
            options,
            name.to_owned(),
        );
        let working = syncer.clone();
        let background = tokio::spawn(async move {
            tokio::join!(working.follow_schedule(), working.share_work());
        });
        Self { syncer, background }
    }

    /// Asks for days as somebody does through the API.
    pub async fn refresh(&self, track: SyncTrack, days: DayRange) {
        // The database is never in the way here.
        self.syncer
            .start(track, days, SyncTrigger::Api)
            .await
            .unwrap();
    }

    /// Ends it without a word.
    pub fn kill(self) {
        self.background.abort();
        self.syncer.kill();
    }

    /// Ends it in good order.
    pub async fn stop(self) {
        self.syncer.stop().await;
        self.background.await.unwrap();
    }
}

fn schedule() -> Schedule {
    let job = |track, window, cron| Job::new(track, window, cron).unwrap();
    Schedule {
        jobs: vec![
            job(SyncTrack::CallRecords, SyncWindow::T3, "25 * * * *"),
            job(SyncTrack::CallRecords, SyncWindow::Today, "*/10 * * * *"),
            job(SyncTrack::TaskStats, SyncWindow::Today, "5,35 * * * *"),
        ],
    }
}
