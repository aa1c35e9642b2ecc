//! Connections: HTTP/1.1 and HTTP/2 on the same port, each closed when nothing comes of it.
//!
//! A request that has arrived is bounded by the layers of the router. What comes before it is
//! bounded here, by one rule for both protocols: a connection on which no request is at work, and
//! to which nothing was written, is closed after a while. That covers silence, half of a head, and
//! connections that are kept open for nothing, but not somebody who reads a long answer slowly.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::ConnectInfo, http::Request, serve::Listener};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::Instant,
};
use tokio_util::{io::InspectWriter, sync::CancellationToken};
use tower::ServiceExt as _;

use super::Streams;

/// Answers requests on a port.
pub struct Server {
    /// Where connections come from.
    pub listener: TcpListener,
    /// Who answers.
    pub router: Router,
    /// The WebSockets and event streams that the router opens.
    pub streams: Streams,
    /// How long a connection may be open without a request at work.
    pub idle_timeout: Duration,
}

/// How long a connection that was asked to end may be quiet before it is cut.
const PARTING: Duration = Duration::from_secs(5);

impl Server {
    /// Serves until `stop`; then takes no new connection, and returns when the requests at work
    /// are answered and all streams have ended. When this future is dropped, its connections are cut.
    pub async fn serve(self, stop: CancellationToken) {
        let Self {
            mut listener,
            router,
            streams,
            idle_timeout,
        } = self;
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                (stream, address) = Listener::accept(&mut listener) => {
                    let connection = serve_connection(stream, address, router.clone(), idle_timeout, stop.clone());
                    connections.spawn(connection);
                }
                Some(_) = connections.join_next() => {}
                () = stop.cancelled() => break,
            }
        }
        drop(listener);
        let requests = async { while connections.join_next().await.is_some() {} };
        // A WebSocket has left the connection that it came by.
        tokio::join!(streams.end(), requests);
    }
}

async fn serve_connection(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
    idle_timeout: Duration,
    stop: CancellationToken,
) {
    let activity = Arc::new(Activity::new());
    let written = activity.clone();
    let stream = InspectWriter::new(stream, move |_: &[u8]| written.note());
    let at_work = activity.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        let at_work = AtWork::new(at_work.clone());
        let answer = router.clone().oneshot(request);
        async move {
            let answer = answer.await;
            drop(at_work);
            answer
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    // Closes half a head of HTTP/1.1; it knows nothing of silence before it, nor of HTTP/2.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(idle_timeout);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return log(ended, address),
        () = stop.cancelled() => {}
        () = activity.quiet(idle_timeout) => tracing::debug!(%address, "closing an idle connection"),
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        ended = connection => log(ended, address),
        () = activity.quiet(idle_timeout.min(PARTING)) => {}
    }
}

/// Clients break connections off all the time.
fn log<E: std::fmt::Display>(ended: Result<(), E>, address: SocketAddr) {
    if let Err(error) = ended {
        tracing::debug!(%error, %address, "a connection ended badly");
    }
}

/// What happens on a connection.
struct Activity {
    opened: Instant,
    /// Milliseconds from then to when something happened last.
    last: AtomicU64,
    /// Requests whose answer is not there yet.
    at_work: AtomicUsize,
}

impl Activity {
    fn new() -> Self {
        Self {
            opened: Instant::now(),
            last: AtomicU64::new(0),
            at_work: AtomicUsize::new(0),
        }
    }

    /// Something happened.
    fn note(&self) {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    /// Returns when nothing has happened for as long as `patience`.
    async fn quiet(&self, patience: Duration) {
        loop {
            let until = if self.at_work.load(Ordering::Relaxed) > 0 {
                Instant::now() + patience
            } else {
                self.opened + Duration::from_millis(self.last.load(Ordering::Relaxed)) + patience
            };
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }
}

/// Counts a request for as long as it exists.
struct AtWork(Arc<Activity>);

impl AtWork {
    fn new(activity: Arc<Activity>) -> Self {
        activity.at_work.fetch_add(1, Ordering::Relaxed);
        Self(activity)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.note();
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}
