//! What the client has to be told: where the platform is, who we are, how patient to be.

use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use strum::{Display, EnumString, IntoStaticStr};

use super::error::Error;

/// The largest page the platform serves; a larger one is answered with nothing (guanke-api.md).
pub(super) const MAX_PAGE_SIZE: u32 = 1_000;
/// More requests at once help nobody: the platform answers them one after the other.
const MAX_CONCURRENCY: u32 = 32;
/// More requests a second are no ceiling.
const MAX_RATE: u32 = 1_000;

/// Which of the two call-record endpoints an account has (guanke-api.md, "Call records").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum CdrApi {
    /// `GET /call_record/getCallRecord`.
    #[default]
    CallRecord,
    /// `GET /task/cdr/all2`.
    TaskCdr,
}

/// Who we are to the platform.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// `GET /token`.
    Password {
        /// The account, often a Chinese name.
        username: String,
        /// Its password.
        password: SecretString,
    },
    /// `GET /token/secret`.
    Secret(SecretString),
}

/// How often and how soon a request that failed for a passing reason is sent again:
/// exponentially later each time, with jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a request is sent at most, the first time included; at least 1.
    pub max_attempts: u32,
    /// The pause before the second attempt, before jitter, which makes it anything from nothing to
    /// this.
    pub min_delay: Duration,
    /// The longest pause, before jitter. `Retry-After` may ask for a longer one.
    pub max_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            min_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(20),
        }
    }
}

/// Everything the client has to be told.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Where the API is, for instance `https://open-api.gooki.com`; a path is kept as a prefix.
    pub base_url: Url,
    /// Who we are.
    pub credentials: Credentials,
    /// Which call-record endpoint to use.
    pub cdr_api: CdrApi,
    /// Records a page, 1–1,000.
    pub page_size: u32,
    /// How long one attempt may take, the reading of the body included.
    pub request_timeout: Duration,
    /// How failed attempts are repeated.
    pub retry: RetryPolicy,
    /// The most requests under way at once, 1–32; fewer while the platform is slow or fails.
    pub max_concurrency: u32,
    /// The most requests a second, 1–1,000.
    pub max_requests_per_second: u32,
    /// What the jitter of the pauses is drawn from; `None` for the system's randomness.
    pub jitter_seed: Option<u64>,
    /// Names in the statistics that are no seats: summary rows, managers, assistants.
    pub non_seat_names: Vec<String>,
}

impl ClientConfig {
    /// The usual settings: `call_record`, pages of 1,000, 60 s an attempt, 8 requests at once and 20
    /// a second, `总计` and `平均` excluded from the seats.
    #[must_use]
    pub fn new(base_url: Url, credentials: Credentials) -> Self {
        Self {
            base_url,
            credentials,
            cdr_api: CdrApi::default(),
            page_size: MAX_PAGE_SIZE,
            request_timeout: Duration::from_mins(1),
            retry: RetryPolicy::default(),
            max_concurrency: 8,
            max_requests_per_second: 20,
            jitter_seed: None,
            non_seat_names: vec!["总计".to_owned(), "平均".to_owned()],
        }
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::Config`] naming the first setting that cannot work.
    pub fn validate(&self) -> Result<(), Error> {
        let url = &self.base_url;
        let rules = [
            (
                matches!(url.scheme(), "http" | "https") && url.has_host(),
                "the base URL is no http or https address",
            ),
            (
                url.username().is_empty()
                    && url.password().is_none()
                    && url.query().is_none()
                    && url.fragment().is_none(),
                "the base URL may hold no user, query or fragment",
            ),
            (
                (1..=MAX_PAGE_SIZE).contains(&self.page_size),
                "the page size is not between 1 and 1,000",
            ),
            (
                !self.request_timeout.is_zero(),
                "the request time-out is zero",
            ),
            (
                self.retry.max_attempts > 0,
                "a request needs at least one attempt",
            ),
            (
                (1..=MAX_CONCURRENCY).contains(&self.max_concurrency),
                "the requests at once are not between 1 and 32",
            ),
            (
                (1..=MAX_RATE).contains(&self.max_requests_per_second),
                "the requests a second are not between 1 and 1,000",
            ),
            (
                self.credentials.are_given(),
                "the user name, password or secret is blank",
            ),
        ];
        rules
            .into_iter()
            .find(|(holds, _)| !holds)
            .map_or(Ok(()), |(_, wrong)| Err(Error::Config(wrong.to_owned())))
    }
}

impl Credentials {
    fn are_given(&self) -> bool {
        match self {
            Self::Password { username, password } => {
                !username.trim().is_empty() && !password.expose_secret().is_empty()
            }
            Self::Secret(secret) => !secret.expose_secret().trim().is_empty(),
        }
    }

    /// The part that must never be seen.
    pub(super) fn private(&self) -> &SecretString {
        match self {
            Self::Password { password, .. } => password,
            Self::Secret(secret) => secret,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ClientConfig {
        ClientConfig::new(
            Url::parse("https://open-api.gooki.com").unwrap(),
            Credentials::Secret("secret".into()),
        )
    }

    #[test]
    fn the_usual_settings_are_valid() {
        assert!(config().validate().is_ok());
    }

    #[test]
    fn a_page_of_more_than_a_thousand_is_refused_because_the_platform_answers_it_with_nothing() {
        for page_size in [0, 1_001] {
            let config = ClientConfig {
                page_size,
                ..config()
            };
            assert!(matches!(config.validate(), Err(Error::Config(_))));
        }
    }

    #[test]
    fn the_pace_has_bounds() {
        for (at_once, a_second, valid) in [
            (1, 1, true),
            (32, 1_000, true),
            (0, 20, false),
            (33, 20, false),
            (8, 0, false),
            (8, 1_001, false),
        ] {
            let config = ClientConfig {
                max_concurrency: at_once,
                max_requests_per_second: a_second,
                ..config()
            };
            assert_eq!(config.validate().is_ok(), valid, "{at_once} {a_second}");
        }
    }

    #[test]
    fn an_address_with_a_password_in_it_is_refused() {
        for url in ["https://user:pw@host", "https://host?x=1", "ftp://host"] {
            let config = ClientConfig {
                base_url: Url::parse(url).unwrap(),
                ..config()
            };
            assert!(matches!(config.validate(), Err(Error::Config(_))), "{url}");
        }
    }

    #[test]
    fn the_endpoints_have_names_for_the_configuration() {
        assert_eq!("task_cdr".parse(), Ok(CdrApi::TaskCdr));
        assert_eq!("call_record".parse(), Ok(CdrApi::default()));
        assert_eq!(CdrApi::TaskCdr.to_string(), "task_cdr");
    }
}
