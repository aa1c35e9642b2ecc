use std::{net::IpAddr, time::Duration};

use axum::http::HeaderValue;
use clap::Args;
use reqwest::Url;

use super::{LimitArgs, StreamArgs, whole};
use crate::http::HttpOptions;

/// Where the service listens.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerArgs {
    /// Address to listen on; 0.0.0.0 for all
    #[arg(long, env = "HOST", default_value = "127.0.0.1", value_parser = super::ip_address)]
    pub host: IpAddr,

    /// Port to listen on (0-65535; 0 takes any free one)
    #[arg(long, env = "PORT", default_value_t = 8080, value_parser = whole::<u16>(0..=u16::MAX))]
    pub port: u16,

    /// How long a request may take, such as 30s
    #[arg(long, env = "REQUEST_TIMEOUT", default_value = "30s", value_parser = super::positive_duration)]
    request_timeout: Duration,

    /// How many bytes the body of a request may have; an import of 5,000 calls has some 4 million
    #[arg(long, env = "MAX_BODY_BYTES", default_value_t = HttpOptions::default().body_limit, value_parser = body_limit)]
    max_body_bytes: usize,

    /// How long the sender of a body may pause, such as 10s
    #[arg(long, env = "BODY_TIMEOUT", default_value = "10s", value_parser = super::positive_duration)]
    body_timeout: Duration,

    /// How long a connection may be open without a request at work, such as 30s; half of a
    /// request's head is no request
    #[arg(long, env = "IDLE_TIMEOUT", default_value = "30s", value_parser = super::positive_duration)]
    idle_timeout: Duration,

    /// Origins whose web pages may ask, comma separated, such as https://app.example.com; none if
    /// empty
    #[arg(long, env = "CORS_ALLOW_ORIGINS", default_value = "", hide_default_value = true, value_parser = origins)]
    cors_allow_origins: Origins,

    /// How many of your own proxies stand before the service, each of which adds the address that it
    /// sees to X-Forwarded-For (0-100); sign-in attempts are counted by address
    #[arg(long, env = "TRUSTED_PROXIES", default_value_t = 0, value_parser = whole::<usize>(0..=100))]
    trusted_proxies: usize,

    #[command(flatten)]
    limits: LimitArgs,

    #[command(flatten)]
    streams: StreamArgs,
}

/// Origins as browsers send them.
#[derive(Debug, Clone)]
struct Origins(Vec<HeaderValue>);

fn origins(text: &str) -> Result<Origins, String> {
    let given = text.split(',').map(str::trim).filter(|one| !one.is_empty());
    given.map(origin).collect::<Result<_, _>>().map(Origins)
}

/// `*` is refused like everything that is no origin: whose pages may ask is worth a list.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let wanted = || {
        format!(
            "{text:?} is no origin: a scheme and a host are wanted, maybe a port, as in https://app.example.com"
        )
    };
    let url: Url = text.parse().map_err(|_| wanted())?;
    let is_bare = url.path() == "/" && !text.ends_with('/') && url.username().is_empty();
    let is_bare = is_bare && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !is_bare || url.host_str() == Some("*") {
        return Err(wanted());
    }
    url.origin()
        .ascii_serialization()
        .parse()
        .map_err(|_| wanted())
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
            body_timeout: self.body_timeout,
            idle_timeout: self.idle_timeout,
            allowed_origins: self.cors_allow_origins.0.clone(),
            trusted_proxies: self.trusted_proxies,
            limits: self.limits.limits(),
            streams: self.streams.options(),
            ..HttpOptions::default()
        }
    }
}
