use std::{net::IpAddr, time::Duration};

use clap::Args;

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
}

impl ServerArgs {
    /// Bounds of a request.
    #[must_use]
    pub fn options(&self) -> HttpOptions {
        HttpOptions {
            request_timeout: self.request_timeout,
            ..HttpOptions::default()
        }
    }
}
