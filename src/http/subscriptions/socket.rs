//! A WebSocket, from its first message to its end, after `graphql-transport-ws`.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::{FutureExt as _, future::BoxFuture, stream::BoxStream};
use secrecy::SecretString;
use serde_json::value::RawValue;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_stream::{StreamExt as _, StreamMap};
use tokio_util::sync::CancellationToken;

use super::{
    credential::Credential,
    message::{ClientMessage, Closing, PROTOCOL, ServerMessage},
    operation::{Outcome, outcomes},
    streams::{CallersPlace, UnknownPlace},
};
use crate::{
    domain::{audit::Origin, viewer::Viewer},
    http::{
        AppState,
        auth::{NotAuthenticated, credentials},
    },
};

/// How long the other side may take to close what it was told is closed.
const PARTING: Duration = Duration::from_secs(2);

/// Why a socket ends.
#[derive(Debug)]
enum End {
    /// It is closed from here.
    Close(Closing),
    /// It is closed from here at once, and its place is another's already.
    MadeRoom,
    /// The other side closed it.
    Left,
    /// The other side is not there any more.
    Gone,
}

impl From<Closing> for End {
    fn from(closing: Closing) -> Self {
        Self::Close(closing)
    }
}

/// One client's connection.
pub(super) struct Socket {
    channel: WebSocket,
    state: AppState,
    /// Where it comes from.
    origin: Origin,
    /// Is kept until the socket is closed: first an [`UnknownPlace`], then a [`Place`].
    ///
    /// [`Place`]: super::streams::Place
    place: Box<dyn Send>,
    /// Is over when the first of these has to be given to others.
    leave: CancellationToken,
    operations: StreamMap<String, BoxStream<'static, Outcome>>,
    /// Whether anything was heard of the other side since it was asked.
    is_alive: bool,
}

/// What a client may do that said who it is.
struct Session {
    viewer: Viewer,
    /// Is over when the token is.
    ended: BoxFuture<'static, &'static str>,
    _counted: CallersPlace,
}

impl Socket {
    pub fn new(channel: WebSocket, state: AppState, origin: Origin, place: UnknownPlace) -> Self {
        Self {
            channel,
            state,
            origin,
            leave: place.leave(),
            place: Box::new(place),
            operations: StreamMap::new(),
            is_alive: true,
        }
    }

    /// Talks until one side has had enough. `token` came with the request that opened the socket.
    pub async fn serve(mut self, token: Option<SecretString>) {
        let Err(end) = self.talk(token).await;
        self.operations.clear();
        tracing::debug!(?end, "a socket ends");
        let part = async {
            match end {
                End::Close(closing) => {
                    let frame = Message::Close(Some(closing.frame()));
                    if self.channel.send(frame).await.is_ok() {
                        self.drain().await;
                    }
                }
                End::MadeRoom => {
                    // As far as it goes at once: there may be many of them.
                    let frame = Message::Close(Some(Closing::MADE_ROOM.frame()));
                    let _ = self.channel.send(frame).now_or_never();
                }
                End::Left => self.drain().await,
                End::Gone => {}
            }
        };
        // Whoever is too slow for this is cut.
        let _ = timeout(PARTING, part).await;
        drop(self.place);
    }

    async fn talk(&mut self, token: Option<SecretString>) -> Result<std::convert::Infallible, End> {
        let spoken = self.channel.protocol().and_then(|it| it.to_str().ok());
        if spoken != Some(PROTOCOL) {
            return Err(Closing::NOT_ACCEPTABLE.into());
        }
        let stop = self.state.streams.stop().clone();
        let talk = async {
            let patience = self.state.options.streams.init_timeout;
            let leave = self.leave.clone();
            // On its own, so that its memory is free once the client has said who it is.
            let begun = Box::pin(timeout(patience, self.initialise(token)));
            let session = match leave.run_until_cancelled(begun).await {
                Some(Ok(session)) => session?,
                Some(Err(_)) => return Err(Closing::INIT_TIMEOUT.into()),
                None => return Err(End::MadeRoom),
            };
            self.converse(session).await
        };
        // Whatever it is at, and however long the client takes to read.
        match stop.run_until_cancelled(Box::pin(talk)).await {
            Some(end) => end,
            None => Err(Closing::GOING_AWAY.into()),
        }
    }

