//! Routes, and the layers around them in a stated order.

use std::time::Duration;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    classify::ServerErrorsFailureClass,
    compression::{CompressionLayer, DefaultPredicate, Predicate as _, predicate::SizeAbove},
    cors::CorsLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    timeout::{RequestBodyTimeoutLayer, TimeoutLayer},
    trace::TraceLayer,
};
use tracing::Span;

use super::{
    AppState, HttpOptions, error, graphiql, graphql, health, media_type, metrics, subscriptions,
    token, unread, webhooks,
};

use crate::metrics::Metrics;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest request id that is taken over.
const LONGEST_ID: usize = 128;

/// Answers shorter than this, in bytes, do not get shorter by compression.
const WORTH_COMPRESSING: u16 = 1024;

/// Said with every answer that does not say otherwise: what it is must not be guessed, where it
/// was asked for is not told to others, it loads nothing, and no page may frame it.
const SECURITY: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// The whole HTTP service.
pub fn router(state: AppState) -> Router {
    let options = state.options.clone();
    let counted = state.metrics.clone();
    let graphql = get(graphql::get)
        .post(graphql::post)
        .layer(from_fn(media_type::negotiate));
    let events = get(subscriptions::get_events).post(subscriptions::post_events);
    let form_limit = DefaultBodyLimit::max(token::BODY_LIMIT);
    let webhook = post(webhooks::push).layer(DefaultBodyLimit::max(webhooks::BODY_LIMIT));
    let routes = graphiql::routes(&options.graphiql)
        .route("/graphql", graphql)
        .route("/graphql/ws", get(subscriptions::upgrade))
        .route("/graphql/stream", events)
        .route("/api/v1/auth/token", post(token::token).layer(form_limit))
        .route("/api/v1/auth/revoke", post(token::revoke).layer(form_limit))
        .route("/webhooks/guanke/{kind}", webhook)
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/api/health", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .with_state(state);
    layered(routes, &options, counted)
}

/// The routes with what is around each of them.
fn layered(routes: Router, options: &HttpOptions, counted: Metrics) -> Router {
    let cors = (!options.allowed_origins.is_empty()).then(|| cors(options));
    let worth_compressing = DefaultPredicate::new().and(SizeAbove::new(WORTH_COMPRESSING));
    // From the outside in: what is left of a body is read, every answer is counted and has a request id, every request
    // is logged under it, pages of allowed origins can read every answer, every error is JSON, a panic is an answer
    // too, and time and size are bounded before a handler sees anything.
    let layers = ServiceBuilder::new()
        .layer(from_fn(unread::read_rest))
        .layer(from_fn_with_state(counted, metrics::count))
        .map_request(without_odd_id)
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                // What of it is a fault of ours (a panic, a database that cannot be reached, a time that is over) is
                // logged where it arises, at the level that it has. The rest is 503 for want of room, which anybody
                // can bring about as often as they like.
                .on_failure(
                    |failure: ServerErrorsFailureClass, latency: Duration, _: &Span| {
                        tracing::debug!(%failure, ?latency, "an answer says that a request failed");
                    },
                ),
        )
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .option_layer(cors)
        .layer(CompressionLayer::new().compress_when(worth_compressing))
        .layer(from_fn_with_state(options.clone(), error::as_json))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            options.request_timeout,
        ))
        .layer(RequestBodyTimeoutLayer::new(options.body_timeout));
    let bounded = routes
        // The limit holds for every body, whoever reads it: axum's own is for its extractors.
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(options.body_limit))
        .layer(layers);
    SECURITY.into_iter().fold(bounded, |router, (name, value)| {
        let value = HeaderValue::from_static(value);
        router.layer(SetResponseHeaderLayer::if_not_present(name, value))
    })
}

/// Lets pages of the allowed origins ask. Credentials are not allowed: a token is a header that
/// the page sets itself.
fn cors(options: &HttpOptions) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(options.allowed_origins.clone())
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, REQUEST_ID])
        .expose_headers([REQUEST_ID, header::WWW_AUTHENTICATE])
        .max_age(Duration::from_hours(1))
}

/// Leaves an incoming request id out that could do harm in a log: too long a one, one with odd
/// characters, or several. A new one takes its place.
fn without_odd_id<B>(mut request: Request<B>) -> Request<B> {
    if !has_plain_id(request.headers()) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

fn has_plain_id(headers: &HeaderMap) -> bool {
    let mut ids = headers.get_all(REQUEST_ID).iter();
    let (Some(id), None) = (ids.next(), ids.next()) else {
        return false;
    };
    (1..=LONGEST_ID).contains(&id.len())
        && id
            .as_bytes()
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(byte))
}

/// Path only: a query string can hold personal data.
fn span<B>(request: &Request<B>) -> Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default();
    tracing::info_span!(
        "http.request",
        http.method = %request.method(),
        http.path = request.uri().path(),
        request.id = id,
    )
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use axum::body::{Body, to_bytes};
    use tower::ServiceExt as _;

    use super::*;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged, but for details, while a request is answered with this.
    async fn logged(answer: StatusCode) -> String {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let route = get(move || async move {
            if answer == StatusCode::INTERNAL_SERVER_ERROR {
                std::hint::black_box(None::<u8>).expect("a value");
            }
            (answer, axum::Json(answer.as_u16()))
        });
        let routes = Router::new().route("/", route);
        let service = layered(routes, &HttpOptions::default(), Metrics::default());
        let response = service.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), answer);
        let bytes = log.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    /// Anybody can be turned away as often as they like: nothing of that is an error. A panic is one.
    #[tokio::test]
    async fn nobody_writes_errors_by_being_refused() {
        for refused in [
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::UNAUTHORIZED,
        ] {
            assert_eq!(logged(refused).await, "", "{refused}");
        }
        let log = logged(StatusCode::INTERNAL_SERVER_ERROR).await;
        assert_eq!(log.matches("ERROR").count(), 1, "{log}");
    }

    #[tokio::test]
    async fn a_panic_is_answered_without_its_words() {
        let broken = get(|| async {
            std::hint::black_box(None::<u8>)
                .expect("a secret")
                .to_string()
        });
        let broken = Router::new().route("/", broken);
        let router = layered(broken, &HttpOptions::default(), Metrics::default());
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let extensions = serde_json::json!({ "code": "INTERNAL", "requestId": id });
        assert_eq!(body["errors"][0]["extensions"], extensions);
        assert!(!body.to_string().contains("secret"), "{body}");
    }
}
