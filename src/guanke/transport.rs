//! One question to the platform and its answer: pace, time-out, envelope, repeats.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::{DateTime, Utc};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::header::{DATE, HeaderName, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::clock::Clock;
use crate::metrics::Metrics;

use super::config::{ClientConfig, RetryPolicy};
use super::error::{Error, sanitised};
use super::exchange::{Ask, Exchange, Reply};
use super::pace::{Outcome, Pace, PaceSnapshot};
use super::wire;

/// An answer, and what it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered<T> {
    /// What was asked for.
    pub value: T,
    /// How often the question had to be asked again.
    pub retries: u32,
}

pub(super) struct Transport {
    exchange: Arc<dyn Exchange>,
    pace: Pace,
    request_timeout: Duration,
    retry: RetryPolicy,
    jitter: Mutex<ChaCha8Rng>,
    clock: Arc<dyn Clock>,
    /// What no error may repeat, even if the platform says it: the password as it is and as it
    /// stands in an address.
    private: Vec<SecretString>,
    metrics: Metrics,
}

impl Transport {
    pub(super) fn new(
        config: &ClientConfig,
        clock: Arc<dyn Clock>,
        exchange: Arc<dyn Exchange>,
    ) -> Self {
        let private = config.credentials.private();
        let seed = config.jitter_seed.unwrap_or_else(rand::random);
        Self {
            exchange,
            pace: Pace::new(config.max_concurrency, config.max_requests_per_second)
                .with_patience(config.request_timeout / 2),
            request_timeout: config.request_timeout,
            retry: config.retry,
            jitter: Mutex::new(ChaCha8Rng::seed_from_u64(seed)),
            clock,
            private: vec![private.clone(), encoded(private)],
            metrics: Metrics::default(),
        }
    }

    pub(super) fn count_in(&mut self, metrics: Metrics) {
        self.metrics = metrics;
    }

    pub(super) const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn pace(&self) -> PaceSnapshot {
        self.pace.snapshot()
    }

    /// The `data` of the answer, as it came; asks again as the retry policy says while that may
    /// help.
    pub(super) async fn ask(
        &self,
        ask: &Ask,
        token: Option<&SecretString>,
    ) -> Result<Answered<Box<RawValue>>, Error> {
        let mut pauses = self.pauses();
        let mut retries = 0;
        loop {
            let error = match self.attempt(ask, token).await {
                Ok(value) => return Ok(Answered { value, retries }),
                Err(error) => error,
            };
            let Some(pause) = pauses.next().filter(|_| error.is_retryable()) else {
                return Err(error);
            };
            let pause = self.jittered(pause);
            tracing::debug!(path = ask.path, %error, ?pause, "asking Guanke again");
            tokio::time::sleep(pause).await;
            self.metrics.platform_retry();
            retries += 1;
        }
    }

