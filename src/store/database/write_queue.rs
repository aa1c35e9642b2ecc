//! Who may write next. Writers wait here and not for a connection: a queue in the process costs nothing,
//! is fair, knows what is urgent, and can say that it is full.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

use crate::store::{Result, StoreError};

/// What is written, and so who goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Lane {
    /// Short writes that something else waits for: sessions, leases, signs of life, notes of a run. They go
    /// first, have a place of their own where there are several, and are never refused for their number.
    Short,
    /// What people and the platform's pushes write, in the order in which it came; refused when too many
    /// wait.
    People,
    /// What synchronisation and retention write: behind people.
    Background,
}

/// After so many of people's writes one of the background goes before the next, or a busy day would keep
/// synchronisation from ever ending.
const PEOPLE_IN_A_ROW: u32 = 8;
/// The longest wait that a refused writer is asked for.
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// How many may write at once, and how many may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Places {
    /// In all.
    pub all: u32,
    /// Of these, for people and the background together; the rest is for short writes.
    pub long: u32,
    /// Of those, for the background.
    pub background: u32,
    /// How many of people's writes may wait.
    pub queue: usize,
    /// How long a writer waits at most; the background waits without end.
    pub patience: Duration,
}

/// How many write, and how many wait to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneState {
    /// In this lane.
    pub lane: Lane,
    /// At work.
    pub writing: usize,
    /// In the queue.
    pub waiting: usize,
}

