//! How many requests are under way at once, and how soon one follows the other: as many as the
//! platform takes, no more than it was promised, and none while it asks to be left alone.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::error::{Error, LONGEST_WAIT};

/// What the limit is multiplied by when the platform is in trouble: halving empties a queue on its
/// side about as fast as it grew, and is what TCP has done for decades.
const DECREASE: f64 = 0.5;
/// Answers that take this many times longer than usual are waiting in a queue over there; a deep
/// page may well take twice as long as the first.
const SLOW: f64 = 3.0;
/// Differences smaller than this are the noise of a network, not a queue.
const NOISE: Duration = Duration::from_millis(50);
/// Part of each new latency in the usual one: the last few dozen answers count.
const WEIGHT: f64 = 1.0 / 16.0;
/// How much later than its turn a request may be without losing it: timers are exact to some
/// milliseconds only, and what they are late would add up.
const CATCH_UP: Duration = Duration::from_millis(50);
/// A `Retry-After` beyond this is taken for this: a mistaken one must not stop us for days.
const LONGEST_HOLD: Duration = Duration::from_hours(1);

/// What a client's requests are doing at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceSnapshot {
    /// How many requests may be under way at once.
    pub limit: u32,
    /// How many are.
    pub in_flight: u32,
    /// How many wait for their turn.
    pub waiting: u32,
}

/// How a request ended, as far as the pace is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A whole answer.
    Answered,
    /// The platform was too busy, or its gateway was.
    Congested,
    /// Refused for a reason of its own: says nothing of how busy the platform is.
    Refused,
}

/// The gate that every request passes.
pub(super) struct Pace {
    /// Held by the one whose turn is next; the others queue in order.
    turn: tokio::sync::Mutex<()>,
    /// A request has ended, or the limit has changed.
    changed: Notify,
    waiting: AtomicU32,
    state: Mutex<State>,
}

struct State {
    /// How many requests may be under way; its whole part counts.
    limit: f64,
    most: f64,
    in_flight: u32,
    /// When the limit was lowered last: what was sent before has been answered by that.
    lowered_at: Option<Instant>,
    /// An answer that took longer says that the platform is in trouble.
    patience: Duration,
    /// The usual latency in seconds: a moving mean.
    usual: Option<f64>,
    /// The time between two requests at the highest rate.
    interval: Duration,
    /// When the next request is due at that rate.
    next_at: Instant,
    /// Until when the platform asked to be left alone.
    held_until: Option<Instant>,
}

/// What the next in turn must do.
enum Turn {
    Go,
    Wait(Instant),
    /// Until another request has ended.
    Full,
    /// The platform asked for more peace than anybody here waits for.
    GiveUp(Duration),
}

impl Pace {
    /// A pace of at most `max_concurrency` requests at once and `max_per_second`. It starts at the
    /// highest: a healthy platform should not wait for us to find out that it is healthy.
    pub(super) fn new(max_concurrency: u32, max_per_second: u32) -> Self {
        let most = f64::from(max_concurrency.max(1));
        Self {
            turn: tokio::sync::Mutex::default(),
            changed: Notify::new(),
            waiting: AtomicU32::new(0),
            state: Mutex::new(State {
                limit: most,
                most,
                in_flight: 0,
                lowered_at: None,
                usual: None,
                patience: Duration::MAX,
                interval: Duration::from_secs(1) / max_per_second.max(1),
                next_at: Instant::now(),
                held_until: None,
            }),
        }
    }

    /// Takes an answer that was longer than `patience` in coming for a sign of trouble, too.
    #[must_use]
    pub(super) fn with_patience(self, patience: Duration) -> Self {
        self.state().patience = patience;
        self
    }

