//! The streams that are open: how many there may be, and how they end together.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use super::lobby::{Lobby, LobbyPlace};

/// Bounds of WebSockets and event streams.
#[derive(Debug, Clone, Copy)]
pub struct StreamOptions {
    /// Most that are open at a time, WebSockets and event streams together.
    pub most: usize,
    /// Most of them that one caller has.
    pub most_a_caller: usize,
    /// Most WebSockets whose clients have not said yet who they are. They are not counted among the
    /// others, so that nobody is kept out by strangers.
    pub most_unknown: usize,
    /// Most of them that come from one address, or one network of IPv6.
    pub most_unknown_an_address: usize,
    /// Most operations at work on one WebSocket.
    pub operations: usize,
    /// Most bytes of a message from a WebSocket's client.
    pub message_limit: usize,
    /// How long a WebSocket's client may take to say who it is.
    pub init_timeout: Duration,
    /// How often the other side has to show that it is there: it is asked, and has to answer, or
    /// to take what is sent to it, before the next time.
    pub keep_alive: Duration,
    /// The end of a token is waited for in steps as long as this, so that a change of the system's
    /// clock is noticed.
    pub clock_step: Duration,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            most: 20_000,
            most_a_caller: 200,
            most_unknown: 2_000,
            most_unknown_an_address: 100,
            operations: 20,
            message_limit: 64 * 1024,
            init_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(30),
            clock_step: Duration::from_secs(30),
        }
    }
}

/// The WebSockets and event streams of this process. Clones are the same.
#[derive(Debug, Clone)]
pub struct Streams(Arc<Open>);

#[derive(Debug)]
struct Open {
    room: Arc<Semaphore>,
    most_a_caller: usize,
    /// How many each caller has.
    callers: Counts<String>,
    /// For those who have not said who they are.
    lobby: Lobby,
    tracker: TaskTracker,
    stop: CancellationToken,
}

/// How many there are of each.
#[derive(Debug)]
struct Counts<K>(Arc<Mutex<HashMap<K, usize>>>);

/// One that is counted, as long as it exists.
#[derive(Debug)]
pub(super) struct Counted<K: Hash + Eq> {
    counts: Counts<K>,
    key: K,
}

/// A stream that is open, as long as it exists.
#[derive(Debug)]
pub(super) struct Place {
    _room: OwnedSemaphorePermit,
    _tracked: TaskTrackerToken,
}

/// A stream that is counted for its caller, as long as it exists.
pub(super) type CallersPlace = Counted<String>;

/// A WebSocket whose client has not said yet who they are.
#[derive(Debug)]
pub(super) struct UnknownPlace {
    lobby: LobbyPlace,
    _tracked: TaskTrackerToken,
}

/// Why no stream is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crowded {
    /// As many are open as there may be.
    Everywhere,
    /// The network has as many WebSockets as it may whose clients have not said who they are.
    Network,
}

impl UnknownPlace {
    /// Is over when this one has to make room for others.
    pub(super) fn leave(&self) -> CancellationToken {
        self.lobby.leave()
    }
}

impl Streams {
    /// None is open.
    #[must_use]
    pub fn new(options: &StreamOptions) -> Self {
        let room = options.most.min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Open {
            room: Arc::new(Semaphore::new(room)),
            most_a_caller: options.most_a_caller,
            callers: Counts::default(),
            lobby: Lobby::new(options.most_unknown, options.most_unknown_an_address),
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
        }))
    }

    /// Lets one in whose client has yet to say who they are, if there is room for one more beyond, and
    /// its network has not its share already. The oldest of them makes room when there is none.
    ///
    /// # Errors
    /// [`Crowded`] says which of the two it is.
    pub(super) fn open_unknown(&self, address: Option<IpAddr>) -> Result<UnknownPlace, Crowded> {
        let open = &self.0;
        if open.room.available_permits() == 0 {
            return Err(Crowded::Everywhere);
        }
        Ok(UnknownPlace {
            lobby: open.lobby.enter(address).ok_or(Crowded::Network)?,
            _tracked: open.tracker.token(),
        })
    }

    /// Opens one more, if there is room.
    pub(super) fn open(&self) -> Option<Place> {
        let room = self.0.room.clone().try_acquire_owned().ok()?;
        Some(Place {
            _room: room,
            _tracked: self.0.tracker.token(),
        })
    }

    /// Counts one for `caller`, unless they have as many as they may.
    pub(super) fn count(&self, caller: &str) -> Option<CallersPlace> {
        let open = &self.0;
        open.callers.add(caller.to_owned(), open.most_a_caller)
    }

    /// Is over when all of them have to end.
    pub(super) fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// Asks all of them to end, and waits until they have.
    pub async fn end(&self) {
        self.0.stop.cancel();
        self.0.tracker.close();
        self.0.tracker.wait().await;
    }
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Hash + Eq + Clone> Counts<K> {
    /// Counts one more of `key`, unless there are `most`.
    fn add(&self, key: K, most: usize) -> Option<Counted<K>> {
        let mut counts = locked(&self.0);
        let count = counts.get(&key).copied().unwrap_or_default();
        if count >= most {
            return None;
        }
        counts.insert(key.clone(), count + 1);
        let counts = Self(self.0.clone());
        Some(Counted { counts, key })
    }
}

impl<K: Hash + Eq> Drop for Counted<K> {
    fn drop(&mut self) {
        let mut counts = locked(&self.counts.0);
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

fn locked<K>(counts: &Mutex<HashMap<K, usize>>) -> MutexGuard<'_, HashMap<K, usize>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}