    /// The longest pauses between attempts, each twice the one before.
    fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        let repeats = self.retry.max_attempts.saturating_sub(1);
        ExponentialBuilder::new()
            .with_min_delay(self.retry.min_delay)
            .with_max_delay(self.retry.max_delay)
            .with_max_times(usize::try_from(repeats).unwrap_or(usize::MAX))
            .build()
    }

    /// Anything from nothing to `pause`: requests that failed together must not come back together.
    fn jittered(&self, pause: Duration) -> Duration {
        let mut jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner);
        pause.mul_f64(jitter.random_range(0.0..=1.0))
    }

    /// Asks once, when it is its turn.
    async fn attempt(
        &self,
        ask: &Ask,
        token: Option<&SecretString>,
    ) -> Result<Box<RawValue>, Error> {
        let permit = self.pace.admit().await?;
        tracing::debug!(path = ask.path, "asking Guanke");
        let asked_at = tokio::time::Instant::now();
        let exchange = self.exchange.exchange(ask, token);
        let answer = match tokio::time::timeout(self.request_timeout, exchange).await {
            Ok(Ok(reply)) => self.opened(&reply, token),
            Ok(Err(error)) => Err(error.without(&self.private(token))),
            Err(_) => Err(Error::Timeout),
        };
        let result = answer.as_ref().map_or_else(Error::word, |_| "ok");
        self.metrics.platform_request(result, asked_at.elapsed());
        permit.finish(outcome_of(&answer));
        answer
    }

    fn opened(&self, reply: &Reply, token: Option<&SecretString>) -> Result<Box<RawValue>, Error> {
        let retry_after = retry_after(reply, self.clock.now());
        let answer = check_status(reply.status)
            .and_then(|()| data_of(&reply.body, &self.private(token)))
            .map_err(|error| match error {
                Error::RateLimited { .. } => Error::RateLimited { retry_after },
                error => error,
            });
        // Told by the status, or by the envelope of an HTTP 200.
        let asks_for_peace = matches!(answer, Err(Error::RateLimited { .. } | Error::Status(503)));
        if let Some(wait) = retry_after.filter(|_| asks_for_peace) {
            self.pace.hold(wait);
        }
        answer
    }

    fn private<'a>(&'a self, token: Option<&'a SecretString>) -> Vec<&'a str> {
        let secrets = self.private.iter().chain(token);
        secrets.map(ExposeSecret::expose_secret).collect()
    }
}

/// Whatever is worth another attempt is a sign of a platform, or of a gateway, that is too busy.
fn outcome_of<T>(answer: &Result<T, Error>) -> Outcome {
    match answer {
        Ok(_) => Outcome::Answered,
        Err(Error::RateLimited { .. }) => Outcome::Congested,
        Err(error) if error.is_retryable() => Outcome::Congested,
        Err(_) => Outcome::Refused,
    }
}

/// A secret as it stands in a query.
fn encoded(secret: &SecretString) -> SecretString {
    let Ok(mut url) = Url::parse("http://localhost") else {
        return secret.clone();
    };
    url.query_pairs_mut()
        .append_pair("", secret.expose_secret());
    url.query()
        .unwrap_or_default()
        .trim_start_matches('=')
        .into()
}

fn check_status(status: StatusCode) -> Result<(), Error> {
    match status {
        StatusCode::OK => Ok(()),
        StatusCode::UNAUTHORIZED => Err(Error::Unauthorised),
        StatusCode::TOO_MANY_REQUESTS => Err(Error::RateLimited { retry_after: None }),
        other => Err(Error::Status(other.as_u16())),
    }
}

/// How long the platform wants to be left alone: it says so in seconds or as a date, which is
/// counted from its own `Date`, because its clock may differ from ours.
fn retry_after(reply: &Reply, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: HeaderName| Some(reply.headers.get(name)?.to_str().ok()?.trim());
    let wanted = text(RETRY_AFTER)?;
    if let Ok(seconds) = wanted.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let sent = text(DATE).and_then(http_date).unwrap_or(now);
    let wait = http_date(wanted)? - sent;
    Some(wait.to_std().unwrap_or_default())
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc())
}

/// Opens the envelope `{"code", "message", "data"}`: failure usually comes as HTTP 200 with a
/// `code` other than 200 (guanke-api.md). No data is null.
fn data_of(body: &[u8], private: &[&str]) -> Result<Box<RawValue>, Error> {
    let mut envelope = parse(body)?;
    let mut field = |name| envelope.remove(name);
    let code = field("code")
        .and_then(|code| wire::integer(&wire::json(code.get()).ok()?))
        .ok_or_else(no_code)?;
    match code {
        200 => Ok(field("data").unwrap_or_else(|| RawValue::NULL.to_owned())),
        401 => Err(Error::Unauthorised),
        429 => Err(Error::RateLimited { retry_after: None }),
        code => {
            let message = field("message").and_then(|text| wire::json(text.get()).ok());
            let message = message.as_ref().and_then(Value::as_str);
            Err(Error::Platform {
                code,
                message: sanitised(message.unwrap_or_default(), private),
            })
        }
    }
}

