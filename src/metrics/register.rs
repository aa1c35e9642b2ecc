//! The names of metrics, and what they mean.

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use super::{Counted, state::StateGauges};

/// Bounds of latencies of the platform, in seconds: its pages take a second, and time out after 60.
const PLATFORM: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// Bounds of latencies of our own answers, in seconds.
const OURS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

/// All metrics, at nothing.
pub(super) fn all() -> (Registry, Counted) {
    let counted = Counted {
        platform_requests: Family::default(),
        platform_latency: Histogram::new(PLATFORM),
        platform_retries: Counter::default(),
        records: Family::default(),
        runs: Family::default(),
        pushes: Family::default(),
        http_requests: Family::default(),
        http_latency: Family::new_with_constructor(|| Histogram::new(OURS)),
        pace_limit: Gauge::default(),
        pace_in_flight: Gauge::default(),
        pace_waiting: Gauge::default(),
        pool_size: Family::default(),
        pool_idle: Family::default(),
        writers: Family::default(),
        writers_waiting: Family::default(),
        database_up: Gauge::default(),
        database_writable: Gauge::default(),
        state: StateGauges::default(),
    };
    let mut registry = Registry::with_prefix("dialgraph");
    platform(&mut registry, &counted);
    sync(&mut registry, &counted);
    service(&mut registry, &counted);
    (registry, counted)
}

fn platform(registry: &mut Registry, counted: &Counted) {
    registry.register(
        "platform_requests",
        "Requests of this process to the platform, by result, repeats included",
        counted.platform_requests.clone(),
    );
    registry.register_with_unit(
        "platform_request_duration",
        "How long the platform took to answer, or not to, without the wait for one's turn",
        Unit::Seconds,
        counted.platform_latency.clone(),
    );
    registry.register(
        "platform_retries",
        "Requests of this process to the platform that were repeats",
        counted.platform_retries.clone(),
    );
    registry.register(
        "platform_pace_limit",
        "How many requests of this process to the platform may be under way at once",
        counted.pace_limit.clone(),
    );
    registry.register(
        "platform_pace_in_flight",
        "How many are",
        counted.pace_in_flight.clone(),
    );
    registry.register(
        "platform_pace_waiting",
        "How many wait for their turn",
        counted.pace_waiting.clone(),
    );
    registry.register(
        "pushes",
        "What the platform pushed to this process, by kind and result",
        counted.pushes.clone(),
    );
}

fn sync(registry: &mut Registry, counted: &Counted) {
    registry.register(
        "sync_runs",
        "Runs that this process ended, by track and status",
        counted.runs.clone(),
    );
    registry.register(
        "sync_records",
        "Records that this process read, by track and by what they changed",
        counted.records.clone(),
    );
    counted.state.register(registry);
}

fn service(registry: &mut Registry, counted: &Counted) {
    registry.register(
        "http_requests",
        "Requests that this process answered, by route and status",
        counted.http_requests.clone(),
    );
    registry.register_with_unit(
        "http_request_duration",
        "How long an answer took to begin; of a stream or WebSocket, its opening",
        Unit::Seconds,
        counted.http_latency.clone(),
    );
    registry.register(
        "database_up",
        "Whether the database could be asked; while it is 0, what it says is what it last said",
        counted.database_up.clone(),
    );
    registry.register(
        "database_writable",
        "0 while writes fail because the database's disk is full or fails, or it is read-only",
        counted.database_writable.clone(),
    );
    registry.register(
        "database_pool_size",
        "Connections of this process to the database that are open",
        counted.pool_size.clone(),
    );
    registry.register(
        "database_pool_idle",
        "Those of them that nobody uses",
        counted.pool_idle.clone(),
    );
    registry.register(
        "database_writers",
        "Transactions of this process that write, by what: short ones, people's, the background's",
        counted.writers.clone(),
    );
    registry.register(
        "database_writers_waiting",
        "Those that wait for their turn",
        counted.writers_waiting.clone(),
    );
    registry.register(
        "build",
        "What runs",
        Info::new([("version", env!("CARGO_PKG_VERSION"))]),
    );
}
