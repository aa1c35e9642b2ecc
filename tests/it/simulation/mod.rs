//! Synchronisation against a platform that fails, by processes that are killed, in virtual time.
//!
//! Everything comes from a seed: the platform's calls and faults, what is edited, removed and late on
//! it, when a process is killed or asked for something. Whatever happens, no day may be called whole
//! that is not; and once the faults stop, one more read makes everything right.
//!
//! `SIMULATION_SEEDS=n` runs so many seeds (1,000 if nothing is said), `SIMULATION_SEED=n` only that
//! one.

mod process;
mod time;
mod watch;
mod world;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use dialgraph::store::{ConnectOptions, Database, DatabaseUrl, schema};

use world::World;

const SEEDS: u64 = 1_000;

#[test]
fn whatever_happens_the_records_are_right_in_the_end() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let files = tempfile::tempdir().unwrap();
    let template = files.path().join("template.db");
    runtime().block_on(migrate(&template));
    if let Some(seed) = number("SIMULATION_SEED") {
        simulate(&template, seed);
        return;
    }
    let seeds = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let failed: Vec<u64> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| failures(&template, &next, seeds)))
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    assert!(
        failed.is_empty(),
        "SIMULATION_SEED of what failed: {failed:?}"
    );
}

/// The seeds that failed of those that this thread came to.
fn failures(template: &Path, next: &AtomicU64, seeds: u64) -> Vec<u64> {
    let mut failed = Vec::new();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= seeds {
            return failed;
        }
        if catch_unwind(AssertUnwindSafe(|| simulate(template, seed))).is_err() {
            failed.push(seed);
        }
    }
}

fn simulate(template: &Path, seed: u64) {
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("simulated.db");
    std::fs::copy(template, &file).unwrap();
    runtime().block_on(async {
        let db = open(&file).await;
        time::hold_still();
        World::new(db, seed).run().await;
    });
}

/// One thread, so that the same seed goes the same way.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

async fn migrate(file: &Path) {
    let db = open(file).await;
    schema::up(&db, None).await.unwrap();
    db.close().await;
}

async fn open(file: &Path) -> Database {
    let options = ConnectOptions {
        max_connections: 1,
        ..ConnectOptions::default()
    };
    Database::connect(&DatabaseUrl::sqlite_file(file), options)
        .await
        .unwrap()
}