    /// Answers the other side's close frame, and waits until it has hung up.
    async fn drain(&mut self) {
        while let Some(Ok(_)) = self.channel.recv().await {}
    }

    /// Waits until the client has said who it is.
    async fn initialise(&mut self, token: Option<SecretString>) -> Result<Session, End> {
        loop {
            let message = self.channel.recv().await;
            let Some(text) = self.text(message)? else {
                continue;
            };
            match ClientMessage::read(&text).await? {
                ClientMessage::Init(payload) => {
                    let token = authorization(payload)?.or(token);
                    let session = authenticate(&self.state, token).await?;
                    let place = self.state.streams.open().ok_or(Closing::FULL)?;
                    self.place = Box::new(place);
                    self.send(&ServerMessage::ConnectionAck).await?;
                    return Ok(session);
                }
                ClientMessage::Ping(payload) => self.send(&ServerMessage::Pong { payload }).await?,
                ClientMessage::Pong | ClientMessage::Complete(_) => {}
                ClientMessage::Subscribe(..) => return Err(Closing::UNAUTHORIZED.into()),
            }
        }
    }

    /// Does what the client asks for as long as its token is good.
    async fn converse(&mut self, mut session: Session) -> Result<std::convert::Infallible, End> {
        let Session { viewer, ended, .. } = &mut session;
        tokio::select! {
            biased;
            reason = ended => Err(Closing::forbidden(reason).into()),
            end = self.exchange(viewer) => end,
        }
    }

    /// Takes messages and sends answers.
    async fn exchange(&mut self, viewer: &Viewer) -> Result<std::convert::Infallible, End> {
        let keep_alive = self.state.options.streams.keep_alive;
        let mut beats = interval_at(Instant::now() + keep_alive, keep_alive);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // What was asked for begins before the next message is read.
                biased;
                _ = beats.tick() => {
                    if !std::mem::take(&mut self.is_alive) {
                        return Err(End::Gone);
                    }
                    self.deliver(Message::Ping(Vec::new().into())).await?;
                }
                Some((id, outcome)) = self.operations.next(), if !self.operations.is_empty() => {
                    self.pass_on(&id, outcome).await?;
                }
                message = self.channel.recv() => {
                    if let Some(text) = self.text(message)? {
                        self.take(&text, viewer).await?;
                    }
                }
            }
        }
    }

    /// The text of a message, if it has one.
    fn text(
        &mut self,
        received: Option<Result<Message, axum::Error>>,
    ) -> Result<Option<axum::extract::ws::Utf8Bytes>, End> {
        self.is_alive = true;
        match received {
            Some(Ok(Message::Text(text))) => {
                if text.len() > self.state.options.streams.message_limit {
                    return Err(Closing::TOO_BIG.into());
                }
                Ok(Some(text))
            }
            Some(Ok(Message::Binary(_))) => Err(Closing::BINARY.into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            Some(Ok(Message::Close(_))) => Err(End::Left),
            Some(Err(_)) | None => Err(End::Gone),
        }
    }

    /// Does what a client asks for.
    async fn take(&mut self, text: &str, viewer: &Viewer) -> Result<(), End> {
        match ClientMessage::read(text).await? {
            ClientMessage::Init(_) => Err(Closing::INIT_AGAIN.into()),
            ClientMessage::Ping(payload) => self.send(&ServerMessage::Pong { payload }).await,
            ClientMessage::Pong => Ok(()),
            ClientMessage::Complete(id) => {
                self.operations.remove(&id);
                Ok(())
            }
            ClientMessage::Subscribe(id, _) if self.operations.contains_key(&id) => {
                Err(Closing::exists(&id).into())
            }
            ClientMessage::Subscribe(id, request) => {
                let most = self.state.options.streams.operations;
                if self.operations.len() >= most {
                    let refused = crate::graphql::refused_for_number("operations", most);
                    return self.pass_on(&id, Outcome::Refused(refused)).await;
                }
                let origin = self.origin.clone();
                let outcomes = outcomes(&self.state, *request, viewer.clone(), origin);
                self.operations.insert(id, outcomes);
                Ok(())
            }
        }
    }

    async fn pass_on(&mut self, id: &str, outcome: Outcome) -> Result<(), End> {
        match outcome {
            Outcome::Next(response) => {
                let payload = &response;
                return self.send(&ServerMessage::Next { id, payload }).await;
            }
            Outcome::Refused(response) => {
                let payload = response.errors.as_slice();
                self.send(&ServerMessage::Error { id, payload }).await?;
            }
            Outcome::Complete => self.send(&ServerMessage::Complete { id }).await?,
        }
        self.operations.remove(id);
        Ok(())
    }

    async fn send(&mut self, message: &ServerMessage<'_>) -> Result<(), End> {
        match serde_json::to_string(message) {
            Ok(text) => self.deliver(Message::Text(text.into())).await,
            Err(error) => {
                tracing::error!(%error, "a message could not be written");
                Err(End::Gone)
            }
        }
    }

    /// Sends a message. No other is sent or read meanwhile, so that no more than one waits here for
    /// a client who does not read; who does not for too long is dropped.
    async fn deliver(&mut self, message: Message) -> Result<(), End> {
        let patience = self.state.options.streams.keep_alive;
        match timeout(patience, self.channel.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(Closing::TOO_SLOW.into()),
        }
    }
}

