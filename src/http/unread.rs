//! Bodies that were not read when their answer was there: a refusal needs none of it. The client goes
//! on sending, and a connection on which a part of a body is left cannot be used again.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderValue, StatusCode, Version, header},
    middleware::Next,
    response::Response,
};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};

/// Most bytes of a body that are read for nothing.
const MOST: usize = 64 * 1024;
/// How long they are waited for, and how long a stream of HTTP/2 with more is kept open.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads what an answer has left of a short body, so that the connection can be used again. Where more is
/// left, HTTP/1.1 says that the connection is closed.
pub(super) async fn read_rest(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let is_one_at_a_time = request.version() < Version::HTTP_2;
    // Such a client sends nothing before it hears 100, which a refusal does not say.
    let waits = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let body = Shared::new(body);
    let request = Request::from_parts(parts, Body::new(body.clone()));
    let mut response = next.run(request).await;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS || body.is_end_stream() {
        return response;
    }
    let is_read = !waits
        && tokio::time::timeout(PATIENCE, body.clone().read())
            .await
            .unwrap_or(false);
    if is_read {
        return response;
    }
    if is_one_at_a_time {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
        return response;
    }
    // A stream of HTTP/2 whose body is dropped is reset behind the answer, and some clients that are still sending
    // do not see the answer then: it gets there first.
    tokio::spawn(async move {
        tokio::time::sleep(PATIENCE).await;
        drop(body);
    });
    response
}

/// A body that is at hand when who was to read it has dropped it.
#[derive(Clone)]
struct Shared(Arc<Mutex<Unread>>);

struct Unread {
    body: Body,
    /// Whether there is nothing more to come.
    is_over: bool,
}

impl Shared {
    fn new(body: Body) -> Self {
        let is_over = false;
        Self(Arc::new(Mutex::new(Unread { body, is_over })))
    }

    fn lock(&self) -> MutexGuard<'_, Unread> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is left; whether that was all of it.
    async fn read(mut self) -> bool {
        let mut most = MOST;
        if usize::try_from(self.size_hint().lower()).map_or(true, |length| length > most) {
            return false;
        }
        while let Some(frame) = self.frame().await {
            let Ok(frame) = frame else {
                return false;
            };
            let length = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = most.checked_sub(length) else {
                return false;
            };
            most = rest;
        }
        true
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut unread = self.lock();
        if unread.is_over {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut unread.body).poll_frame(context);
        unread.is_over = matches!(polled, Poll::Ready(None));
        polled
    }

    fn is_end_stream(&self) -> bool {
        let unread = self.lock();
        unread.is_over || unread.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().body.size_hint()
    }
}
