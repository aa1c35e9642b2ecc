//! What the process counts, for Prometheus: a registry of its own, that is handed around. Knows no
//! database; what only that knows is set by whoever reads it, see [`SyncState`].

mod labels;
mod register;
mod state;

pub use state::{SyncState, TrackState};

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::domain::sync::{SyncStatus, SyncTrack};
use labels::{
    ChangeLabels, LaneLabels, PoolLabels, PushLabels, RequestLabels, ResultLabels, RouteLabels,
    RunLabels,
};
use state::StateGauges;

/// The content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Counts things. Clones are the same one; counting costs an atomic addition.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    counted: Counted,
    pace: OnceLock<Box<dyn Fn() -> Option<Pace> + Send + Sync>>,
}

/// Everything that is counted as it happens, and gauges that are set when they are read.
#[derive(Clone)]
struct Counted {
    platform_requests: Family<ResultLabels, Counter>,
    platform_latency: Histogram,
    platform_retries: Counter,
    records: Family<ChangeLabels, Counter>,
    runs: Family<RunLabels, Counter>,
    pushes: Family<PushLabels, Counter>,
    http_requests: Family<RequestLabels, Counter>,
    http_latency: Family<RouteLabels, Histogram>,
    pace_limit: Gauge,
    pace_in_flight: Gauge,
    pace_waiting: Gauge,
    pool_size: Family<PoolLabels, Gauge>,
    pool_idle: Family<PoolLabels, Gauge>,
    writers: Family<LaneLabels, Gauge>,
    writers_waiting: Family<LaneLabels, Gauge>,
    database_up: Gauge,
    database_writable: Gauge,
    state: StateGauges,
}

/// What requests to the platform are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How many may be under way at once.
    pub limit: u32,
    /// How many are.
    pub in_flight: u32,
    /// How many wait.
    pub waiting: u32,
}

/// Connections to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// What they are for.
    pub name: &'static str,
    /// How many are open.
    pub size: u32,
    /// How many of these nobody uses.
    pub idle: usize,
}

/// What became of records, as it adds up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Records {
    /// Those that were new.
    pub inserted: i64,
    /// Those that had changed.
    pub updated: i64,
    /// Those that were stored as they are.
    pub unchanged: i64,
    /// Calls that the platform has no longer.
    pub removed: i64,
}

impl Default for Metrics {
    fn default() -> Self {
        let (registry, counted) = register::all();
        Self(Arc::new(Inner {
            registry,
            counted,
            pace: OnceLock::new(),
        }))
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Metrics")
    }
}

impl Metrics {
    /// The platform was asked once, and this came of it.
    pub fn platform_request(&self, result: &'static str, latency: Duration) {
        let counted = &self.0.counted;
        let labels = ResultLabels { result };
        counted.platform_requests.get_or_create(&labels).inc();
        counted.platform_latency.observe(latency.as_secs_f64());
    }

    /// The platform is asked the same again.
    pub fn platform_retry(&self) {
        self.0.counted.platform_retries.inc();
    }

    /// Records of the platform were stored.
    pub fn records(&self, track: SyncTrack, records: Records) {
        for (change, count) in [
            ("inserted", records.inserted),
            ("updated", records.updated),
            ("unchanged", records.unchanged),
            ("removed", records.removed),
        ] {
            if let Ok(count @ 1..) = u64::try_from(count) {
                let track = track.into();
                let labels = ChangeLabels { track, change };
                self.0.counted.records.get_or_create(&labels).inc_by(count);
            }
        }
    }

    /// A run that this process carried out has ended.
    pub fn run_ended(&self, track: SyncTrack, status: SyncStatus) {
        let labels = RunLabels {
            track: track.into(),
            status: status.into(),
        };
        self.0.counted.runs.get_or_create(&labels).inc();
    }

    /// The platform pushed something: its `kind`, such as `cdr` or `form`, and what became of it, such
    /// as `accepted` or `refused`.
    pub fn push_received(&self, kind: &'static str, result: &'static str) {
        let labels = PushLabels { kind, result };
        self.0.counted.pushes.get_or_create(&labels).inc();
    }

    /// A request was answered. `route` is the path as it is in the program, not as it was asked for.
    pub fn http_request(&self, route: &str, status: u16, latency: Duration) {
        let counted = &self.0.counted;
        let labels = RequestLabels {
            route: route.to_owned(),
            status,
        };
        counted.http_requests.get_or_create(&labels).inc();
        let route = RouteLabels {
            route: labels.route,
        };
        let latencies = counted.http_latency.get_or_create(&route);
        latencies.observe(latency.as_secs_f64());
    }

