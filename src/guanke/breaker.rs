//! Whether the platform is asked at all: after some failures in a row it is left alone for a while,
//! then tried with one request. Without I/O and without a clock of its own.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::error::Error;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerOptions {
    /// Failures in a row that open it; at least 1.
    pub failures: u32,
    /// How long it is open first. Each trial that fails makes it twice as long.
    pub cool_down: Duration,
    /// The longest it is open.
    pub longest: Duration,
}

impl Default for BreakerOptions {
    /// Five failures, each after all its repeats, are a platform in trouble and no bad luck; its
    /// restarts take half a minute, its outages longer, and ten minutes are soon enough to see
    /// that one is over.
    fn default() -> Self {
        Self {
            failures: 5,
            cool_down: Duration::from_secs(30),
            longest: Duration::from_mins(10),
        }
    }
}

/// The platform is not asked at present.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Guanke is not asked before {until}, because it failed too often in a row: {reason}")]
pub struct Open {
    /// When it may be tried again.
    pub until: DateTime<Utc>,
    /// What failed last.
    pub reason: String,
}

/// What a breaker does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreakerState {
    /// Requests go through.
    Closed,
    /// None does.
    Open(Open),
    /// One request goes through, to see whether the platform is well again.
    HalfOpen,
}

/// All that has to be kept of a breaker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BreakerMemory {
    /// Failures in a row.
    pub failures: u32,
    /// Since when it is open; none while it is closed.
    pub opened_at: Option<DateTime<Utc>>,
    /// When one request may try, or try again, while it is open.
    pub retry_at: Option<DateTime<Utc>>,
    /// What failed last.
    pub reason: Option<String>,
    /// A request has been let through while it was half open, and has not told how it ended. Where
    /// this is not kept, a trial that fails merely leaves the time as it is.
    pub on_trial: bool,
}

/// Counts failures, and lets requests through or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    options: BreakerOptions,
    memory: BreakerMemory,
}

impl Breaker {
    /// A closed one.
    #[must_use]
    pub fn new(options: BreakerOptions) -> Self {
        Self::restore(options, BreakerMemory::default())
    }

    /// One that goes on from `memory`.
    #[must_use]
    pub const fn restore(options: BreakerOptions, memory: BreakerMemory) -> Self {
        Self { options, memory }
    }

    /// What has to be kept of it.
    #[must_use]
    pub const fn memory(&self) -> &BreakerMemory {
        &self.memory
    }

    /// Whether `error` counts as a failure: the platform is in trouble, or refuses who we are. One
    /// request that it does not understand is the request's fault.
    #[must_use]
    pub const fn is_failure(error: &Error) -> bool {
        error.is_retryable() || matches!(error, Error::Unauthorised | Error::RateLimited { .. })
    }