    /// Waits for the next turn, first come, first served.
    ///
    /// # Errors
    /// [`Error::RateLimited`] while the platform asks for more than five minutes of peace.
    pub(super) async fn admit(&self) -> Result<Permit<'_>, Error> {
        let _waiting = Waiting::in_line(&self.waiting);
        let _turn = self.turn.lock().await;
        loop {
            let now = Instant::now();
            // A change between this look and the wait is kept by `Notify` for the one who waits.
            let turn = self.state().turn(now);
            match turn {
                Turn::Go => {
                    return Ok(Permit {
                        pace: self,
                        sent_at: now,
                    });
                }
                Turn::Wait(until) => tokio::time::sleep_until(until).await,
                Turn::Full => self.changed.notified().await,
                Turn::GiveUp(wait) => {
                    return Err(Error::RateLimited {
                        retry_after: Some(wait),
                    });
                }
            }
        }
    }

    /// The platform wants no request for `wait`: nobody sends one.
    pub(super) fn hold(&self, wait: Duration) {
        let until = Instant::now() + wait.min(LONGEST_HOLD);
        let mut state = self.state();
        state.held_until = state.held_until.max(Some(until));
    }

    pub(super) fn snapshot(&self) -> PaceSnapshot {
        let state = self.state();
        PaceSnapshot {
            limit: state.whole_limit(),
            in_flight: state.in_flight,
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn turn(&mut self, now: Instant) -> Turn {
        if let Some(until) = self.held_until.filter(|until| *until > now) {
            let wait = until - now;
            return if wait > LONGEST_WAIT {
                Turn::GiveUp(wait)
            } else {
                Turn::Wait(until)
            };
        }
        if self.in_flight >= self.whole_limit() {
            return Turn::Full;
        }
        if self.next_at > now {
            return Turn::Wait(self.next_at);
        }
        self.next_at = self.next_at.max(now.checked_sub(CATCH_UP).unwrap_or(now)) + self.interval;
        self.in_flight += 1;
        Turn::Go
    }

    fn whole_limit(&self) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and the configured limit, and cutting off the part is the point"
        )]
        {
            self.limit as u32
        }
    }

    fn note(&mut self, outcome: Outcome, sent_at: Instant, now: Instant) {
        match outcome {
            Outcome::Answered if now - sent_at <= self.patience => {
                self.note_answer(now - sent_at);
            }
            Outcome::Answered | Outcome::Congested => self.note_trouble(sent_at, now),
            Outcome::Refused => {}
        }
    }

    /// Half as many at once; once for all that were under way together.
    fn note_trouble(&mut self, sent_at: Instant, now: Instant) {
        if self.lowered_at.is_none_or(|at| sent_at >= at) {
            self.limit = (self.limit * DECREASE).max(1.0);
            self.lowered_at = Some(now);
        }
    }

    /// One more request at once for each round of answers that came as fast as usual.
    fn note_answer(&mut self, latency: Duration) {
        let seconds = latency.as_secs_f64();
        let usual = *self.usual.get_or_insert(seconds);
        if seconds <= (usual * SLOW).max(usual + NOISE.as_secs_f64()) {
            self.limit = (self.limit + 1.0 / self.limit).min(self.most);
        }
        self.usual = Some(usual + (seconds - usual) * WEIGHT);
    }
}

/// The right to send one request. Dropped without an outcome, it says nothing of the platform.
pub(super) struct Permit<'a> {
    pace: &'a Pace,
    sent_at: Instant,
}

impl Permit<'_> {
    /// The request has ended like this.
    pub(super) fn finish(self, outcome: Outcome) {
        self.pace
            .state()
            .note(outcome, self.sent_at, Instant::now());
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.pace.state().in_flight -= 1;
        self.pace.changed.notify_one();
    }
}