fn no_code() -> Error {
    Error::Malformed("code: missing or no number".to_owned())
}

fn parse(body: &[u8]) -> Result<HashMap<String, Box<RawValue>>, Error> {
    // One broken character in a name must not cost a page of records.
    let text: Cow<'_, str> = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('<') {
        return Err(Error::Malformed("HTML instead of JSON".to_owned()));
    }
    serde_json::from_str(text).map_err(|error| {
        let wrong = if error.is_eof() {
            "JSON that breaks off"
        } else if error.is_data() {
            return no_code();
        } else {
            "no JSON"
        };
        Error::Malformed(wrong.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(body: &str) -> Result<Value, Error> {
        value_of(body.as_bytes())
    }

    fn value_of(body: &[u8]) -> Result<Value, Error> {
        let data = data_of(body, &["hidden"])?;
        Ok(wire::json(data.get()).unwrap())
    }

    #[test]
    fn the_code_may_be_a_number_or_a_text() {
        for body in [
            r#"{"code":200,"data":1}"#,
            r#"{"code":"200","data":1}"#,
            "\u{feff}{\"code\":200.0,\"data\":1}",
        ] {
            assert_eq!(opened(body).unwrap(), Value::from(1), "{body}");
        }
        assert_eq!(opened(r#"{"code":200}"#).unwrap(), Value::Null);
    }

    #[test]
    fn another_code_in_an_http_200_is_a_failure() {
        assert!(matches!(
            opened(r#"{"code":401}"#),
            Err(Error::Unauthorised)
        ));
        assert!(matches!(
            opened(r#"{"code":"429"}"#),
            Err(Error::RateLimited { .. })
        ));
        let error = opened(r#"{"code":400,"message":"hidden 参数错误"}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Guanke answered with code 400: … 参数错误"
        );
    }

    #[test]
    fn what_is_no_envelope_is_malformed_and_not_repeated_in_the_error() {
        for (body, wrong) in [
            ("<html>hidden</html>", "HTML instead of JSON"),
            (r#"{"code":200,"data":{"hid"#, "JSON that breaks off"),
            ("", "JSON that breaks off"),
            ("hidden", "no JSON"),
            ("{}", "code: missing or no number"),
            ("[]", "code: missing or no number"),
        ] {
            match opened(body) {
                Err(Error::Malformed(text)) => assert_eq!(text, wrong),
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_broken_character_does_not_cost_the_page() {
        let body = b"{\"code\":200,\"data\":\"a\xff\"}";
        assert_eq!(value_of(body).unwrap(), Value::from("a\u{fffd}"));
    }

    fn asked(headers: &[(HeaderName, &str)]) -> Option<Duration> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()));
        let reply = Reply {
            status: StatusCode::TOO_MANY_REQUESTS,
            headers: headers.collect(),
            body: Vec::new(),
        };
        retry_after(&reply, "2026-11-20T04:00:00Z".parse().unwrap())
    }

    #[test]
    fn retry_after_comes_in_seconds_or_as_a_date_by_the_platforms_own_clock() {
        assert_eq!(asked(&[(RETRY_AFTER, " 7 ")]), Some(Duration::from_secs(7)));
        let date = (RETRY_AFTER, "Fri, 20 Nov 2026 04:00:30 GMT");
        assert_eq!(
            asked(std::slice::from_ref(&date)),
            Some(Duration::from_secs(30))
        );
        let behind = (DATE, "Fri, 20 Nov 2026 03:59:50 GMT");
        assert_eq!(
            asked(&[date.clone(), behind]),
            Some(Duration::from_secs(40))
        );
        let over = (DATE, "Fri, 20 Nov 2026 05:00:00 GMT");
        assert_eq!(asked(&[date, over]), Some(Duration::ZERO));
        assert_eq!(asked(&[(RETRY_AFTER, "soon")]), None);
        assert_eq!(asked(&[]), None);
    }
}
