//! One operation of a stream, from its request to its end.

use async_graphql::{Request, Response, ServerError, Value};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::ready,
    stream::{self, BoxStream},
};

use crate::{
    domain::{audit::Origin, viewer::Viewer},
    graphql::Started,
    http::{AppState, graphql::was_executed},
};

/// What comes of an operation.
pub(super) enum Outcome {
    /// An answer.
    Next(Response),
    /// Why it is not executed.
    Refused(Response),
    /// No more answers come.
    Complete,
}

/// What comes of a request, as it comes; the last is [`Outcome::Complete`].
pub(super) fn outcomes(
    state: &AppState,
    request: Request,
    viewer: Viewer,
    origin: Origin,
) -> BoxStream<'static, Outcome> {
    let state = state.clone();
    let start = async move {
        let started = state.schema.start(request, viewer, origin);
        match tokio::time::timeout(state.options.request_timeout, started).await {
            Ok(Started::Answer(response)) if was_executed(&response) => {
                stream::once(ready(Outcome::Next(*response))).boxed()
            }
            Ok(Started::Answer(response)) => {
                stream::once(ready(Outcome::Refused(*response))).boxed()
            }
            Ok(Started::Stream(responses)) => responses.enumerate().map(outcome).boxed(),
            Err(_) => stream::once(ready(Outcome::Refused(late()))).boxed(),
        }
    };
    let complete = stream::once(ready(Outcome::Complete));
    start.boxed().flatten_stream().chain(complete).boxed()
}

/// A first answer without data says why there are no others.
fn outcome((place, response): (usize, Response)) -> Outcome {
    let is_refusal = place == 0 && response.data == Value::Null && !response.errors.is_empty();
    if is_refusal {
        Outcome::Refused(response)
    } else {
        Outcome::Next(response)
    }
}

fn late() -> Response {
    let mut error = ServerError::new("the operation took too long: ask for less", None);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", crate::http::error::code::TIMEOUT);
    Response::from_errors(vec![error])
}
