//! Messages of `graphql-transport-ws`, and the codes with which its sockets are closed:
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.

use std::borrow::Cow;

use async_graphql::{Request, Response, ServerError};
use axum::extract::ws::CloseFrame;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::http::request::{self, Malformed, without_mark};

/// The subprotocol.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// Why a socket is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closing {
    code: u16,
    reason: Cow<'static, str>,
}

impl Closing {
    /// The service ends.
    pub const GOING_AWAY: Self = Self::new(1001, "the service is going away");
    /// A message is longer than is taken.
    pub const TOO_BIG: Self = Self::new(1009, "the message is too big");
    /// There are too many sockets of all clients; it may be tried again later.
    pub const FULL: Self = Self::new(1013, "too many streams are open: try again later");
    /// There are too many sockets of this one; it may be tried again later.
    pub const CROWDED: Self = Self::new(1013, "you have too many connections open");
    /// The client has not said who it is, and others need its place; it may be tried again.
    pub const MADE_ROOM: Self = Self::new(
        1013,
        "too many clients have not said who they are, and this one waited longest: try again",
    );
    /// The client does not take what is sent to it.
    pub const TOO_SLOW: Self = Self::new(1013, "too slow: messages were not taken");
    /// An operation before the connection was acknowledged.
    pub const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    /// The client did not say who it is.
    pub const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    /// The client says who it is again.
    pub const INIT_AGAIN: Self = Self::new(4429, "Too many initialisation requests");
    /// The client does not speak the protocol.
    pub const NOT_ACCEPTABLE: Self = Self::new(
        4406,
        "Subprotocol not acceptable: graphql-transport-ws is spoken",
    );
    /// Text was wanted.
    pub const BINARY: Self = Self::new(4400, "messages are JSON, sent as text");
    /// Whether the token is good cannot be told now.
    pub const UNAVAILABLE: Self = Self::new(1013, "the database cannot be reached; try again");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self {
            code,
            reason: Cow::Borrowed(reason),
        }
    }

    /// A message that cannot be understood.
    pub fn invalid(reason: impl std::fmt::Display) -> Self {
        Self {
            code: 4400,
            reason: Cow::Owned(format!("Invalid message: {reason}")),
        }
    }

    /// There is no token, or it is good no more.
    pub fn forbidden(reason: impl std::fmt::Display) -> Self {
        Self {
            code: 4403,
            reason: Cow::Owned(format!("Forbidden: {reason}")),
        }
    }

    /// An id that is in use.
    pub fn exists(id: &str) -> Self {
        Self {
            code: 4409,
            reason: Cow::Owned(format!("Subscriber for {id} already exists")),
        }
    }

    /// The frame, whose reason may have 123 bytes (RFC 6455, 5.5).
    pub fn frame(self) -> CloseFrame {
        let end = self.reason.floor_char_boundary(123);
        CloseFrame {
            code: self.code,
            reason: self.reason[..end].into(),
        }
    }
}

/// What a client says.
pub(super) enum ClientMessage<'a> {
    /// Who it is.
    Init(Option<&'a RawValue>),
    /// Are you there?
    Ping(Option<&'a RawValue>),
    /// I am here.
    Pong,
    /// Begin an operation.
    Subscribe(String, Box<Request>),
    /// End it.
    Complete(String),
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl<'a> ClientMessage<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// With which the socket is to be closed.
    pub async fn read(text: &'a str) -> Result<Self, Closing> {
        let text = without_mark(text);
        let message: Envelope = serde_json::from_str(text).map_err(Closing::invalid)?;
        let payload = message.payload.filter(|payload| payload.get() != "null");
        let id = || {
            let id = message.id.clone().filter(|id| !id.is_empty());
            id.ok_or_else(|| Closing::invalid("an `id` is missing"))
        };
        Ok(match message.kind.as_str() {
            "connection_init" => Self::Init(payload.map(object).transpose()?),
            "ping" => Self::Ping(payload.map(object).transpose()?),
            "pong" => Self::Pong,
            "subscribe" => {
                let request = request_of(payload).await?;
                Self::Subscribe(id()?, Box::new(request))
            }
            "complete" => Self::Complete(id()?),
            _ => return Err(Closing::invalid("its `type` is not known")),
        })
    }
}

async fn request_of(payload: Option<&RawValue>) -> Result<Request, Closing> {
    let payload = payload.ok_or_else(|| Closing::invalid(Malformed::NoQuery))?;
    let request = request::from_body(payload.get()).await;
    request.map_err(Closing::invalid)
}

fn object(payload: &RawValue) -> Result<&RawValue, Closing> {
    if payload.get().starts_with('{') {
        Ok(payload)
    } else {
        Err(Closing::invalid("its `payload` is no object"))
    }
}

/// What the service says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    /// Operations may begin.
    ConnectionAck,
    /// I am here.
    Pong {
        /// What the ping said.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'a RawValue>,
    },
    /// An answer.
    Next {
        /// Which operation.
        id: &'a str,
        /// The answer.
        payload: &'a Response,
    },
    /// An operation was refused, and has ended.
    Error {
        /// Which operation.
        id: &'a str,
        /// Why.
        payload: &'a [ServerError],
    },
    /// An operation has ended.
    Complete {
        /// Which one.
        id: &'a str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_between_characters() {
        let frame = Closing::exists(&"线".repeat(100)).frame();
        assert_eq!(frame.code, 4409);
        // "Subscriber for " has 15 bytes, a character 3: 36 of them fit into 123.
        assert_eq!(
            frame.reason.as_str(),
            format!("Subscriber for {}", "线".repeat(36))
        );
    }
}
