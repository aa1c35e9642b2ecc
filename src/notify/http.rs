//! What the channels over HTTP share: a client that follows no redirects, time-outs, and answers of
//! which little is read.

use std::{net::IpAddr, time::Duration};

use reqwest::{Client, RequestBuilder, Url, redirect::Policy};

use super::error::{InvalidChannel, NotifyError, harmless};

/// How long an answer may take, all of it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer that are read.
const LONGEST: usize = 16 * 1024;

pub(super) fn client() -> Result<Client, InvalidChannel> {
    Client::builder()
        // Covers the body too.
        .timeout(PATIENCE)
        // It could lead into our own network, and would carry what was signed elsewhere.
        .redirect(Policy::none())
        .user_agent(concat!("dialgraph/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|_| InvalidChannel::Client)
}

pub(super) fn address(text: &str) -> Result<Url, InvalidChannel> {
    let url: Url = text.parse().map_err(|_| InvalidChannel::NoAddress)?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err(InvalidChannel::NoAddress)
    }
}

/// Whether an address is one of this machine itself.
pub(super) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = address.parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

/// The beginning of the body of a good answer.
pub(super) async fn exchange(request: RequestBuilder) -> Result<Vec<u8>, NotifyError> {
    let mut response = request.send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(NotifyError::Status(response.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() >= LONGEST {
            body.truncate(LONGEST);
            break;
        }
    }
    Ok(body)
}

/// Addresses may hold tokens.
fn failed(error: reqwest::Error) -> NotifyError {
    if error.is_timeout() {
        return NotifyError::Timeout;
    }
    NotifyError::Exchange(harmless(&error.without_url().to_string(), &[]))
}