    /// What it does at `now`.
    #[must_use]
    pub fn state(&self, now: DateTime<Utc>) -> BreakerState {
        match self.memory.retry_at {
            None => BreakerState::Closed,
            // Never for longer than the longest time, even if the clock was set back meanwhile.
            Some(until) if now < until && until <= later(now, self.options.longest) => {
                BreakerState::Open(Open {
                    until,
                    reason: self.memory.reason.clone().unwrap_or_default(),
                })
            }
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// Asks to send a request. The one that is let through while the breaker is half open keeps
    /// others away for as long as the breaker was open last, in case it never tells how it ended.
    ///
    /// # Errors
    /// [`Open`] while the platform is left alone.
    pub fn admit(&mut self, now: DateTime<Utc>) -> Result<(), Open> {
        match self.state(now) {
            BreakerState::Closed => Ok(()),
            BreakerState::Open(open) => Err(open),
            BreakerState::HalfOpen => {
                self.memory.retry_at = Some(later(now, self.cool_down()));
                self.memory.on_trial = true;
                Ok(())
            }
        }
    }

    /// A request was answered: the platform is well.
    pub fn succeeded(&mut self) {
        self.memory = BreakerMemory::default();
    }

    /// A request failed for good because of `reason`, which is shown.
    pub fn failed(&mut self, now: DateTime<Utc>, reason: &str) {
        // Requests that were under way when it opened say nothing new.
        let was_on_trial = std::mem::take(&mut self.memory.on_trial);
        if matches!(self.state(now), BreakerState::Open(_)) && !was_on_trial {
            return;
        }
        self.memory.failures = self.memory.failures.saturating_add(1);
        self.memory.reason = Some(reason.to_owned());
        if self.memory.failures >= self.options.failures.max(1) {
            self.memory.opened_at.get_or_insert(now);
            self.memory.retry_at = Some(later(now, self.cool_down()));
        }
    }

    /// Twice as long for each failure since it opened.
    fn cool_down(&self) -> Duration {
        let needed = self.options.failures.max(1);
        let trials = self.memory.failures.saturating_sub(needed);
        let factor = 2_u32.saturating_pow(trials);
        let cool_down = self.options.cool_down.checked_mul(factor);
        cool_down.map_or(self.options.longest, |time| time.min(self.options.longest))
    }
}

fn later(now: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(by)
        .ok()
        .and_then(|by| now.checked_add_signed(by))
        .unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
    }

    /// A breaker that five failures at second 0 have opened.
    fn opened() -> Breaker {
        let mut breaker = Breaker::new(BreakerOptions::default());
        for failure in 1..=5 {
            assert_eq!(breaker.state(at(0)), BreakerState::Closed);
            breaker.admit(at(0)).unwrap();
            breaker.failed(at(0), &format!("failure {failure}"));
        }
        breaker
    }

    fn until(breaker: &Breaker, now: i64) -> i64 {
        match breaker.state(at(now)) {
            BreakerState::Open(open) => (open.until - at(0)).num_seconds(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
        let mut breaker = Breaker::new(BreakerOptions::default());
        for _ in 0..9 {
            for _ in 0..4 {
                breaker.failed(at(0), "x");
            }
            breaker.succeeded();
        }
        assert_eq!(breaker.state(at(0)), BreakerState::Closed);
        let mut breaker = opened();
        let open = breaker.admit(at(29)).unwrap_err();
        assert_eq!((open.until, open.reason.as_str()), (at(30), "failure 5"));
    }

    #[test]
    fn one_request_tries_and_each_trial_that_fails_doubles_the_time() {
        let mut breaker = opened();
        let mut now = 30;
        for cool_down in [60, 120, 240, 480, 600, 600] {
            assert_eq!(breaker.state(at(now)), BreakerState::HalfOpen);
            breaker.admit(at(now)).unwrap();
            breaker.admit(at(now)).unwrap_err();
            breaker.failed(at(now), "again");
            now += cool_down;
            assert_eq!(until(&breaker, now - 1), now);
        }
        assert_eq!(breaker.memory().opened_at, Some(at(0)));
        breaker.admit(at(now)).unwrap();
        breaker.succeeded();
        assert_eq!(breaker, Breaker::new(BreakerOptions::default()));
    }

    #[test]
    fn failures_of_requests_that_were_under_way_change_nothing() {
        let mut breaker = opened();
        let before = breaker.clone();
        breaker.failed(at(5), "late");
        assert_eq!(breaker, before);
    }

    #[test]
    fn a_trial_that_never_ends_does_not_keep_it_open_for_ever() {
        let mut breaker = opened();
        breaker.admit(at(30)).unwrap();
        assert_eq!(until(&breaker, 31), 60);
        breaker.admit(at(60)).unwrap();
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_it_open() {
        let mut breaker = opened();
        let day = 86_400;
        assert_eq!(breaker.state(at(-day)), BreakerState::HalfOpen);
        breaker.admit(at(-day)).unwrap();
        assert_eq!(until(&breaker, 1 - day), 30 - day);
    }

    #[test]
    fn it_goes_on_from_what_was_kept() {
        let mut breaker = Breaker::restore(BreakerOptions::default(), opened().memory().clone());
        assert!(breaker.admit(at(29)).is_err());
        assert!(breaker.admit(at(30)).is_ok());
    }

    #[test]
    fn a_request_that_is_wrong_itself_is_no_failure_of_the_platform() {
        let status = |code| Breaker::is_failure(&Error::Status(code));
        assert!(status(500) && !status(404));
        assert!(Breaker::is_failure(&Error::Unauthorised));
        assert!(Breaker::is_failure(&Error::RateLimited {
            retry_after: Some(Duration::from_hours(1))
        }));
        assert!(!Breaker::is_failure(&Error::WindowTooLong));
    }

    proptest! {
        /// Whatever happens: closed with fewer failures in a row than it takes, never open for
        /// longer than the longest time, and never more than one request in a cool-down once open.
        #[test]
        fn it_is_never_closed_too_early_nor_open_too_long(
            steps in prop::collection::vec((0..3_u8, 0..400_i64), 1..80),
        ) {
            let options = BreakerOptions { failures: 3, ..BreakerOptions::default() };
            let mut breaker = Breaker::new(options);
            let mut now = 0;
            let mut in_a_row = 0_u32;
            let mut last_trial: Option<i64> = None;
            for (what, wait) in steps {
                now += wait;
                let before = breaker.state(at(now));
                match what {
                    0 => {
                        let admitted = breaker.admit(at(now)).is_ok();
                        prop_assert_eq!(admitted, !matches!(before, BreakerState::Open(_)));
                        if before == BreakerState::HalfOpen {
                            prop_assert!(last_trial.is_none_or(|last| now - last >= 30));
                            last_trial = Some(now);
                        }
                    }
                    1 => {
                        breaker.succeeded();
                        (in_a_row, last_trial) = (0, None);
                    }
                    _ => {
                        breaker.failed(at(now), "x");
                        in_a_row += 1;
                    }
                }
                match breaker.state(at(now)) {
                    BreakerState::Closed => prop_assert!(in_a_row < 3),
                    BreakerState::Open(open) => {
                        prop_assert!(in_a_row >= 3);
                        prop_assert!(open.until <= at(now + 600));
                    }
                    BreakerState::HalfOpen => prop_assert!(in_a_row >= 3),
                }
            }
        }
    }
}
