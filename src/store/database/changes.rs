//! What was committed, told to whoever listens: in this process, and to other instances.
//!
//! Nobody is told of a transaction that failed. What happens often is told at most once a
//! [`PACE`]: who listens reads the state then, and needs no history of it.

use std::{
    collections::BTreeSet,
    fmt,
    str::FromStr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::NaiveDate;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::{Notify, broadcast};
use tokio_stream::wrappers::BroadcastStream;

use crate::domain::access::Access;

/// Shortest time between two tellings of the same thing.
pub(in crate::store) const PACE: Duration = Duration::from_secs(1);
/// So many changes are kept apart; beyond, all that is told is that something has changed.
const KEPT_APART: usize = 1_000;
/// So many tellings wait for a listener; one that falls behind is told that it missed something.
const WAITING: usize = 256;

/// Something that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Figures of a business day, or how complete they are.
    Day(NaiveDate),
    /// Figures of days that nobody counted: of all that show packages or prices, say.
    Figures,
    /// A synchronisation went on, or ended.
    Run(i64),
    /// Somebody may come in no more, or do something else than before.
    Access(Access),
    /// Nobody knows what: anything may have.
    Anything,
}

/// What a listener is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<T> {
    /// What changed; none when it is not known, and anything may have.
    pub what: Option<T>,
    /// Another number each time: what was read for one telling need not be read again for it.
    pub number: u64,
}

/// Where changes are told. Clones are the same place.
#[derive(Debug, Clone)]
pub struct Changes(Arc<Hub>);

#[derive(Debug)]
struct Hub {
    /// Committed, and not told yet.
    pending: Mutex<BTreeSet<Change>>,
    /// Told here, and not to other instances yet, because the database failed.
    unsent: Mutex<BTreeSet<Change>>,
    /// There is something pending.
    some: Notify,
    /// There is something that does not wait for its turn.
    urgent: Notify,
    tellings: AtomicU64,
    days: broadcast::Sender<Told<NaiveDate>>,
    runs: broadcast::Sender<Told<i64>>,
    access: broadcast::Sender<Told<Access>>,
}

impl Default for Changes {
    fn default() -> Self {
        Self(Arc::new(Hub {
            pending: Mutex::default(),
            unsent: Mutex::default(),
            some: Notify::new(),
            urgent: Notify::new(),
            tellings: AtomicU64::new(0),
            days: broadcast::Sender::new(WAITING),
            runs: broadcast::Sender::new(WAITING),
            access: broadcast::Sender::new(WAITING),
        }))
    }
}

impl Changes {
    /// Days whose figures change from now on.
    pub fn days(&self) -> impl Stream<Item = Told<NaiveDate>> + Send + use<> {
        self.heard(self.0.days.subscribe())
    }

    /// Runs that go on from now on.
    pub fn runs(&self) -> impl Stream<Item = Told<i64>> + Send + use<> {
        self.heard(self.0.runs.subscribe())
    }

    /// Whose access changes from now on.
    pub fn access(&self) -> impl Stream<Item = Told<Access>> + Send + use<> {
        self.heard(self.0.access.subscribe())
    }

    fn heard<T: Copy + Send + 'static>(
        &self,
        receiver: broadcast::Receiver<Told<T>>,
    ) -> impl Stream<Item = Told<T>> + Send + use<T> {
        let hub = self.0.clone();
        BroadcastStream::new(receiver).map(move |heard| {
            // One that fell behind has missed some.
            heard.unwrap_or_else(|_| hub.telling(None))
        })
    }

    /// Takes up what was committed; it is told by whoever runs [`Self::take`] and
    /// [`Self::publish`].
    pub(in crate::store) fn tell(&self, changes: impl IntoIterator<Item = Change>) {
        let hub = &self.0;
        let mut changes = changes.into_iter().peekable();
        if changes.peek().is_none() {
            return;
        }
        let mut pending = locked(&hub.pending);
        for change in changes {
            if matches!(change, Change::Access(_)) {
                hub.urgent.notify_one();
            }
            pending.insert(change);
        }
        bound(&mut pending);
        hub.some.notify_one();
    }

    /// Takes what is to be told.
    pub(in crate::store) fn take(&self) -> BTreeSet<Change> {
        std::mem::take(&mut *locked(&self.0.pending))
    }

    /// Adds what could not be sent before.
    pub(in crate::store) fn unsent(&self, mut changes: BTreeSet<Change>) -> BTreeSet<Change> {
        changes.append(&mut locked(&self.0.unsent));
        changes
    }

    /// Keeps what could not be sent for the next time.
    pub(in crate::store) fn keep_unsent(&self, changes: BTreeSet<Change>) {
        let mut unsent = locked(&self.0.unsent);
        unsent.extend(changes);
        bound(&mut unsent);
        self.0.some.notify_one();
    }

    /// Waits until there is something to tell.
    pub(in crate::store) async fn some(&self) {
        self.0.some.notified().await;
    }

    /// Waits until the time to tell more has come.
    pub(in crate::store) async fn pause(&self) {
        tokio::select! {
            () = tokio::time::sleep(PACE) => {}
            () = self.0.urgent.notified() => {}
        }
    }

    /// Tells the listeners of this process. That nobody listens is no fault.
    pub(in crate::store) fn publish(&self, change: Change) {
        let hub = &self.0;
        let days = |day| drop(hub.days.send(hub.telling(day)));
        let runs = |run| drop(hub.runs.send(hub.telling(run)));
        let accesses = |access| drop(hub.access.send(hub.telling(access)));
        match change {
            Change::Day(day) => days(Some(day)),
            Change::Figures => days(None),
            Change::Run(run) => runs(Some(run)),
            Change::Access(access) => accesses(Some(access)),
            Change::Anything => {
                days(None);
                runs(None);
                accesses(None);
            }
        }
    }
}

