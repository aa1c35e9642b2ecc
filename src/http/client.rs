//! Where a request comes from.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use tower_http::request_id::RequestId;

use super::AppState;
use crate::domain::audit::Origin;

/// The address of the client, as far as it is known, and the request's id.
pub(super) struct RequestOrigin(pub Origin);

impl FromRequestParts<AppState> for RequestOrigin {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(address)| address.ip());
        let id = parts.extensions.get::<RequestId>();
        let id = id.and_then(|id| id.header_value().to_str().ok());
        Ok(Self(Origin::Request {
            address: forwarded(&parts.headers, state.options.trusted_proxies).or(peer),
            id: id.unwrap_or_default().to_owned(),
        }))
    }
}

/// The address that the outermost of our own proxies saw. Each adds one to `X-Forwarded-For`, on
/// the right; what stands further left anybody may have written.
fn forwarded(headers: &HeaderMap, proxies: usize) -> Option<IpAddr> {
    let values = headers.get_all("x-forwarded-for").iter();
    let seen: Vec<&str> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let place = seen.len().checked_sub(proxies)?;
    seen.get(place)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_our_own_proxies_wrote_counts() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "10.0.0.9, 198.51.100.7".parse().unwrap());
        headers.append("x-forwarded-for", "203.0.113.5".parse().unwrap());
        let seen = |proxies| forwarded(&headers, proxies).map(|address| address.to_string());
        assert_eq!(seen(0), None);
        assert_eq!(seen(1).as_deref(), Some("203.0.113.5"));
        assert_eq!(seen(2).as_deref(), Some("198.51.100.7"));
        assert_eq!(seen(4), None);
    }
}
