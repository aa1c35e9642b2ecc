//! GraphiQL, the page in which people try queries. Its files are made from the npm package by
//! `make graphiql` and become a part of the program; nothing of it comes from elsewhere.

use std::net::IpAddr;

use axum::{
    Json, Router,
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, uri::Authority},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use rust_embed::{Embed, EmbeddedFile, RustEmbed};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tower_http::set_header::SetResponseHeaderLayer;

/// Whether there is a page to try queries in.
#[derive(Debug, Clone, Default)]
pub enum GraphiQl {
    /// There is none.
    Off,
    /// There is one, and who opens it brings a token.
    #[default]
    On,
    /// There is one with this token filled in, which is given away to whoever opens the page at a
    /// loopback address. For demonstration data only.
    WithToken(SecretString),
}

/// What the bundler wrote; nothing where it was not run.
#[derive(Embed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Built;

/// Where the page may load from and what it may ask: this service.
///
/// Styles are the exception. The editor positions its lines by `style` attributes in markup that it
/// builds, and adds rules for its colours at run time: neither has a hash or could carry a nonce.
/// Fonts and a few pictures of the style sheets are written into them as `data:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; \
    style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The bundler's names of assets change with what is in them.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Kept, but asked for again each time.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>dialgraph</title>
<h1>GraphiQL is not a part of this build</h1>
<p>Its files are made from the npm package, which needs Node.js 20.19 or newer with npm. In the
source folder:</p>
<pre>make graphiql
cargo build --release</pre>
<p>The service itself is complete without it: GraphQL is at <code>/graphql</code>.</p>
</html>
";

/// The page with its files, and what it is filled with at first.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(graphiql: &GraphiQl) -> Router<S> {
    match graphiql {
        GraphiQl::Off => Router::new(),
        GraphiQl::On => routes_of::<S, Built>(None),
        GraphiQl::WithToken(token) => routes_of::<S, Built>(Some(token.clone())),
    }
}