fn locked(changes: &Mutex<BTreeSet<Change>>) -> MutexGuard<'_, BTreeSet<Change>> {
    changes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Of too many, none is kept apart.
fn bound(changes: &mut BTreeSet<Change>) {
    if changes.len() > KEPT_APART {
        changes.clear();
        changes.insert(Change::Anything);
    }
}

impl Hub {
    fn telling<T>(&self, what: Option<T>) -> Told<T> {
        let number = self.tellings.fetch_add(1, Ordering::Relaxed);
        Told { what, number }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(formatter, "day:{day}"),
            Self::Figures => formatter.write_str("figures"),
            Self::Run(run) => write!(formatter, "run:{run}"),
            Self::Access(access) => write!(formatter, "access:{access}"),
            Self::Anything => formatter.write_str("anything"),
        }
    }
}

/// Text that is no change; one of a newer version, maybe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a change that is known here")]
pub struct UnknownChange;

impl FromStr for Change {
    type Err = UnknownChange;

    fn from_str(text: &str) -> Result<Self, UnknownChange> {
        let known = match text.split_once(':') {
            Some(("day", day)) => day.parse().ok().map(Self::Day),
            Some(("run", run)) => run.parse().ok().map(Self::Run),
            Some(("access", access)) => access.parse().ok().map(Self::Access),
            None if text == "figures" => Some(Self::Figures),
            None if text == "anything" => Some(Self::Anything),
            _ => None,
        };
        known.ok_or(UnknownChange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Change {
        Change::Day(text.parse().unwrap())
    }

    #[test]
    fn a_change_is_read_as_it_was_written() {
        let changes = [
            day("2026-11-20"),
            Change::Figures,
            Change::Run(7),
            Change::Access(Access::Session(1)),
            Change::Access(Access::Token(2)),
            Change::Access(Access::User(3)),
            Change::Anything,
        ];
        for change in changes {
            assert_eq!(change.to_string().parse(), Ok(change));
        }
        for text in [
            "",
            "day",
            "day:x",
            "run:",
            "tomorrow:1",
            "access",
            "access:user:",
        ] {
            assert_eq!(text.parse::<Change>(), Err(UnknownChange), "{text}");
        }
    }

    #[test]
    fn what_happens_often_waits_as_one() {
        let changes = Changes::default();
        changes.tell([day("2026-11-20"), Change::Run(1)]);
        changes.tell([day("2026-11-20")]);
        let taken: Vec<Change> = changes.take().into_iter().collect();
        assert_eq!(taken, [day("2026-11-20"), Change::Run(1)]);
        changes.tell((0..2_000).map(Change::Run));
        assert_eq!(changes.take(), BTreeSet::from([Change::Anything]));
    }

    #[tokio::test]
    async fn a_listener_that_falls_behind_is_told_so() {
        let changes = Changes::default();
        let mut runs = std::pin::pin!(changes.runs());
        for run in 0..300 {
            changes.publish(Change::Run(run));
        }
        // 300 were told and 256 kept.
        assert_eq!(runs.next().await.unwrap().what, None);
        assert_eq!(runs.next().await.unwrap().what, Some(44));
    }
}
