//! Time that passes only when nothing is left to be done.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use dialgraph::{clock::Clock, store::Database};
use tokio::time::Instant;

/// A clock that goes with tokio's paused one.
#[derive(Debug)]
pub struct VirtualClock {
    began: DateTime<Utc>,
    at: Instant,
}

impl VirtualClock {
    /// A clock that shows `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            began: now,
            at: Instant::now(),
        }
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        self.began + TimeDelta::from_std(self.at.elapsed()).unwrap()
    }
}

/// Keeps tokio from letting time pass by itself, which it does whenever no task has anything to do: it
/// does not know that the database has. For as long as the runtime lives.
pub fn hold_still() {
    tokio::time::pause();
    tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
}

/// So often every task has had its turn, and none has asked the database for anything, before
/// nothing is left to be done.
const QUIET_TURNS: u32 = 6;

/// So much real time without a turn that the database was idle in means that it never will be: work
/// that holds a connection waits for what only other work can give it.
const STANDS_STILL: Duration = Duration::from_mins(1);

/// Lets all tasks work until each of them waits for time to pass. The database works in threads of its
/// own, so time must not pass while one of its connections is in use.
pub async fn settle(db: &Database) {
    let pools =
        [db.read(), db.write()].map(sea_orm::DatabaseConnection::get_sqlite_connection_pool);
    let began = std::time::Instant::now();
    let mut quiet = 0;
    while quiet < QUIET_TURNS {
        assert!(
            began.elapsed() < STANDS_STILL,
            "the simulation stands still"
        );
        tokio::task::yield_now().await;
        let is_idle = pools
            .iter()
            .all(|pool| pool.num_idle() == pool.size() as usize);
        if is_idle {
            quiet += 1;
        } else {
            quiet = 0;
            // The database's threads may want this processor.
            std::thread::yield_now();
        }
    }
}

/// Lets `time` pass, in steps of at most `step`.
pub async fn pass(db: &Database, time: Duration, step: Duration) {
    let end = Instant::now() + time;
    loop {
        settle(db).await;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        tokio::time::advance(left.min(step)).await;
    }
}
