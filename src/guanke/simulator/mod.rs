//! A stand-in for the platform that speaks its wire format, oddities included, and knows the true
//! figures of every day. Deterministic: the same settings give the same records.

mod config;
mod day;
mod faults;
mod grades;
mod handlers;
mod names;
mod render;
mod state;
mod statistics;
mod tasks;
#[cfg(test)]
mod tests;
mod truth;

use std::future::Future;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};

use crate::clock::Clock;
use crate::domain::business_time::BusinessZone;

use day::Day;
use state::{Edit, Edits, State};

pub use config::{KnownDay, SimulatorConfig};
pub use faults::{Fault, FaultKind, FaultOn};
pub use state::RequestCounts;
pub use truth::{DayTruth, Tally};

/// The simulated platform. Clones share everything.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

struct Inner {
    config: SimulatorConfig,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Simulator {
    /// A platform on which calls appear when `clock` reaches them.
    #[must_use]
    pub fn new(config: SimulatorConfig, clock: Arc<dyn Clock>) -> Self {
        let state = Mutex::new(State::new(config.seed));
        Self {
            inner: Arc::new(Inner {
                config,
                clock,
                state,
            }),
        }
    }

    /// The HTTP service: log-ins, both call-record endpoints, statistics.
    pub fn router(&self) -> axum::Router {
        handlers::router(self.clone())
    }

    /// The true figures of `day` (in Beijing) up to now, grades as last edited.
    #[must_use]
    pub fn truth(&self, day: NaiveDate) -> DayTruth {
        let (day, range, edits) = self.so_far(day);
        truth::of_day(&day, range, &edits)
    }

    /// Changes the grade of a call on the platform, as agents do days later, and says what the
    /// grade is meant to be. Tells the record's id; empty for a day without calls.
    ///
    /// The `nth` call of the day counts from 0 in the order of dialling, and from the start again
    /// past the last.
    #[expect(clippy::must_use_candidate, reason = "the edit is the point")]
    pub fn edit_grade(
        &self,
        day: NaiveDate,
        nth: usize,
        grade: &str,
        means: Option<&str>,
    ) -> String {
        self.with(|state| {
            let day = state.day(&self.inner.config, day);
            let Some(index) = nth.checked_rem(day.calls.len()) else {
                return String::new();
            };
            let edit = Edit {
                text: grade.to_owned(),
                means: means.map(str::to_owned),
            };
            state.edit(day.date, index, edit);
            day.id_of(index).to_string()
        })
    }

    /// Orders a fault.
    pub fn add_fault(&self, fault: Fault) {
        self.with(|state| state.faults.add(fault));
    }

    /// Cancels all faults.
    pub fn clear_faults(&self) {
        self.with(|state| state.faults.clear());
    }

    /// Refuses every token given out so far from now on.
    pub fn revoke_tokens(&self) {
        self.with(State::revoke_tokens);
    }

    /// Does the same once `requests` more requests for call records have been answered.
    pub fn revoke_tokens_after(&self, requests: u64) {
        self.with(|state| state.revoke_tokens_after(requests));
    }

    /// What was asked so far.
    #[must_use]
    pub fn requests(&self) -> RequestCounts {
        self.with(|state| state.counts)
    }

    fn with<T>(&self, use_state: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self
            .inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        use_state(&mut state)
    }

    fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    /// A day with its edits.
    fn day(&self, date: NaiveDate) -> (Arc<Day>, Edits) {
        self.with(|state| (state.day(&self.inner.config, date), state.edits(date)))
    }

    /// A day, which of its calls have been dialled by now, and its edits.
    fn so_far(&self, date: NaiveDate) -> (Arc<Day>, Range<usize>, Edits) {
        let (day, edits) = self.day(date);
        let range = day.between(beijing().start_of(date), self.now());
        (day, range, edits)
    }
}

fn beijing() -> BusinessZone {
    BusinessZone::from(chrono_tz::Asia::Shanghai)
}

/// Serves `simulator` until `shutdown` is over.
///
/// # Errors
/// What the listener fails with.
pub async fn serve(
    simulator: Simulator,
    listener: tokio::net::TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, simulator.router())
        .with_graceful_shutdown(shutdown)
        .await
}
