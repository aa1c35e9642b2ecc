//! One operation of a stream, from its request to its end.

use std::{convert::identity, time::Duration};

use async_graphql::{Request, Response, ServerError, Value};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, ready},
    stream::{self, BoxStream},
};
use tokio::{
    sync::mpsc::{self, Sender},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    domain::{audit::Origin, viewer::Viewer},
    graphql::{OUR_FAULT, Started, code::INTERNAL, late},
    http::{AppState, graphql::was_executed},
};

/// What comes of an operation.
pub(super) enum Outcome {
    /// An answer.
    Next(Response),
    /// Why it is not executed, or goes on no more.
    Refused(Response),
    /// No more answers come.
    Complete,
}

/// What comes of a request, as it comes; the last is [`Outcome::Complete`].
///
/// The operation works in a task of its own, which ends when the stream is dropped: a client who
/// does not read makes finished answers wait, and nothing that holds a connection of the database
/// or that others wait for.
pub(super) fn outcomes(
    state: &AppState,
    request: Request,
    viewer: Viewer,
    origin: Origin,
) -> BoxStream<'static, Outcome> {
    // Boxes, as the channel has room for 32 from the beginning, whatever its bound.
    let (finished, waiting) = mpsc::channel(1);
    let id = origin.request_id().unwrap_or_default().to_owned();
    let patience = state.options.request_timeout;
    let state = state.clone();
    // On its own, so that its memory is free while events are waited for.
    let started = async move {
        let schema = &state.schema;
        schema.start(request, viewer, origin, patience).await
    };
    let mut work = Box::pin(work(started.boxed(), patience, finished));
    // As far as it goes at once: who subscribes hears what is told from now on.
    let task = match (&mut work).now_or_never() {
        Some(()) => None,
        None => Some(AbortOnDropHandle::new(tokio::spawn(work))),
    };
    let broken = stream::iter(task).then(identity).filter_map(move |ended| {
        let panicked = ended.is_err();
        ready(panicked.then(|| Outcome::Refused(broken(&id))))
    });
    ReceiverStream::new(waiting)
        .map(|outcome| *outcome)
        .chain(broken)
        .chain(stream::once(ready(Outcome::Complete)))
        .boxed()
}

/// Does what is asked for, up to its end or until nobody waits for what comes of it.
async fn work(
    started: BoxFuture<'static, Started>,
    patience: Duration,
    finished: Sender<Box<Outcome>>,
) {
    let mut responses = match timeout(patience, started).await {
        Ok(Started::Answer(response)) => {
            let _left = finished.send(Box::new(answer(*response))).await;
            return;
        }
        Ok(Started::Stream(responses)) => responses.enumerate(),
        Err(_) => {
            let refused = Outcome::Refused(late());
            let _left = finished.send(Box::new(refused)).await;
            return;
        }
    };
    while let Some((place, response)) = responses.next().await {
        let outcome = if place == 0 && has_not_begun(&response) {
            Outcome::Refused(response)
        } else {
            answer(response)
        };
        let is_over = matches!(outcome, Outcome::Refused(_));
        if finished.send(Box::new(outcome)).await.is_err() || is_over {
            return;
        }
    }
}

fn answer(response: Response) -> Outcome {
    if was_executed(&response) {
        Outcome::Next(response)
    } else {
        Outcome::Refused(response)
    }
}

/// Whether the first answer of a subscription says why there are no others: the root field itself
/// failed. What fails in an event fails in a field of it.
fn has_not_begun(response: &Response) -> bool {
    response.data == Value::Null && response.errors.iter().all(|error| error.path.len() <= 1)
}

/// The answer of an operation that panicked; its words are in the log.
fn broken(request_id: &str) -> Response {
    let mut error = ServerError::new(OUR_FAULT, None);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", INTERNAL);
    extensions.set("requestId", request_id);
    Response::from_errors(vec![error])
}
