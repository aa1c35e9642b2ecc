//! A stand-in for the platform that speaks its wire format, oddities included, and knows the true
//! figures of every day. Deterministic: the same settings give the same records.

mod config;
mod day;
mod faults;
mod grades;
mod handlers;
mod names;
mod pages;
mod profile;
mod render;
mod state;
mod statistics;
mod tasks;
#[cfg(test)]
mod tests;
mod truth;
mod visible;

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};

use crate::clock::Clock;
use crate::domain::business_time::BusinessZone;
use crate::domain::listing::ListedBy;

use state::{Edit, Grade, State};
use visible::Visible;

pub use config::{ExtraCall, KnownDay, SimulatorConfig};
pub use faults::{Distortion, Fault, FaultKind, FaultOn};
pub use profile::FaultProfile;
pub use state::{PageAnswer, PageLog, RequestCounts};
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

    /// The true figures of `day` (in Beijing) up to now: of the calls that are there, as last edited.
    #[must_use]
    pub fn truth(&self, day: NaiveDate) -> DayTruth {
        truth::of_day(&self.visible(day))
    }

    /// By which time of a call its list goes.
    #[must_use]
    pub fn listed_by(&self) -> ListedBy {
        self.inner.config.listed_by
    }

    /// The ids of these calls, in the order of dialling.
    #[must_use]
    pub fn record_ids(&self, day: NaiveDate) -> Vec<String> {
        let visible = self.visible(day);
        let ids = visible.calls().map(|index| visible.day.id_of(index));
        ids.map(|id| id.to_string()).collect()
    }

    /// Changes the grade of a call on the platform, as agents do days later, and says what the
    /// grade is meant to be. Tells the record's id; empty for a day without calls.
    ///
    /// The `nth` call of the day counts from 0 in the order of dialling, and from the start again
    /// past the last.
    pub fn edit_grade(
        &self,
        day: NaiveDate,
        nth: usize,
        grade: &str,
        means: Option<&str>,
    ) -> String {
        let grade = Grade {
            text: grade.to_owned(),
            means: means.map(str::to_owned),
        };
        self.edit(day, nth, |edit| edit.grade = Some(grade))
    }

    /// Changes a call's talk time, at least 1 second; of one that was not connected it stays 0.
    /// `nth` and the answer are as for [`edit_grade`](Self::edit_grade).
    #[expect(clippy::must_use_candidate, reason = "the edit is the point")]
    pub fn edit_duration(&self, day: NaiveDate, nth: usize, seconds: u16) -> String {
        self.edit(day, nth, |edit| edit.duration = Some(seconds.max(1)))
    }

    /// Changes what was noted of a call. `nth` and the answer are as for
    /// [`edit_grade`](Self::edit_grade).
    #[expect(clippy::must_use_candidate, reason = "the edit is the point")]
    pub fn edit_notes(&self, day: NaiveDate, nth: usize, notes: &str) -> String {
        self.edit(day, nth, |edit| edit.notes = Some(notes.to_owned()))
    }

    /// Takes a call out of the records, or puts it back. `nth` and the answer are as for
    /// [`edit_grade`](Self::edit_grade).
    #[expect(clippy::must_use_candidate, reason = "the edit is the point")]
    pub fn remove_call(&self, day: NaiveDate, nth: usize, removed: bool) -> String {
        self.edit(day, nth, |edit| edit.removed = removed)
    }

    /// Has a call appear only at `at`, whenever it was dialled. `nth` and the answer are as for
    /// [`edit_grade`](Self::edit_grade).
    #[expect(clippy::must_use_candidate, reason = "the edit is the point")]
    pub fn arrives_at(&self, day: NaiveDate, nth: usize, at: DateTime<Utc>) -> String {
        self.edit(day, nth, |edit| edit.arrives_at = Some(at))
    }

    /// Gives a call another time, as a wrong clock does; the list has it where it was. `nth` and the
    /// answer are as for [`edit_grade`](Self::edit_grade).
    #[expect(clippy::must_use_candidate, reason = "the edit is the point")]
    pub fn misdate(&self, day: NaiveDate, nth: usize, time: DateTime<Utc>) -> String {
        self.edit(day, nth, |edit| edit.dated = Some(time))
    }

    /// Has the list have a call under `at`, on its own day or the next one, as a platform does that uploads
    /// a record again; under its own time again with `None`. `nth` and the answer are as for
    /// [`edit_grade`](Self::edit_grade).
    #[expect(clippy::must_use_candidate, reason = "the edit is the point")]
    pub fn relist(&self, day: NaiveDate, nth: usize, at: Option<DateTime<Utc>>) -> String {
        self.edit(day, nth, |edit| edit.relisted = at)
    }

    /// Has the list have a call a second time, under `at`, on its own day or the next one. `nth` and the
    /// answer are as for [`edit_grade`](Self::edit_grade).
    #[expect(clippy::must_use_candidate, reason = "the edit is the point")]
    pub fn list_again(&self, day: NaiveDate, nth: usize, at: DateTime<Utc>) -> String {
        self.edit(day, nth, |edit| edit.listed_again = Some(at))
    }

    fn edit(&self, day: NaiveDate, nth: usize, change: impl FnOnce(&mut Edit)) -> String {
        self.with(|state| {
            let day = state.day(&self.inner.config, day);
            let Some(index) = nth.checked_rem(day.calls.len()) else {
                return String::new();
            };
            change(state.edit(day.date, index));
            day.id_of(index).to_string()
        })
    }

    /// Orders a fault.
    pub fn add_fault(&self, fault: Fault) {
        self.with(|state| state.faults.add(fault));
    }

    /// Draws faults from `profile` from now on, beside those that are ordered; `None` ends that.
    pub fn follow_profile(&self, profile: Option<FaultProfile>) {
        self.with(|state| state.faults.follow(profile));
    }

    /// Cancels all faults that were ordered.
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

    /// Every request for call records so far, in the order they ended; of very many the last 100,000.
    #[must_use]
    pub fn pages_log(&self) -> Vec<PageLog> {
        self.with(|state| state.pages_log())
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

    /// A day as it is now.
    fn visible(&self, date: NaiveDate) -> Visible {
        let config = &self.inner.config;
        let (day, edits) = self.with(|state| (state.day(config, date), state.edits(date)));
        Visible::new(day, edits, config, self.now())
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
