use std::{net::IpAddr, time::Duration};

use clap::Args;

use super::LimitArgs;
use crate::http::HttpOptions;

/// Where the service listens.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerArgs {
    /// Address to listen on; 0.0.0.0 for all
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// Port to listen on (0-65535; 0 takes any free one)
    #[arg(long, env = "PORT", default_value_t = 8080)]
    pub port: u16,

    /// How long a request may take, such as 30s
    #[arg(long, env = "REQUEST_TIMEOUT", default_value = "30s", value_parser = super::positive_duration)]
    request_timeout: Duration,

    /// How many bytes the body of a request may have; an import of 5,000 calls has some 4 million
    #[arg(long, env = "MAX_BODY_BYTES", default_value_t = HttpOptions::default().body_limit, value_parser = body_limit)]
    max_body_bytes: usize,

    /// How many of your own proxies stand before the service, each of which adds the address that it
    /// sees to X-Forwarded-For; sign-in attempts are counted by address
    #[arg(long, env = "TRUSTED_PROXIES", default_value_t = 0)]
    trusted_proxies: usize,

    #[command(flatten)]
    limits: LimitArgs,
}

/// A body of less than 64 kB would refuse ordinary queries.
fn body_limit(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|bytes| *bytes >= 64 * 1024)
        .ok_or_else(|| "a number of bytes is wanted, at least 65536".to_owned())
}

impl ServerArgs {
    /// Bounds of a request.
    #[must_use]
    pub fn options(&self) -> HttpOptions {
        HttpOptions {
            request_timeout: self.request_timeout,
            body_limit: self.max_body_bytes,
            trusted_proxies: self.trusted_proxies,
            limits: self.limits.limits(),
        }
    }
}
