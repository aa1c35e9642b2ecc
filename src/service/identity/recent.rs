//! What was looked up lately: it counts for a few seconds, and is looked up once for all who ask
//! for it meanwhile.

use std::{
    hash::Hash,
    sync::atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use quick_cache::sync::Cache;

/// How long a look-up counts: the longest that another instance's change goes unnoticed here.
const COUNTS_FOR: TimeDelta = TimeDelta::seconds(5);
/// Most look-ups that are remembered.
const MOST: usize = 10_000;
/// Most that are remembered as being at work.
const AT_WORK: usize = 1_000;

/// What was looked up lately.
#[derive(Debug)]
pub(in crate::service) struct Recent<K, V> {
    known: Cache<K, (V, DateTime<Utc>)>,
    /// Look-ups at work, by the epoch in which they began: who comes after a change waits for none
    /// that began before it.
    at_work: Cache<(K, u64), Option<V>>,
    /// Counts how often something was forgotten.
    epoch: AtomicU64,
}

impl<K: Hash + Eq + Clone, V: Clone> Recent<K, V> {
    pub fn new() -> Self {
        Self {
            known: Cache::new(MOST),
            at_work: Cache::new(AT_WORK),
            epoch: AtomicU64::new(0),
        }
    }

    /// What is known of `key`, or what `look_up` finds; that there is nothing is not remembered.
    pub async fn get<E>(
        &self,
        key: &K,
        now: DateTime<Utc>,
        look_up: impl Future<Output = Result<Option<V>, E>>,
    ) -> Result<Option<V>, E> {
        if let Some(known) = self.known(key, now) {
            return Ok(Some(known));
        }
        let epoch = self.epoch();
        let place = (key.clone(), epoch);
        match self.at_work.get_value_or_guard_async(&place).await {
            Ok(found) => Ok(found),
            Err(guard) => {
                let found = look_up.await?;
                if let Some(found) = &found {
                    self.put(key, found.clone(), now, epoch);
                }
                // To those who wait, and to nobody else.
                let _ = guard.insert(found.clone());
                self.at_work.remove(&place);
                Ok(found)
            }
        }
    }

    fn known(&self, key: &K, now: DateTime<Utc>) -> Option<V> {
        let (value, at) = self.known.get(key)?;
        let age = now - at;
        (TimeDelta::zero() <= age && age < COUNTS_FOR).then_some(value)
    }

    /// Another number after something was forgotten.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Remembers what was looked up after `epoch` was read, unless something was forgotten since: it
    /// may have been read before what changed.
    fn put(&self, key: &K, value: V, now: DateTime<Utc>, epoch: u64) {
        self.known.insert(key.clone(), (value, now));
        if self.epoch() != epoch {
            self.known.remove(key);
        }
    }

    /// Forgets what `is_meant`.
    pub fn forget(&self, is_meant: impl Fn(&K, &V) -> bool) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.known.retain(|key, (value, _)| !is_meant(key, value));
    }
}
