//! How a question travels to the platform and its answer back: over HTTP, or, in simulations, to
//! a router in this process.

use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tower::ServiceExt as _;

use super::config::ClientConfig;
use super::error::{Error, sanitised};

/// The most bytes of an answer that are read, unpacked: some hundred times a full page.
const MAX_BODY: usize = 64 << 20;

/// A question. Its query may hold a password, so it cannot be printed.
pub struct Ask {
    /// The path of the endpoint, below the platform's address.
    pub path: &'static str,
    /// The query, not encoded yet.
    pub query: Vec<(&'static str, String)>,
    /// What is posted as JSON; without it the question is a GET.
    pub body: Option<Value>,
}

impl Ask {
    pub(super) fn get(path: &'static str, query: Vec<(&'static str, String)>) -> Self {
        Self {
            path,
            query,
            body: None,
        }
    }

    pub(super) fn post(path: &'static str, body: Value) -> Self {
        Self {
            path,
            query: Vec::new(),
            body: Some(body),
        }
    }

    /// POST with a body, else GET.
    #[must_use]
    pub fn method(&self) -> Method {
        if self.body.is_some() {
            Method::POST
        } else {
            Method::GET
        }
    }

    /// The address of the question below `base`, without its query.
    fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        url.set_path(&format!(
            "{}{}",
            url.path().trim_end_matches('/'),
            self.path
        ));
        url
    }
}

/// What came back, whatever it says.
#[derive(Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

/// Carries a question to the platform. How long it may take is bounded by the caller.
#[async_trait]
pub trait Exchange: Send + Sync {
    /// Asks once, with `token` as `Authorization`.
    ///
    /// # Errors
    /// [`Error::Timeout`] or [`Error::Transport`] when no answer came, [`Error::Malformed`] for one
    /// that is too long or a token that no header can hold. The text is not made fit to be shown.
    async fn exchange(&self, ask: &Ask, token: Option<&SecretString>) -> Result<Reply, Error>;
}

/// Over HTTP.
pub(super) struct HttpExchange {
    http: reqwest::Client,
    base_url: Url,
}

impl HttpExchange {
    pub(super) fn new(config: &ClientConfig) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(config.request_timeout.min(Duration::from_secs(10)))
            // The API redirects nowhere, and a redirect could carry the token elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("dialgraph/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Config(sanitised(&error.without_url().to_string(), &[])))?;
        Ok(Self {
            http,
            base_url: config.base_url.clone(),
        })
    }

    fn request(&self, ask: &Ask, token: Option<&SecretString>) -> Result<RequestBuilder, Error> {
        let request = self.http.request(ask.method(), ask.url(&self.base_url));
        let request = match &ask.body {
            Some(body) => request.json(body),
            None => request.query(&ask.query),
        };
        Ok(match token {
            Some(token) => request.header(AUTHORIZATION, authorization(token)?),
            None => request,
        })
    }
}

#[async_trait]
impl Exchange for HttpExchange {
    async fn exchange(&self, ask: &Ask, token: Option<&SecretString>) -> Result<Reply, Error> {
        let mut response = self.request(ask, token)?.send().await?;
        Ok(Reply {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: read_body(response).await?,
        })
    }
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn too_long() -> Error {
    Error::Malformed("a body of more than 64 MB".to_owned())
}

/// The bare token, without `Bearer` (guanke-api.md).
fn authorization(token: &SecretString) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(token.expose_secret())
        .map_err(|_| Error::Malformed("data.token: no header value".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Asks a router in this process, such as [`Simulator::router`](super::simulator::Simulator::router):
/// no socket, and with tokio's clock paused no real time.
#[derive(Clone)]
pub struct RouterExchange(Router);

impl RouterExchange {
    /// Asks `router`.
    #[must_use]
    pub const fn new(router: Router) -> Self {
        Self(router)
    }

    fn request(ask: &Ask, token: Option<&SecretString>) -> Result<Request<Body>, Error> {
        let failed = |what: &str| Error::Transport(what.to_owned());
        let base = Url::parse("http://platform").map_err(|_| failed("no address"))?;
        let mut url = ask.url(&base);
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&ask.query);
        }
        let mut request = Request::builder().method(ask.method()).uri(url.as_str());
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, authorization(token)?);
        }
        let body = match &ask.body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        request.body(body).map_err(|_| failed("no request"))
    }
}

#[async_trait]
impl Exchange for RouterExchange {
    async fn exchange(&self, ask: &Ask, token: Option<&SecretString>) -> Result<Reply, Error> {
        let answer = self.0.clone().oneshot(Self::request(ask, token)?).await;
        let (parts, body) = match answer {
            Ok(response) => response.into_parts(),
            Err(never) => match never {},
        };
        let body = to_bytes(body, MAX_BODY).await.map_err(|_| too_long())?;
        Ok(Reply {
            status: parts.status,
            headers: parts.headers,
            body: body.into(),
        })
    }
}