/// The queue of all writers of a process.
#[derive(Debug, Clone)]
pub(in crate::store) struct WriteQueue(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    places: Places,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    writing: [u32; 3],
    waiting: [VecDeque<oneshot::Sender<Place>>; 3],
    /// How many of people's writes went before the background, which waits.
    people_in_a_row: u32,
    /// How long people's writes take, as a moving average.
    usual: Duration,
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(in crate::store) struct Place {
    /// None once the place was given on to nobody.
    queue: Option<Arc<Inner>>,
    lane: Lane,
    since: Instant,
}

impl WriteQueue {
    pub fn new(places: Places) -> Self {
        Self(Arc::new(Inner {
            places,
            state: Mutex::default(),
        }))
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when too many wait already, or the wait was too long.
    pub async fn enter(&self, lane: Lane) -> Result<Place> {
        let turn = {
            let mut state = self.0.lock();
            let waiting = &mut state.waiting[lane as usize];
            if lane == Lane::People && waiting.len() >= self.0.places.queue {
                waiting.retain(|turn| !turn.is_closed());
                if waiting.len() >= self.0.places.queue {
                    return Err(self.0.busy(&state));
                }
            }
            let (sender, turn) = oneshot::channel();
            state.waiting[lane as usize].push_back(sender);
            self.0.admit(&mut state);
            turn
        };
        let came = if lane == Lane::Background {
            Ok(turn.await)
        } else {
            tokio::time::timeout(self.0.places.patience, turn).await
        };
        match came {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(self.0.busy(&self.0.lock())),
        }
    }

    /// How many write and wait.
    pub fn state(&self) -> Vec<LaneState> {
        let state = self.0.lock();
        let lanes = [Lane::Short, Lane::People, Lane::Background].into_iter();
        let of = |lane: Lane| LaneState {
            lane,
            writing: state.writing[lane as usize] as usize,
            waiting: state.waiting[lane as usize]
                .iter()
                .filter(|turn| !turn.is_closed())
                .count(),
        };
        lanes.map(of).collect()
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives free places to those whose turn it is.
    fn admit(self: &Arc<Self>, state: &mut State) {
        while let Some(lane) = self.next_lane(state) {
            let Some(turn) = state.waiting[lane as usize].pop_front() else {
                return;
            };
            let place = Place {
                queue: Some(Arc::clone(self)),
                lane,
                since: Instant::now(),
            };
            match turn.send(place) {
                Ok(()) => {
                    state.writing[lane as usize] += 1;
                    let passes = lane == Lane::People && state.waits(Lane::Background);
                    state.people_in_a_row = if passes { state.people_in_a_row + 1 } else { 0 };
                }
                // Nobody waits for it any more. To be dropped here it must not ask for the lock.
                Err(mut place) => place.queue = None,
            }
        }
    }

    /// Whose turn it is, if there is a place for them.
    fn next_lane(&self, state: &State) -> Option<Lane> {
        let [short, people, background] = state.writing;
        if short + people + background >= self.places.all {
            return None;
        }
        if state.waits(Lane::Short) {
            return Some(Lane::Short);
        }
        if people + background >= self.places.long {
            return None;
        }
        let is_open = state.waits(Lane::Background) && background < self.places.background;
        let is_due = is_open && state.people_in_a_row >= PEOPLE_IN_A_ROW;
        if state.waits(Lane::People) && !is_due {
            return Some(Lane::People);
        }
        is_open.then_some(Lane::Background)
    }

    /// That a writer has to come again, and when those that wait now should have had their turn.
    fn busy(&self, state: &State) -> StoreError {
        let waiting = u32::try_from(state.waiting[Lane::People as usize].len()).unwrap_or(u32::MAX);
        let wait = state.usual.saturating_mul(waiting) / self.places.long.max(1);
        StoreError::Busy {
            retry_after: wait.clamp(Duration::from_secs(1), LONGEST_RETRY),
        }
    }
}

impl State {
    fn waits(&self, lane: Lane) -> bool {
        !self.waiting[lane as usize].is_empty()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(queue) = self.queue.take() else {
            return;
        };
        let mut state = queue.lock();
        state.writing[self.lane as usize] -= 1;
        if self.lane == Lane::People {
            state.usual = (state.usual * 7 + self.since.elapsed()) / 8;
        }
        queue.admit(&mut state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(all: u32, long: u32, background: u32) -> WriteQueue {
        WriteQueue::new(Places {
            all,
            long,
            background,
            queue: 2,
            patience: Duration::from_secs(30),
        })
    }

    /// Lets everybody go as far as they can.
    async fn settle() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    type Order = Arc<Mutex<Vec<&'static str>>>;

    /// Someone who notes their name when their turn comes, and goes at once.
    fn passer_by(queue: &WriteQueue, lane: Lane, name: &'static str, order: &Order) {
        let (queue, order) = (queue.clone(), order.clone());
        tokio::spawn(async move {
            let _place = queue.enter(lane).await.unwrap();
            order.lock().unwrap().push(name);
        });
    }

    #[tokio::test]
    async fn short_writes_go_first_and_the_background_last() {
        let (queue, order) = (queue(1, 1, 1), Order::default());
        let held = queue.enter(Lane::People).await.unwrap();
        for (lane, name) in [
            (Lane::Background, "page"),
            (Lane::People, "import 1"),
            (Lane::People, "import 2"),
            (Lane::Short, "lease"),
        ] {
            passer_by(&queue, lane, name, &order);
            settle().await;
        }
        drop(held);
        settle().await;
        assert_eq!(
            *order.lock().unwrap(),
            ["lease", "import 1", "import 2", "page"]
        );
    }

    #[tokio::test]
    async fn short_writes_have_a_place_where_long_ones_take_all_of_theirs() {
        let queue = queue(3, 2, 1);
        let _page = queue.enter(Lane::Background).await.unwrap();
        let _import = queue.enter(Lane::People).await.unwrap();
        let lease = queue.enter(Lane::Short).await.unwrap();
        assert_eq!(lease.lane, Lane::Short);
    }

    #[tokio::test]
    async fn the_background_never_has_all_places() {
        let (queue, order) = (queue(3, 2, 1), Order::default());
        let _page = queue.enter(Lane::Background).await.unwrap();
        passer_by(&queue, Lane::Background, "page 2", &order);
        settle().await;
        passer_by(&queue, Lane::People, "import", &order);
        settle().await;
        assert_eq!(*order.lock().unwrap(), ["import"]);
    }

    #[tokio::test]
    async fn the_background_is_not_kept_out_for_ever() {
        let (queue, order) = (queue(1, 1, 1), Order::default());
        let mut held = queue.enter(Lane::People).await.unwrap();
        passer_by(&queue, Lane::Background, "page", &order);
        settle().await;
        for turn in 0.. {
            if !order.lock().unwrap().is_empty() {
                // The last one came after it.
                assert_eq!(turn, PEOPLE_IN_A_ROW + 1);
                return;
            }
            // The next one waits already when the place becomes free.
            let next = tokio::spawn({
                let queue = queue.clone();
                async move { queue.enter(Lane::People).await.unwrap() }
            });
            settle().await;
            drop(held);
            held = next.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_says_when_to_come_again_and_forgets_who_went() {
        let queue = queue(1, 1, 1);
        let held = queue.enter(Lane::People).await.unwrap();
        tokio::time::advance(Duration::from_secs(80)).await;
        drop(held);
        let held = queue.enter(Lane::People).await.unwrap();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let queue = queue.clone();
                tokio::spawn(async move { queue.enter(Lane::People).await })
            })
            .collect();
        settle().await;
        let refused = queue.enter(Lane::People).await;
        // Each takes 10 s by the average, and two wait.
        assert!(
            matches!(refused, Err(StoreError::Busy { retry_after }) if retry_after.as_secs() == 20),
            "{refused:?}"
        );
        // Others are not refused for their number.
        let lease = tokio::spawn({
            let queue = queue.clone();
            async move { queue.enter(Lane::Short).await }
        });
        settle().await;
        waiting.iter().for_each(tokio::task::JoinHandle::abort);
        settle().await;
        let third = tokio::spawn({
            let queue = queue.clone();
            async move { queue.enter(Lane::People).await }
        });
        settle().await;
        drop(held);
        assert!(lease.await.unwrap().is_ok());
        assert!(third.await.unwrap().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_they_have_patience() {
        let queue = queue(1, 1, 1);
        let _held = queue.enter(Lane::People).await.unwrap();
        let refused = queue.enter(Lane::People).await;
        assert!(matches!(refused, Err(StoreError::Busy { .. })));
    }
}
