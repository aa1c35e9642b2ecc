//! What a caller may ask for over time: a bucket that fills with the cost of queries and leaks at a
//! steady rate.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

/// Buckets that are remembered before those that have run dry are forgotten.
const REMEMBERED: usize = 10_000;
const MICROSECONDS: u64 = 1_000_000;

/// The buckets of all callers of this process.
#[derive(Debug)]
pub(in crate::graphql) struct Budgets {
    /// What a bucket holds.
    size: u64,
    /// What leaks of it in a second.
    per_second: u64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    level: u64,
    /// When it had this level.
    at: DateTime<Utc>,
}

/// What is left to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) struct Balance {
    /// What may be asked for at once.
    pub remaining: u64,
    /// When all of it may be.
    pub resets_at: DateTime<Utc>,
}

impl Budgets {
    /// Buckets that hold `size` and lose `per_second` of it; both at least 1.
    pub fn new(size: u64, per_second: u64) -> Self {
        Self {
            size: size.max(1),
            per_second: per_second.max(1),
            buckets: Mutex::default(),
        }
    }

    /// Takes `cost` from what `caller` has left.
    ///
    /// # Errors
    /// When there is not enough: what is left, and the time until there is enough. Nothing is
    /// taken then. A cost beyond the whole bucket counts as all of it.
    pub fn spend(
        &self,
        caller: &str,
        cost: u64,
        now: DateTime<Utc>,
    ) -> Result<Balance, (Balance, TimeDelta)> {
        let cost = cost.min(self.size);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED && !buckets.contains_key(caller) {
            buckets.retain(|_, bucket| self.leaked(*bucket, now).level > 0);
        }
        let known = buckets.get(caller).copied();
        let mut bucket = self.leaked(known.unwrap_or(Bucket { level: 0, at: now }), now);
        let missing = (bucket.level + cost).saturating_sub(self.size);
        if missing > 0 {
            return Err((self.balance(bucket), self.time(missing)));
        }
        bucket.level += cost;
        buckets.insert(caller.to_owned(), bucket);
        Ok(self.balance(bucket))
    }

    /// The bucket as it is now. What leaked is a whole number, and `at` the time when it was.
    fn leaked(&self, bucket: Bucket, now: DateTime<Utc>) -> Bucket {
        let elapsed = (now - bucket.at).num_microseconds().unwrap_or(i64::MAX);
        let elapsed = u64::try_from(elapsed).unwrap_or(0);
        let leaked = u128::from(elapsed) * u128::from(self.per_second) / u128::from(MICROSECONDS);
        let leaked = u64::try_from(leaked).unwrap_or(u64::MAX);
        if leaked >= bucket.level {
            return Bucket { level: 0, at: now };
        }
        Bucket {
            level: bucket.level - leaked,
            at: bucket.at + self.time(leaked),
        }
    }

    fn balance(&self, bucket: Bucket) -> Balance {
        Balance {
            remaining: self.size - bucket.level,
            resets_at: bucket.at + self.time(bucket.level),
        }
    }

    /// How long it takes for so much to leak.
    fn time(&self, amount: u64) -> TimeDelta {
        let time = u128::from(amount) * u128::from(MICROSECONDS) / u128::from(self.per_second);
        TimeDelta::microseconds(i64::try_from(time).unwrap_or(i64::MAX / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds)
    }

    fn balance(remaining: u64, resets_at: i64) -> Balance {
        Balance {
            remaining,
            resets_at: at(resets_at),
        }
    }

    #[test]
    fn a_bucket_leaks_at_its_rate_and_each_caller_has_one() {
        let budgets = Budgets::new(100, 10);
        assert_eq!(budgets.spend("li", 60, at(0)), Ok(balance(40, 6_000)));
        let refused = Err((balance(40, 6_000), TimeDelta::seconds(1)));
        assert_eq!(budgets.spend("li", 50, at(0)), refused);
        assert_eq!(budgets.spend("wu", 50, at(0)), Ok(balance(50, 5_000)));
        assert_eq!(budgets.spend("li", 50, at(1_000)), Ok(balance(0, 11_000)));
        assert_eq!(budgets.spend("li", 0, at(11_000)), Ok(balance(100, 11_000)));
    }

    #[test]
    fn many_small_queries_do_not_keep_it_from_leaking() {
        let budgets = Budgets::new(10, 1);
        for tenth in 0..100 {
            let _ = budgets.spend("li", u64::from(tenth == 0) * 10, at(tenth * 99));
        }
        assert_eq!(budgets.spend("li", 0, at(9_999)), Ok(balance(9, 10_000)));
    }

    #[test]
    fn a_query_beyond_the_whole_bucket_takes_all_of_it() {
        let budgets = Budgets::new(10, 1);
        assert_eq!(budgets.spend("li", 1_000, at(0)), Ok(balance(0, 10_000)));
    }

    #[test]
    fn clocks_that_go_back_do_no_harm() {
        let budgets = Budgets::new(10, 1);
        assert_eq!(budgets.spend("li", 5, at(5_000)), Ok(balance(5, 10_000)));
        assert_eq!(budgets.spend("li", 1, at(0)), Ok(balance(4, 11_000)));
    }
}