    /// From now on `pace` is asked how busy the platform is kept; the first one stays.
    pub fn watch_pace(&self, pace: impl Fn() -> Option<Pace> + Send + Sync + 'static) {
        // Instances of one process, as in tests, share what is counted.
        let _ = self.0.pace.set(Box::new(pace));
    }

    /// What the database says of synchronisation; `None` when it cannot be asked.
    pub fn set_state(&self, state: Option<&SyncState>) {
        let counted = &self.0.counted;
        counted.database_up.set(i64::from(state.is_some()));
        if let Some(state) = state {
            counted.state.set(state);
        }
    }

    /// How many connections to the database there are.
    pub fn set_pools(&self, pools: &[PoolState]) {
        for pool in pools {
            let counted = &self.0.counted;
            let labels = PoolLabels { pool: pool.name };
            let idle = i64::try_from(pool.idle).unwrap_or(i64::MAX);
            counted
                .pool_size
                .get_or_create(&labels)
                .set(pool.size.into());
            counted.pool_idle.get_or_create(&labels).set(idle);
        }
    }

    /// Whether the database takes writes, as far as is known.
    pub fn set_writable(&self, is_writable: bool) {
        self.0.counted.database_writable.set(i64::from(is_writable));
    }

    /// How many write to the database, and how many wait to, by what is written.
    pub fn set_writers(&self, lanes: &[(&'static str, usize, usize)]) {
        let counted = &self.0.counted;
        for &(lane, writing, waiting) in lanes {
            let number = |number| i64::try_from(number).unwrap_or(i64::MAX);
            let labels = LaneLabels { lane };
            counted.writers.get_or_create(&labels).set(number(writing));
            counted
                .writers_waiting
                .get_or_create(&labels)
                .set(number(waiting));
        }
    }

    /// All of it, as Prometheus reads it.
    ///
    /// # Errors
    /// When the text cannot be written, which takes a metric that is none.
    pub fn text(&self) -> Result<String, fmt::Error> {
        if let Some(pace) = self.0.pace.get().and_then(|pace| pace()) {
            let counted = &self.0.counted;
            counted.pace_limit.set(pace.limit.into());
            counted.pace_in_flight.set(pace.in_flight.into());
            counted.pace_waiting.set(pace.waiting.into());
        }
        let mut text = String::new();
        text::encode(&mut text, &self.0.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told() {
        let metrics = Metrics::default();
        metrics
            .clone()
            .platform_request("ok", Duration::from_millis(300));
        metrics.platform_request("timeout", Duration::from_mins(1));
        metrics.platform_retry();
        metrics.push_received("cdr", "accepted");
        metrics.http_request("/graphql", 200, Duration::from_millis(3));
        metrics.run_ended(SyncTrack::CallRecords, SyncStatus::Partial);
        let records = Records {
            inserted: 2,
            removed: 1,
            ..Records::default()
        };
        metrics.records(SyncTrack::CallRecords, records);
        metrics.watch_pace(|| {
            Some(Pace {
                limit: 8,
                in_flight: 3,
                waiting: 5,
            })
        });
        let text = metrics.text().unwrap();
        for line in [
            r#"dialgraph_platform_requests_total{result="ok"} 1"#,
            r#"dialgraph_platform_requests_total{result="timeout"} 1"#,
            r#"dialgraph_platform_request_duration_seconds_bucket{le="0.5"} 1"#,
            "dialgraph_platform_request_duration_seconds_count 2",
            "dialgraph_platform_request_duration_seconds_sum 60.3",
            "dialgraph_platform_retries_total 1",
            r#"dialgraph_pushes_total{kind="cdr",result="accepted"} 1"#,
            r#"dialgraph_http_requests_total{route="/graphql",status="200"} 1"#,
            r#"dialgraph_sync_runs_total{track="CALL_RECORDS",status="PARTIAL"} 1"#,
            r#"dialgraph_sync_records_total{track="CALL_RECORDS",change="inserted"} 2"#,
            r#"dialgraph_sync_records_total{track="CALL_RECORDS",change="removed"} 1"#,
            "dialgraph_platform_pace_limit 8",
            "dialgraph_platform_pace_in_flight 3",
            "dialgraph_platform_pace_waiting 5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("unchanged"), "nothing was: {text}");
        assert!(text.ends_with("# EOF\n"));
        assert!(
            Metrics::default()
                .text()
                .unwrap()
                .contains("dialgraph_platform_retries_total 0")
        );
    }
}
