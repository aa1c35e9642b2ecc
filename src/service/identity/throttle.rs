//! How often passwords may be tried: after a few attempts each has to wait longer than the one
//! before. Kept in memory, for a bounded number of names and addresses.

use std::{
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use quick_cache::sync::Cache;

use crate::clock::CLOCK_MARGIN;

/// How long attempts have to wait.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Attempts that need not wait.
    pub free: u32,
    /// What the first one waits that has to; each further one waits twice as long.
    pub first: TimeDelta,
    /// The longest wait.
    pub longest: TimeDelta,
}

impl Pace {
    /// For one account: other people can make its owner wait, so never long.
    pub const ACCOUNT: Self = Self {
        free: 5,
        first: TimeDelta::seconds(1),
        longest: TimeDelta::minutes(1),
    };
    /// For one address, from which many people may come.
    pub const ADDRESS: Self = Self {
        free: 50,
        first: TimeDelta::seconds(1),
        longest: TimeDelta::minutes(15),
    };

    /// The wait after so many attempts.
    fn wait(self, attempts: u32) -> TimeDelta {
        let Some(over) = attempts.checked_sub(self.free) else {
            return TimeDelta::zero();
        };
        let doubled = 1_i32.checked_shl(over).unwrap_or(i32::MAX).max(1);
        self.first
            .checked_mul(doubled)
            .map_or(self.longest, |wait| wait.min(self.longest))
    }
}

/// An attempt comes too soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooSoon {
    /// How long to wait first.
    pub wait: TimeDelta,
    /// Whether it is the first one since the last that counted.
    pub is_first: bool,
}

/// How long attempts are remembered.
const REMEMBERED: TimeDelta = TimeDelta::hours(1);
/// Most names or addresses that are remembered; those that were not seen for long go first.
const MOST: usize = 20_000;

#[derive(Debug, Clone, Copy)]
struct Attempts {
    count: u32,
    last: DateTime<Utc>,
    /// Whether another one came too soon after it.
    pressed: bool,
}

/// Counts attempts by some key.
#[derive(Debug)]
pub struct Throttle<K> {
    pace: Pace,
    attempts: Cache<K, Attempts>,
    /// Held while an attempt is counted, so that none is lost.
    counting: Mutex<()>,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    /// Nothing was tried yet.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            attempts: Cache::new(MOST),
            counting: Mutex::new(()),
        }
    }

    /// Counts an attempt. It is counted before it is made, so that many at once get no further than
    /// one after the other.
    ///
    /// # Errors
    /// How long to wait first; nothing is counted then.
    pub fn attempt(&self, key: &K, now: DateTime<Utc>) -> Result<(), TooSoon> {
        let _counting = self.counting.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.attempts.get(key);
        let known = known.filter(|known| {
            // Or the clock was set back meanwhile.
            -CLOCK_MARGIN <= now - known.last && now - known.last < REMEMBERED
        });
        let count = known.map_or(0, |known| known.count);
        if let Some(known) = known {
            let free = known.last + self.pace.wait(count);
            if now < free {
                let pressed = Attempts {
                    pressed: true,
                    ..known
                };
                self.attempts.insert(key.clone(), pressed);
                return Err(TooSoon {
                    wait: free - now,
                    is_first: !known.pressed,
                });
            }
        }
        let count = count.saturating_add(1);
        let counted = Attempts {
            count,
            last: now,
            pressed: false,
        };
        self.attempts.insert(key.clone(), counted);
        Ok(())
    }

    /// The last attempt was a good one, and does not count.
    pub fn forgive(&self, key: &K) {
        let _counting = self.counting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.attempts.get(key) {
            let count = known.count.saturating_sub(1);
            self.attempts
                .insert(key.clone(), Attempts { count, ..known });
        }
    }

    /// A good attempt ends the matter.
    pub fn forget(&self, key: &K) {
        self.attempts.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_waits_twice_as_long_as_the_one_before() {
        let pace = Pace {
            free: 2,
            first: TimeDelta::seconds(1),
            longest: TimeDelta::seconds(5),
        };
        let throttle = Throttle::new(pace);
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let wait = |seconds| {
            let tried = throttle.attempt(&"li", at(seconds));
            tried.map_err(|early| early.wait.num_seconds())
        };
        assert_eq!([wait(0), wait(0)], [Ok(()), Ok(())]);
        assert_eq!([wait(0), wait(1)], [Err(1), Ok(())]);
        assert_eq!([wait(1), wait(2), wait(3)], [Err(2), Err(1), Ok(())]);
        assert_eq!([wait(3), wait(7)], [Err(4), Ok(())]);
        // Never longer than the longest.
        assert_eq!([wait(7), wait(12)], [Err(5), Ok(())]);
        assert_eq!(throttle.attempt(&"wang", at(12)), Ok(()));
        // An hour later all is forgotten.
        assert_eq!([wait(3_612), wait(3_612)], [Ok(()), Ok(())]);
        throttle.forget(&"li");
        assert_eq!([wait(3_612), wait(3_612)], [Ok(()), Ok(())]);
        assert_eq!(wait(3_612), Err(1));
        throttle.forgive(&"li");
        assert_eq!(wait(3_612), Ok(()));
    }

    #[test]
    fn whoever_does_not_wait_is_noticed_once() {
        let throttle = Throttle::new(Pace {
            free: 1,
            ..Pace::ACCOUNT
        });
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let is_first = |seconds| {
            let tried = throttle.attempt(&"li", at(seconds));
            tried.err().map(|early| early.is_first)
        };
        assert_eq!(
            [is_first(0), is_first(0), is_first(0)],
            [None, Some(true), Some(false)]
        );
        assert_eq!(
            [is_first(1), is_first(2), is_first(2)],
            [None, Some(true), Some(false)]
        );
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nobody_wait() {
        let throttle = Throttle::new(Pace {
            free: 1,
            ..Pace::ACCOUNT
        });
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        throttle.attempt(&"li", at(86_400)).unwrap();
        assert!(throttle.attempt(&"li", at(86_400)).is_err());
        throttle.attempt(&"li", at(0)).unwrap();
        assert!(throttle.attempt(&"li", at(0)).is_err());
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::new(Pace::ADDRESS);
        let now = DateTime::from_timestamp(0, 0).unwrap();
        for key in 0..2 * MOST {
            throttle.attempt(&key, now).unwrap();
        }
        assert!(throttle.attempts.len() <= MOST);
    }
}
