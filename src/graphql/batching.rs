//! Loaders' batches run in the request's own task, after every resolver that can go on has gone
//! on: all keys of a level meet in one batch, however slow the machine, so that the number of SQL
//! statements depends on the query's shape alone. (Spawned on the runtime, a batch starts when its
//! timer fires, with whatever keys are there by then.)

use std::{future::Future, pin::pin, task::Poll};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Batch = BoxFuture<'static, ()>;

/// The sending half is a loader's spawner.
pub(super) fn channel() -> (UnboundedSender<Batch>, UnboundedReceiver<Batch>) {
    unbounded_channel()
}

/// Runs `execution` and the batches that it asks for, together.
pub(super) async fn drive<T>(
    execution: impl Future<Output = T>,
    mut batches: UnboundedReceiver<Batch>,
) -> T {
    let mut execution = pin!(execution);
    let mut running = FuturesUnordered::new();
    std::future::poll_fn(move |task| {
        loop {
            if let Poll::Ready(output) = execution.as_mut().poll(task) {
                return Poll::Ready(output);
            }
            let mut progress = false;
            while let Poll::Ready(Some(batch)) = batches.poll_recv(task) {
                running.push(batch);
                progress = true;
            }
            while let Poll::Ready(Some(())) = running.poll_next_unpin(task) {
                progress = true;
            }
            if !progress {
                return Poll::Pending;
            }
        }
    })
    .await
}