fn routes_of<S, F>(token: Option<SecretString>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    F: RustEmbed + 'static,
{
    let defaults = move |uri: Uri, headers: HeaderMap| async move {
        let token = token.filter(|_| is_opened_here(&uri, &headers));
        defaults(token.as_ref())
    };
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/graphiql") }))
        .route("/graphiql", get(page::<F>))
        .route("/graphiql/assets/{*name}", get(asset::<F>))
        .route("/graphiql/defaults.json", get(defaults))
        .route_layer(SetResponseHeaderLayer::overriding(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ))
}

async fn page<F: RustEmbed>(headers: HeaderMap) -> Response {
    match F::get("index.html") {
        Some(file) => respond(file, &headers, ASK_AGAIN),
        None => ([(header::CACHE_CONTROL, "no-store")], Html(NOT_BUILT)).into_response(),
    }
}

async fn asset<F: RustEmbed>(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match F::get(&format!("assets/{name}")) {
        Some(file) => respond(file, &headers, FOREVER),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The file, or word that the client has it already.
fn respond(file: EmbeddedFile, headers: &HeaderMap, caching: HeaderValue) -> Response {
    let mut response = match etag(&file) {
        Some(etag) => {
            let known = headers.typed_get::<IfNoneMatch>();
            let is_known = known.is_some_and(|known| !known.precondition_passes(&etag));
            let mut response = if is_known {
                StatusCode::NOT_MODIFIED.into_response()
            } else {
                contents(file)
            };
            response.headers_mut().typed_insert(etag);
            response
        }
        None => contents(file),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, caching);
    response
}

fn contents(file: EmbeddedFile) -> Response {
    let kind = file.metadata.mimetype().to_owned();
    ([(header::CONTENT_TYPE, kind)], file.data).into_response()
}

/// A weak one: the same file compressed in another way is not the same bytes.
fn etag(file: &EmbeddedFile) -> Option<ETag> {
    let hash = hex::encode(file.metadata.sha256_hash());
    format!("W/\"{hash}\"").parse().ok()
}

/// What the editor of headers holds at first.
fn defaults(token: Option<&SecretString>) -> Response {
    let headers = token.map(|token| {
        let token = token.expose_secret();
        json!({ "Authorization": format!("Bearer {token}") })
    });
    let never_kept = [(header::CACHE_CONTROL, "no-store")];
    (never_kept, Json(json!({ "headers": headers }))).into_response()
}

/// Whether a request comes from a page of this service that was opened at a loopback address. A
/// page of another origin names that, and one that had its own name point here names itself as the
/// host.
fn is_opened_here(uri: &Uri, headers: &HeaderMap) -> bool {
    /// What pages of other origins, and proxies, add.
    const SENT_ON: [HeaderName; 5] = [
        header::ORIGIN,
        header::FORWARDED,
        header::VIA,
        HeaderName::from_static("x-forwarded-for"),
        HeaderName::from_static("x-real-ip"),
    ];
    if SENT_ON.iter().any(|name| headers.contains_key(name)) {
        return false;
    }
    let named = headers.get(header::HOST).map(HeaderValue::as_bytes);
    let authority = match named {
        Some(named) => Authority::try_from(named).ok(),
        None => uri.authority().cloned(),
    };
    authority.is_some_and(|authority| is_loopback(authority.host()))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use tower::ServiceExt as _;

    use super::*;

    /// A page that was built.
    #[derive(Embed)]
    #[folder = "tests/graphiql"]
    struct Page;

    /// None was.
    #[derive(Embed)]
    #[folder = "tests/graphiql/nothing"]
    #[allow_missing = true]
    struct Nothing;

    async fn get<F: RustEmbed + 'static>(
        uri: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, String) {
        let request = headers
            .iter()
            .fold(Request::builder().uri(uri), |request, (name, value)| {
                request.header(*name, *value)
            });
        let router = routes_of::<(), F>(Some("a token".into())).with_state(());
        let response = router
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 100_000).await.unwrap();
        (
            parts.status,
            parts.headers,
            String::from_utf8(body.to_vec()).unwrap(),
        )
    }

    #[tokio::test]
    async fn a_page_that_was_built_is_served_and_kept() {
        let script = include_str!("../../tests/graphiql/assets/page-1.js");
        for (uri, kind, caching, contents) in [
            (
                "/graphiql",
                "text/html",
                "no-cache",
                include_str!("../../tests/graphiql/index.html"),
            ),
            (
                "/graphiql/assets/page-1.js",
                "text/javascript",
                "public, max-age=31536000, immutable",
                script,
            ),
        ] {
            let (status, headers, body) = get::<Page>(uri, &[]).await;
            assert_eq!((status, body.as_str()), (StatusCode::OK, contents));
            assert_eq!(headers["content-type"], kind);
            assert_eq!(headers["cache-control"], caching);
            assert_eq!(headers["content-security-policy"], POLICY);
            let etag = headers["etag"].to_str().unwrap();
            let (status, headers, body) = get::<Page>(uri, &[("if-none-match", etag)]).await;
            assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
            assert_eq!(headers["cache-control"], caching);
            let (status, ..) = get::<Page>(uri, &[("if-none-match", "\"another\"")]).await;
            assert_eq!(status, StatusCode::OK);
        }
        for nothing in [
            "/graphiql/assets/page-2.js",
            "/graphiql/assets/../index.html",
            "/graphiql/index.html",
        ] {
            assert_eq!(
                get::<Page>(nothing, &[]).await.0,
                StatusCode::NOT_FOUND,
                "{nothing}"
            );
        }
    }

    #[tokio::test]
    async fn one_that_was_not_says_how() {
        let (status, headers, body) = get::<Nothing>("/graphiql", &[]).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(headers["cache-control"], "no-store");
        assert!(body.contains("make graphiql"), "{body}");
        assert!(
            !body.contains("http"),
            "nothing is loaded from elsewhere: {body}"
        );
    }

    #[tokio::test]
    async fn the_token_is_for_pages_opened_here() {
        let given = r#"{"headers":{"Authorization":"Bearer a token"}}"#;
        let kept = r#"{"headers":null}"#;
        for (headers, answer) in [
            (&[("host", "127.0.0.1:8080")][..], given),
            (&[("host", "localhost:8080")], given),
            (&[("host", "LOCALHOST")], given),
            (&[("host", "[::1]:8080")], given),
            (&[], kept),
            (&[("host", "")], kept),
            (&[("host", "evil.example:8080")], kept),
            (&[("host", "localhost.evil.example")], kept),
            (&[("host", "192.0.2.1:8080")], kept),
            (&[("host", "localhost@evil.example")], kept),
            (
                &[("host", "localhost"), ("origin", "http://evil.example")],
                kept,
            ),
            (
                &[("host", "localhost"), ("x-forwarded-for", "192.0.2.1")],
                kept,
            ),
            (&[("host", "localhost"), ("via", "1.1 proxy")], kept),
            (
                &[("host", "localhost"), ("forwarded", "for=192.0.2.1")],
                kept,
            ),
            (&[("host", "localhost"), ("x-real-ip", "192.0.2.1")], kept),
        ] {
            let (_, had, body) = get::<Page>("/graphiql/defaults.json", headers).await;
            assert_eq!(body, answer, "{headers:?}");
            assert_eq!(had["cache-control"], "no-store");
        }
    }
}
