use std::time::Duration;

use clap::Args;

use super::whole;
use crate::http::StreamOptions;

/// Defaults, for the flags.
fn default() -> StreamOptions {
    StreamOptions::default()
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// WebSockets and event streams.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Subscriptions")]
pub struct StreamArgs {
    /// Most WebSockets and event streams that are open at a time; each takes a file descriptor
    /// (ulimit -n)
    #[arg(long, env = "MAX_STREAMS", default_value_t = number(default().most), value_parser = whole::<u32>(1..=u32::MAX))]
    max_streams: u32,

    /// Most of them that one caller has
    #[arg(long, env = "MAX_STREAMS_PER_CALLER", default_value_t = number(default().most_a_caller), value_parser = whole::<u32>(1..=u32::MAX))]
    max_streams_per_caller: u32,

    /// Most WebSockets beside these whose clients have not said yet who they are; when there are as
    /// many, the one that has waited longest makes room for the next
    #[arg(long, env = "MAX_UNKNOWN_SOCKETS", default_value_t = number(default().most_unknown), value_parser = whole::<u32>(1..=u32::MAX))]
    max_unknown_sockets: u32,

    /// Most of those that come from one address, or with IPv6 from one network (/64), better far less
    /// than all; behind a proxy, TRUSTED_PROXIES tells addresses apart
    #[arg(long, env = "MAX_UNKNOWN_SOCKETS_PER_ADDRESS", default_value_t = number(default().most_unknown_an_address), value_parser = whole::<u32>(1..=u32::MAX))]
    max_unknown_sockets_per_address: u32,

    /// Most operations at work on one WebSocket
    #[arg(long, env = "MAX_OPERATIONS_PER_SOCKET", default_value_t = number(default().operations), value_parser = whole::<u32>(1..=1000))]
    max_operations_per_socket: u32,

    /// Most bytes of a message from a WebSocket's client (1024-16777216)
    #[arg(long, env = "MAX_MESSAGE_BYTES", default_value_t = number(default().message_limit), value_parser = whole::<u32>(1024..=16_777_216))]
    max_message_bytes: u32,

    /// How long a WebSocket's client may take to say who it is, such as 10s
    #[arg(long, env = "CONNECTION_INIT_TIMEOUT", default_value = "10s", value_parser = super::positive_duration)]
    connection_init_timeout: Duration,

    /// How often a WebSocket's client has to show that it is there, such as 30s; one that does not
    /// take what is sent to it for as long is dropped. Event streams get a comment as often
    #[arg(long, env = "STREAM_KEEP_ALIVE", default_value = "30s", value_parser = super::positive_duration)]
    stream_keep_alive: Duration,
}

impl StreamArgs {
    /// The bounds.
    #[must_use]
    pub fn options(self) -> StreamOptions {
        StreamOptions {
            most: self.max_streams as usize,
            most_a_caller: self.max_streams_per_caller as usize,
            most_unknown: self.max_unknown_sockets as usize,
            most_unknown_an_address: self.max_unknown_sockets_per_address as usize,
            operations: self.max_operations_per_socket as usize,
            message_limit: self.max_message_bytes as usize,
            init_timeout: self.connection_init_timeout,
            keep_alive: self.stream_keep_alive,
            ..StreamOptions::default()
        }
    }
}
