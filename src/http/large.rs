//! Large requests. Reading one keeps a processor busy for milliseconds, and hundreds of them that come at
//! once would hold up everybody else for seconds: a few are read at a time, and the others wait for that.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    thread,
};

use tokio::sync::Semaphore;

/// From how many bytes on a body is large: some 250 calls of an import.
const LARGE: usize = 64 * 1024;

/// How many large requests may be read at a time. Clones share it.
#[derive(Debug, Clone)]
pub struct LargeRequests(Arc<Semaphore>);

impl Default for LargeRequests {
    /// Half of the processors read large requests, and one at least.
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self::new((processors / 2).max(1))
    }
}

impl LargeRequests {
    /// So many at a time.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    /// Does `work`, which begins with reading a body of `length` bytes. A large one waits for its turn, and
    /// has it until `work` first waits for something else: by then the body is read.
    pub(super) async fn read<T>(&self, length: usize, work: impl Future<Output = T>) -> T {
        let mut turn = match length {
            LARGE.. => self.0.acquire().await.ok(),
            _ => None,
        };
        let mut work = pin!(work);
        poll_fn(move |context| {
            let done = work.as_mut().poll(context);
            drop(turn.take());
            done
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_large_request_has_its_turn_until_it_waits() {
        let large = LargeRequests::new(1);
        let (answer, database) = oneshot::channel::<()>();
        let mut first = pin!(large.read(LARGE, async {
            assert_eq!(large.0.available_permits(), 0);
            database.await.unwrap();
        }));
        assert!(first.as_mut().now_or_never().is_none());
        // It waits for the database: the next one is read.
        let mut is_read = false;
        large.read(LARGE, async { is_read = true }).await;
        assert!(is_read);
        answer.send(()).unwrap();
        first.await;
    }

    #[tokio::test]
    async fn small_requests_need_no_turn() {
        let large = LargeRequests::new(1);
        let turn = large.0.acquire().await.unwrap();
        assert!(large.read(LARGE, async {}).now_or_never().is_none());
        assert!(large.read(LARGE - 1, async {}).now_or_never().is_some());
        drop(turn);
        assert!(large.read(LARGE, async {}).now_or_never().is_some());
    }
}
