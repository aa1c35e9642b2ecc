//! Which web pages may open a WebSocket. Browsers let every page try, and CORS has no say.

use axum::http::{HeaderMap, HeaderValue, Uri, header};

/// Whether the request comes from a page of this very host or of an allowed origin, or from no
/// page at all.
pub(super) fn may_connect(headers: &HeaderMap, allowed: &[HeaderValue]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => allowed.contains(origin) || is_own(origin, headers),
        _ => false,
    }
}

fn is_own(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let origin = origin.to_str().ok().and_then(|text| text.parse().ok());
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
    match (origin.as_ref().and_then(Uri::authority), host) {
        (Some(authority), Some(host)) => authority.as_str().eq_ignore_ascii_case(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_of_this_host_or_allowed() {
        let allowed = [HeaderValue::from_static("https://app.example.com")];
        let may = |origins: &[&'static str]| {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::HOST,
                HeaderValue::from_static("calls.example.com:8080"),
            );
            for origin in origins {
                headers.append(header::ORIGIN, HeaderValue::from_static(origin));
            }
            may_connect(&headers, &allowed)
        };
        assert!(may(&[]));
        assert!(may(&["https://app.example.com"]));
        assert!(may(&["http://Calls.example.com:8080"]));
        for refused in [
            "https://calls.example.com",
            "https://app.example.com.evil.example",
            "http://app.example.com",
            "null",
            "",
        ] {
            assert!(!may(&[refused]), "{refused}");
        }
        assert!(!may(&[
            "https://app.example.com",
            "https://app.example.com"
        ]));
    }
}
