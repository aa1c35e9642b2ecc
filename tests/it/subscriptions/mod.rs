//! Subscriptions: over WebSockets as raw frames, and as server-sent events.

mod access;
mod bounds;
mod events;
mod protocol;
mod sse;
mod strangers;

use std::time::Duration;

use dialgraph::{
    domain::viewer::Role,
    http::{HttpOptions, Server, StreamOptions},
};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async, connect_async,
    tungstenite::{
        self, Message,
        client::IntoClientRequest as _,
        http::{HeaderName, HeaderValue},
    },
};
use tokio_util::sync::CancellationToken;

use crate::harness::TestApp;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(50);

/// The service on a port of its own, stopped with the test.
struct Running {
    address: String,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Bounds like the usual ones, but for those of streams.
fn with_streams(streams: StreamOptions) -> HttpOptions {
    HttpOptions {
        streams,
        ..HttpOptions::default()
    }
}

async fn serve(app: &TestApp) -> Running {
    serve_with_idle_timeout(app, HttpOptions::default().idle_timeout).await
}

async fn serve_with_idle_timeout(app: &TestApp, idle_timeout: Duration) -> Running {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let stop = CancellationToken::new();
    let server = Server {
        listener,
        router: app.router(),
        streams: app.streams(),
        idle_timeout,
    };
    let ended = tokio::spawn(server.serve(stop.clone()));
    Running {
        address,
        stop,
        ended,
    }
}

/// A client that sends and reads single frames.
struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

const SUBPROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

impl Client {
    /// Opens a socket with these headers, or says with which status that was refused.
    async fn open(running: &Running, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let url = format!("ws://{}/graphql/ws", running.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).unwrap();
            let value = HeaderValue::try_from(*value).unwrap();
            request.headers_mut().insert(name, value);
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// A socket of a client who may write, and for whom little waits that they have not read.
    async fn writer_with_small_buffer(running: &Running, app: &TestApp) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let stream = socket.connect(running.address.parse().unwrap()).await;
        let url = format!("ws://{}/graphql/ws", running.address);
        let mut request = url.into_client_request().unwrap();
        let (name, value) = SUBPROTOCOL;
        let value = HeaderValue::from_static(value);
        request.headers_mut().insert(name, value);
        let stream = MaybeTlsStream::Plain(stream.unwrap());
        let (socket, _) = client_async(request, stream).await.unwrap();
        let mut client = Self(socket);
        client.init(&app.token(Role::Manager)).await;
        assert_eq!(client.next().await, json!({ "type": "connection_ack" }));
        client
    }

    /// A socket of a client that speaks the protocol.
    async fn connect(running: &Running) -> Self {
        Self::open(running, &[SUBPROTOCOL]).await.unwrap()
    }

    /// A socket whose client has said that it holds `token`.
    async fn ready(running: &Running, token: &str) -> Self {
        let mut client = Self::connect(running).await;
        client.init(token).await;
        assert_eq!(client.next().await, json!({ "type": "connection_ack" }));
        client
    }

    /// A socket whose client may read.
    async fn reader(running: &Running, app: &TestApp) -> Self {
        Self::ready(running, &app.token(Role::Analyst)).await
    }

    async fn init(&mut self, token: &str) {
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        self.say(json!({ "type": "connection_init", "payload": payload }))
            .await;
    }

    async fn say(&mut self, message: Value) {
        self.frame(Message::text(message.to_string())).await;
    }

    async fn frame(&mut self, frame: Message) {
        self.0.send(frame).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        let payload = json!({ "query": query });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
    }

    /// The next message, or the code and reason of the close frame, as a list.
    async fn next(&mut self) -> Value {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.0.next()).await;
            match frame.expect("a message comes") {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return json!([u16::from(frame.code), frame.reason.as_str()]);
                }
                Some(Ok(_)) => {}
                end => return json!([0, format!("{end:?}")]),
            }
        }
    }

    /// The data of the next message, which must be an answer to the operation `id`.
    async fn data(&mut self, id: &str) -> Value {
        let message = self.next().await;
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("next"), &json!(id)),
            "{message:#}"
        );
        assert_eq!(message["payload"]["errors"], Value::Null, "{message:#}");
        message["payload"]["data"].clone()
    }

    /// The code of the close frame that comes next.
    async fn closed(&mut self) -> u64 {
        let message = self.next().await;
        message[0].as_u64().unwrap_or_else(|| panic!("{message:#}"))
    }

    /// Answers a query: whatever was sent before has arrived.
    async fn settle(&mut self) {
        self.say(json!({ "type": "ping" })).await;
        assert_eq!(self.next().await, json!({ "type": "pong" }));
    }
}

impl Client {
    /// Answers a query after what is still told of an operation that was ended.
    async fn settle_past(&mut self, id: &str) {
        self.say(json!({ "type": "ping" })).await;
        loop {
            let message = self.next().await;
            if message["type"] == "pong" {
                return;
            }
            assert_eq!(message["id"], id, "{message:#}");
        }
    }
}

fn complete(id: &str) -> Value {
    json!({ "type": "complete", "id": id })
}
