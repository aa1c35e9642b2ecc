//! GraphQL operations whose answers come as they happen: over WebSockets, and as server-sent
//! events.

mod credential;
mod lobby;
mod message;
mod operation;
mod origin;
mod socket;
mod sse;
mod streams;
mod upgrade;

pub use streams::{StreamOptions, Streams};

pub(super) use sse::{get as get_events, post as post_events};
pub(super) use upgrade::upgrade;