/// One more in line, until dropped.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn in_line(waiting: &'a AtomicU32) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 1_000;

    /// A request that takes `latency` and ends like this.
    async fn request(pace: &Pace, latency: Duration, outcome: Outcome) {
        let permit = pace.admit().await.unwrap();
        tokio::time::sleep(latency).await;
        permit.finish(outcome);
    }

    async fn answers(pace: &Pace, times: u32, latency: Duration) {
        for _ in 0..times {
            request(pace, latency, Outcome::Answered).await;
        }
    }

    fn limit(pace: &Pace) -> u32 {
        pace.snapshot().limit
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn trouble_halves_the_limit_and_answers_bring_it_back_one_by_one() {
        let pace = Pace::new(8, RATE);
        assert_eq!(limit(&pace), 8);
        for expected in [4, 2, 1, 1] {
            request(&pace, SECOND, Outcome::Congested).await;
            assert_eq!(limit(&pace), expected);
        }
        // 1 + 1/1 = 2; 2 + 1/2 + 1/2.5 = 2.9, + 1/2.9 = 3.24.
        for (times, expected) in [(1, 2), (2, 2), (1, 3)] {
            answers(&pace, times, SECOND).await;
            assert_eq!(limit(&pace), expected);
        }
        answers(&pace, 100, SECOND).await;
        assert_eq!(limit(&pace), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_fail_together_halve_it_once() {
        let pace = Pace::new(8, RATE);
        let failing = (0..8).map(|_| request(&pace, SECOND, Outcome::Congested));
        futures_util::future::join_all(failing).await;
        assert_eq!(limit(&pace), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_and_requests_that_were_dropped_say_nothing() {
        let pace = Pace::new(8, RATE);
        request(&pace, SECOND, Outcome::Refused).await;
        drop(pace.admit().await.unwrap());
        let _ = tokio::time::timeout(SECOND, request(&pace, SECOND * 9, Outcome::Answered)).await;
        let nothing = PaceSnapshot {
            limit: 8,
            in_flight: 0,
            waiting: 0,
        };
        assert_eq!(pace.snapshot(), nothing);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_far_slower_than_usual_do_not_raise_it() {
        let pace = Pace::new(8, RATE);
        answers(&pace, 20, SECOND).await;
        request(&pace, SECOND, Outcome::Congested).await;
        answers(&pace, 3, SECOND * 4).await;
        assert_eq!(limit(&pace), 4);
        // What lasts becomes usual.
        answers(&pace, 40, SECOND * 4).await;
        assert_eq!(limit(&pace), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_that_try_our_patience_are_trouble() {
        let pace = Pace::new(8, RATE).with_patience(SECOND * 30);
        answers(&pace, 1, SECOND * 30).await;
        assert_eq!(limit(&pace), 8);
        let slow = (0..8).map(|_| request(&pace, SECOND * 31, Outcome::Answered));
        futures_util::future::join_all(slow).await;
        assert_eq!(limit(&pace), 4);
        answers(&pace, 2, SECOND * 31).await;
        assert_eq!(limit(&pace), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lowered_limit_is_kept_to_and_turns_come_in_order() {
        let pace = Pace::new(2, RATE);
        request(&pace, SECOND, Outcome::Congested).await;
        let order = Mutex::new(Vec::new());
        let one = async |number: u32| {
            let permit = pace.admit().await.unwrap();
            order.lock().unwrap().push(number);
            assert_eq!(pace.snapshot().in_flight, 1);
            tokio::time::sleep(SECOND).await;
            permit.finish(Outcome::Refused);
        };
        tokio::join!(one(1), one(2), one(3), one(4));
        assert_eq!(*order.lock().unwrap(), [1, 2, 3, 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_leaves_the_line_holds_nobody_up() {
        let pace = Pace::new(1, RATE);
        let permit = pace.admit().await.unwrap();
        assert!(tokio::time::timeout(SECOND, pace.admit()).await.is_err());
        drop(permit);
        assert!(tokio::time::timeout(SECOND, pace.admit()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_no_more_than_a_twentieth_of_a_second_is_caught_up() {
        let pace = Pace::new(32, 100);
        tokio::time::sleep(SECOND * 60).await;
        let start = Instant::now();
        let mut at_once = 0;
        while start.elapsed().is_zero() {
            drop(pace.admit().await.unwrap());
            at_once += 1;
        }
        // 0.05 s of 100 a second, the one that is due, and the one that ended the loop.
        assert_eq!(at_once, 5 + 1 + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_mistaken_wish_for_peace_does_not_last_for_days() {
        let pace = Pace::new(8, RATE);
        pace.hold(Duration::from_hours(999));
        assert!(matches!(pace.admit().await, Err(Error::RateLimited { .. })));
        tokio::time::sleep(LONGEST_HOLD.saturating_sub(LONGEST_WAIT)).await;
        assert!(pace.admit().await.is_ok());
    }
}