/// Lets the holder of a valid token in.
async fn authenticate(state: &AppState, token: Option<SecretString>) -> Result<Session, Closing> {
    let token = token.ok_or_else(|| {
        Closing::forbidden(r#"send {"Authorization": "Bearer <token>"} with connection_init"#)
    })?;
    let credential = Credential::check(state, token).await;
    let credential = credential.map_err(|error| match error {
        NotAuthenticated::Unauthenticated(reason) => Closing::forbidden(reason),
        NotAuthenticated::TokenInUrl => Closing::forbidden("no token is taken from a URL"),
        NotAuthenticated::Unavailable(_) => Closing::UNAVAILABLE,
    })?;
    let viewer = credential.viewer().clone();
    let counted = state.streams.count(&viewer.account());
    Ok(Session {
        _counted: counted.ok_or(Closing::CROWDED)?,
        ended: credential.ended(state.clone()).boxed(),
        viewer,
    })
}

type Object = serde_json::Map<String, serde_json::Value>;

/// The token of `{"Authorization": "Bearer …"}`, or of the same within `headers`, as many clients send
/// it; names in any case. None where nothing is said.
fn authorization(payload: Option<&RawValue>) -> Result<Option<SecretString>, Closing> {
    let Some(payload) = payload else {
        return Ok(None);
    };
    let payload: Object = serde_json::from_str(payload.get()).map_err(Closing::invalid)?;
    let headers = said(&payload, "headers").and_then(serde_json::Value::as_object);
    let authorization = [Some(&payload), headers]
        .into_iter()
        .flatten()
        .find_map(|object| said(object, "authorization"));
    let Some(authorization) = authorization else {
        return Ok(None);
    };
    match authorization.as_str().and_then(credentials) {
        Some(token) => Ok(Some(token.into())),
        None => Err(Closing::forbidden(
            "Authorization has to be \"Bearer <token>\"",
        )),
    }
}

/// What an object has by this name, in any case.
fn said<'a>(object: &'a Object, wanted: &str) -> Option<&'a serde_json::Value> {
    let mut fields = object.iter();
    let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    Some(value)
}
