//! Loaders' batches run in the request's own task, and only when every resolver that can go on has
//! gone on: all keys of a level meet in one batch, however slow the machine and however many rows,
//! so that the number of SQL statements depends on the query's shape alone. (Spawned on the
//! runtime, a batch starts when its timer fires, with whatever keys are there by then.)

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered, task::AtomicWaker};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Batch = BoxFuture<'static, ()>;

/// The sending half is a loader's spawner.
pub(in crate::graphql) fn channel() -> (UnboundedSender<Batch>, UnboundedReceiver<Batch>) {
    unbounded_channel()
}

/// Notes that the execution can go on, and wakes the request's task.
struct Progress {
    possible: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Progress {
    fn wake(self: Arc<Self>) {
        self.possible.store(true, Ordering::Release);
        self.task.wake();
    }
}

/// How often the execution is polled before other tasks get their turn.
const POLLS: u32 = 32;

/// Runs `execution` and the batches that it asks for, together. Batches that nobody waits for any
/// more when it is done are dropped.
pub(in crate::graphql) async fn drive<T>(
    execution: impl Future<Output = T>,
    batches: &mut UnboundedReceiver<Batch>,
) -> T {
    let progress = Arc::new(Progress {
        possible: AtomicBool::new(true),
        task: AtomicWaker::new(),
    });
    let waker = Waker::from(progress.clone());
    let mut execution = pin!(execution);
    let mut running = FuturesUnordered::new();
    std::future::poll_fn(move |task| {
        progress.task.register(task.waker());
        let mut polls = 0;
        loop {
            // A long list yields now and then although it could go on: it wakes itself, and is
            // polled again until it waits for nothing but batches.
            while progress.possible.swap(false, Ordering::AcqRel) {
                // tokio makes what has worked for long wait until the task was polled anew.
                polls += 1;
                if polls > POLLS {
                    progress.possible.store(true, Ordering::Release);
                    task.waker().wake_by_ref();
                    return Poll::Pending;
                }
                if let Poll::Ready(output) =
                    execution.as_mut().poll(&mut Context::from_waker(&waker))
                {
                    return Poll::Ready(output);
                }
            }
            while let Poll::Ready(Some(batch)) = batches.poll_recv(task) {
                running.push(batch);
            }
            while let Poll::Ready(Some(())) = running.poll_next_unpin(task) {}
            if !progress.possible.load(Ordering::Acquire) {
                return Poll::Pending;
            }
        }
    })
    .await
}
