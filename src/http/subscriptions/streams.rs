//! The streams that are open: how many there may be, and how they end together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// Bounds of WebSockets and event streams.
#[derive(Debug, Clone, Copy)]
pub struct StreamOptions {
    /// Most that are open at a time, WebSockets and event streams together.
    pub most: usize,
    /// Most of them that one caller has.
    pub most_a_caller: usize,
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
    callers: Mutex<HashMap<String, usize>>,
    tracker: TaskTracker,
    stop: CancellationToken,
}

/// A stream that is open, as long as it exists.
#[derive(Debug)]
pub(super) struct Place {
    _room: OwnedSemaphorePermit,
    _tracked: TaskTrackerToken,
}

/// A stream that is counted for its caller, as long as it exists.
#[derive(Debug)]
pub(super) struct CallersPlace {
    open: Arc<Open>,
    caller: String,
}

impl Streams {
    /// None is open.
    #[must_use]
    pub fn new(options: &StreamOptions) -> Self {
        Self(Arc::new(Open {
            room: Arc::new(Semaphore::new(options.most.min(Semaphore::MAX_PERMITS))),
            most_a_caller: options.most_a_caller,
            callers: Mutex::default(),
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
        }))
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
        let mut callers = self.0.callers();
        let count = callers.entry(caller.to_owned()).or_default();
        if *count >= self.0.most_a_caller {
            return None;
        }
        *count += 1;
        Some(CallersPlace {
            open: self.0.clone(),
            caller: caller.to_owned(),
        })
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

impl Open {
    fn callers(&self) -> std::sync::MutexGuard<'_, HashMap<String, usize>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for CallersPlace {
    fn drop(&mut self) {
        let mut callers = self.open.callers();
        if let Some(count) = callers.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                callers.remove(&self.caller);
            }
        }
    }
}
