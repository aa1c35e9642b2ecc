//! The program itself, killed with `kill -9` at any moment, on a real database.
//!
//! `KILLS=n` kills it so many times, 5 if nothing is said.

use std::{
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use dialgraph::{
    clock::{Clock as _, SystemClock},
    domain::{
        business_time::{BusinessZone, DayRange},
        sync::{SyncStatus, SyncTrack},
    },
    entity::sync_run,
    guanke::simulator::{FaultProfile, Simulator, SimulatorConfig, serve},
    store::{rollups, sync_days, tag_counts},
};
use rand::RngExt as _;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use crate::{
    harness::{Backend, SECRET, TestDatabase, live_external_ids},
    on_both,
};

/// A process of the service that is killed when it is dropped.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(database: &str, platform: &str) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_dialgraph"))
        .arg("serve")
        .env_clear()
        .envs([
            ("DATABASE_URL", database),
            ("JWT_SECRET_KEY", SECRET),
            ("PORT", "0"),
            ("GUANKE_BASE_URL", platform),
            ("GUANKE_API_SECRET", "demo-secret"),
            ("GUANKE_PAGE_SIZE", "20"),
            ("GUANKE_MAX_REQUESTS_PER_SECOND", "1000"),
            ("SYNC_LEASE_SECONDS", "2"),
            // Yesterday is complete whatever the time of day.
            ("SYNC_OVERLAP_MINUTES", "0"),
            ("RUST_LOG", "warn"),
        ])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Service(child)
}

/// A platform on a port: ten days and today, with a page every 30 ms, on which things go wrong.
async fn platform() -> (Simulator, String) {
    let clock = Arc::new(SystemClock);
    let today = BusinessZone::default().day_of(clock.now());
    let first = today - chrono::Days::new(12);
    let mut config = SimulatorConfig::new(7, first, today - chrono::Days::new(1), 150);
    config.latency_per_page = Duration::from_millis(30);
    let platform = Simulator::new(config, clock);
    platform.follow_profile(Some(FaultProfile::mild(7)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(platform.clone(), listener, std::future::pending()));
    (platform, address)
}

/// Waits until no run is at work; the database may be away meanwhile.
async fn idle(database: &TestDatabase) {
    let end = async {
        // A start may have been killed before it began anything.
        tokio::time::sleep(Duration::from_secs(1)).await;
        loop {
            let running = sync_run::Entity::find()
                .filter(sync_run::Column::Status.eq(SyncStatus::Running))
                .all(database.db.read());
            if running.await.is_ok_and(|running| running.is_empty()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), end)
        .await
        .unwrap();
}

/// What failed while the platform did is read again, and then everything is there once.
async fn heals(database: &TestDatabase, platform: &Simulator, address: String) {
    let url = database.url.clone();
    let again = tokio::task::spawn_blocking(move || sync(&url, &address));
    let again = again.await.unwrap();
    let message = String::from_utf8_lossy(&again.stderr);
    assert!(again.status.success(), "{message}");
    days_are_right(database, platform).await;
}

async fn days_are_right(database: &TestDatabase, platform: &Simulator) {
    let (db, zone) = (database.db.read(), BusinessZone::default());
    let today = zone.day_of(SystemClock.now());
    for day in (1..=10).map(|ago| today - chrono::Days::new(ago)) {
        let known = sync_days::find(db, SyncTrack::CallRecords, day)
            .await
            .unwrap();
        let known = known.unwrap_or_else(|| panic!("{day} was never read"));
        assert!(known.completed_at.is_some() && !known.is_stale, "{known:?}");
        let (from, to) = (zone.start_of(day), zone.end_of(day));
        let mut stored = live_external_ids(db, from, to).await;
        let mut records = platform.record_ids(day);
        stored.sort();
        records.sort();
        assert_eq!(stored, records, "{day}");
        let truth = platform.truth(day);
        let counts = rollups::by_day(db, DayRange::day(day)).await.unwrap();
        let connected: i64 = counts
            .iter()
            .map(|(_, counts)| counts.counts.connected)
            .sum();
        assert_eq!(connected, i64::from(truth.connected), "{day}");
    }
    assert_eq!(rollups::differences(&database.db).await.unwrap(), []);
    assert_eq!(tag_counts::differences(&database.db).await.unwrap(), 0);
}

on_both! {
    /// Whenever it is killed, the next process goes on, and in the end everything is there once.
    a_killed_process_loses_nothing = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let (platform, address) = platform().await;
        let kills = std::env::var("KILLS").map_or(5, |kills| kills.parse().unwrap());
        for _ in 0..kills {
            let service = start(&database.url, &address);
            let moment = rand::rng().random_range(200..=1_500);
            tokio::time::sleep(Duration::from_millis(moment)).await;
            drop(service);
        }
        platform.follow_profile(None);
        let last = start(&database.url, &address);
        idle(&database).await;
        drop(last);
        heals(&database, &platform, address).await;
    };
}

/// The database is restarted three times while days are read; what was not committed is lost, and
/// read again. `TEST_POSTGRES_RESTART` is the command that restarts the server of
/// `TEST_POSTGRES_RESTART_URL`, which no other test may use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_restarted_loses_nothing() {
    let variable = |name| std::env::var(name).ok();
    let (Some(command), Some(url)) = (
        variable("TEST_POSTGRES_RESTART"),
        variable("TEST_POSTGRES_RESTART_URL"),
    ) else {
        eprintln!("SKIPPED: a restart of PostgreSQL, because TEST_POSTGRES_RESTART is not set");
        return;
    };
    let database = TestDatabase::migrated(&Backend::Postgres(url)).await;
    let (platform, address) = platform().await;
    let service = start(&database.url, &address);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let restart = Command::new("sh").args(["-c", &command]).status();
        assert!(restart.unwrap().success());
    }
    platform.follow_profile(None);
    idle(&database).await;
    drop(service);
    heals(&database, &platform, address).await;
}

/// Reads the last ten days once more.
fn sync(database: &str, platform: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dialgraph"))
        .args(["sync", "--track", "call-records"])
        .args(["--from", &days_ago(10), "--to", &days_ago(1)])
        .env_clear()
        .envs([
            ("DATABASE_URL", database),
            ("JWT_SECRET_KEY", SECRET),
            ("GUANKE_BASE_URL", platform),
            ("GUANKE_API_SECRET", "demo-secret"),
            ("GUANKE_MAX_REQUESTS_PER_SECOND", "1000"),
            ("SYNC_LEASE_SECONDS", "2"),
            // Yesterday is complete whatever the time of day.
            ("SYNC_OVERLAP_MINUTES", "0"),
        ])
        .output()
        .unwrap()
}

fn days_ago(days: u64) -> String {
    let today = BusinessZone::default().day_of(SystemClock.now());
    (today - chrono::Days::new(days)).to_string()
}
