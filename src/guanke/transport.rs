//! One question to the platform and its answer: HTTP, envelope, repeats.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::config::{ClientConfig, RetryPolicy};
use super::error::{Error, sanitised};
use super::wire;

/// The most bytes of an answer that are read, unpacked: some hundred times a full page.
const MAX_BODY: usize = 64 << 20;

/// A question. Its query may hold a password, so it cannot be printed.
pub(super) struct Ask {
    path: &'static str,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
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
}

pub(super) struct Transport {
    http: reqwest::Client,
    base_url: Url,
    retry: RetryPolicy,
    /// What no error may repeat, even if the platform says it: the password as it is and as it
    /// stands in an address.
    private: Vec<SecretString>,
}

impl Transport {
    pub(super) fn new(config: &ClientConfig) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            // Covers the body too.
            .timeout(config.request_timeout)
            .connect_timeout(config.request_timeout.min(Duration::from_secs(10)))
            // The API redirects nowhere, and a redirect could carry the token elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("dialgraph/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Config(sanitised(&error.without_url().to_string(), &[])))?;
        let private = config.credentials.private();
        Ok(Self {
            http,
            base_url: config.base_url.clone(),
            retry: config.retry,
            private: vec![private.clone(), encoded(private)],
        })
    }

    /// The `data` of the answer; asks again as the retry policy says while that may help.
    pub(super) async fn ask(
        &self,
        ask: &Ask,
        token: Option<&SecretString>,
    ) -> Result<Value, Error> {
        let RetryPolicy {
            max_attempts,
            min_delay,
            max_delay,
        } = self.retry;
        let backoff = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(min_delay)
            .with_max_delay(max_delay)
            .with_max_times(usize::try_from(max_attempts.saturating_sub(1)).unwrap_or(usize::MAX));
        (|| self.exchange(ask, token))
            .retry(backoff)
            .sleep(tokio::time::sleep)
            .when(Error::is_retryable)
            .adjust(|error, pause| pause.map(|pause| wanted_pause(error, pause).min(max_delay)))
            .notify(|error, pause| {
                tracing::debug!(path = ask.path, %error, ?pause, "asking Guanke again");
            })
            .await
    }

    async fn exchange(&self, ask: &Ask, token: Option<&SecretString>) -> Result<Value, Error> {
        let mut private: Vec<&str> = self
            .private
            .iter()
            .map(ExposeSecret::expose_secret)
            .collect();
        private.extend(token.map(ExposeSecret::expose_secret));
        let request = self.request(ask, token)?;
        tracing::debug!(path = ask.path, "asking Guanke");
        let response = request
            .send()
            .await
            .map_err(|error| Error::from_exchange(error, &private))?;
        check_status(&response)?;
        let body = read_body(response, &private).await?;
        data_of(&body, &private)
    }

    fn request(&self, ask: &Ask, token: Option<&SecretString>) -> Result<RequestBuilder, Error> {
        let mut url = self.base_url.clone();
        url.set_path(&format!("{}{}", url.path().trim_end_matches('/'), ask.path));
        let request = match &ask.body {
            Some(body) => self.http.post(url).json(body),
            None => self.http.get(url).query(&ask.query),
        };
        Ok(match token {
            Some(token) => request.header(AUTHORIZATION, authorization(token)?),
            None => request,
        })
    }
}

fn wanted_pause(error: &Error, pause: Duration) -> Duration {
    match error {
        Error::RateLimited {
            retry_after: Some(wanted),
        } => *wanted,
        _ => pause,
    }
}

/// The bare token, without `Bearer` (guanke-api.md).
fn authorization(token: &SecretString) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(token.expose_secret())
        .map_err(|_| Error::Malformed("data.token: no header value".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
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

fn check_status(response: &Response) -> Result<(), Error> {
    match response.status() {
        StatusCode::OK => Ok(()),
        StatusCode::UNAUTHORIZED => Err(Error::Unauthorised),
        StatusCode::TOO_MANY_REQUESTS => Err(Error::RateLimited {
            retry_after: retry_after(response),
        }),
        other => Err(Error::Status(other.as_u16())),
    }
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

async fn read_body(mut response: Response, private: &[&str]) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| Error::from_exchange(error, private))?
    {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Error::Malformed("a body of more than 64 MB".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Opens the envelope `{"code", "message", "data"}`: failure usually comes as HTTP 200 with a
/// `code` other than 200 (guanke-api.md).
fn data_of(body: &[u8], private: &[&str]) -> Result<Value, Error> {
    let mut envelope = parse(body)?;
    let code = envelope
        .get("code")
        .and_then(wire::integer)
        .ok_or_else(|| Error::Malformed("code: missing or no number".to_owned()))?;
    match code {
        200 => Ok(envelope
            .get_mut("data")
            .map(Value::take)
            .unwrap_or_default()),
        401 => Err(Error::Unauthorised),
        429 => Err(Error::RateLimited { retry_after: None }),
        code => {
            let message = envelope.get("message").and_then(Value::as_str);
            Err(Error::Platform {
                code,
                message: sanitised(message.unwrap_or_default(), private),
            })
        }
    }
}

fn parse(body: &[u8]) -> Result<Value, Error> {
    // One broken character in a name must not cost a page of records.
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('<') {
        return Err(Error::Malformed("HTML instead of JSON".to_owned()));
    }
    wire::json(text).map_err(|error| {
        let wrong = if error.is_eof() {
            "JSON that breaks off"
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
        data_of(body.as_bytes(), &["hidden"])
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
        assert_eq!(data_of(body, &[]).unwrap(), Value::from("a\u{fffd}"));
    }
}
