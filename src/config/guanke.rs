use std::time::Duration;

use clap::Args;
use reqwest::Url;
use secrecy::SecretString;

use super::whole;
use crate::{
    domain::{fields::given, text},
    guanke::{CdrApi, ClientConfig, Credentials},
};

/// How to reach the calling platform.
#[derive(Clone, Args)]
#[command(next_help_heading = "Guanke platform")]
pub struct GuankeArgs {
    /// Address of the platform's API
    #[arg(
        long,
        env = "GUANKE_BASE_URL",
        default_value = "https://open-api.gooki.com",
        value_parser = base_url
    )]
    guanke_base_url: Url,

    /// Account to log in as, with its password
    #[arg(long, env = "GUANKE_USERNAME")]
    guanke_username: Option<String>,

    /// Password of the account
    #[arg(long, env = "GUANKE_PASSWORD", hide_env_values = true)]
    guanke_password: Option<String>,

    /// Secret to log in with, in place of an account; preferred where both are given
    #[arg(long, env = "GUANKE_API_SECRET", hide_env_values = true)]
    guanke_api_secret: Option<String>,

    /// Which of the platform's two call-record endpoints the account has: `call_record` or `task_cdr`
    #[arg(long, env = "GUANKE_CDR_API", default_value = "call_record", value_parser = cdr_api)]
    guanke_cdr_api: CdrApi,

    /// Records a page (1-1000): the platform answers larger ones with nothing
    #[arg(long, env = "GUANKE_PAGE_SIZE", default_value_t = 1000,
        value_parser = whole::<u32>(1..=1000))]
    guanke_page_size: u32,

    /// How long one attempt at a request may take, such as 60s
    #[arg(long, env = "GUANKE_TIMEOUT", default_value = "60s", value_parser = super::positive_duration)]
    guanke_timeout: Duration,

    /// The most requests under way at once (1-32). Fewer are while the platform is slow or fails
    #[arg(long, env = "GUANKE_MAX_CONCURRENCY", default_value_t = 8,
        value_parser = whole::<u32>(1..=32))]
    guanke_max_concurrency: u32,

    /// The most requests a second (1-1000)
    #[arg(long, env = "GUANKE_MAX_REQUESTS_PER_SECOND", default_value_t = 20,
        value_parser = whole::<u32>(1..=1000))]
    guanke_max_requests_per_second: u32,

    #[command(flatten)]
    non_seats: NonSeatArgs,
}

/// Who is no seat.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Guanke platform")]
pub struct NonSeatArgs {
    /// Names in the statistics and of accounts that are no seats, separated by commas: sums,
    /// managers, assistants
    #[arg(
        long,
        env = "GUANKE_NON_SEAT_NAMES",
        default_value = "总计,平均",
        value_delimiter = ','
    )]
    guanke_non_seat_names: Vec<String>,
}

impl NonSeatArgs {
    /// The names.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = self
            .guanke_non_seat_names
            .iter()
            .map(|name| text::name(name));
        names.filter(|name| !name.is_empty()).collect()
    }
}

fn base_url(text: &str) -> Result<Url, &'static str> {
    text.parse()
        .ok()
        .filter(|url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or("it must be an http or https address, such as https://open-api.gooki.com")
}

fn cdr_api(text: &str) -> Result<CdrApi, &'static str> {
    text.parse()
        .map_err(|_| "it must be `call_record` or `task_cdr`")
}

/// The platform's settings do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuankeConfigError {
    /// Half of a login.
    #[error("{given} is set, but {missing} is not: a login takes both, or GUANKE_API_SECRET alone")]
    HalfLogin {
        /// The variable that is set.
        given: &'static str,
        /// The one that is missing.
        missing: &'static str,
    },
    /// More than an address, which may be a password: it is not repeated.
    #[error("GUANKE_BASE_URL: it may hold no user, query or fragment")]
    BaseUrl,
    /// A setting that cannot work.
    #[error("{0} (GUANKE_* variables)")]
    Invalid(String),
}

impl std::fmt::Debug for GuankeArgs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("GuankeArgs")
            .field("base_url", &self.guanke_base_url.as_str())
            .finish_non_exhaustive()
    }
}

impl GuankeArgs {
    /// The client's settings; `None` when no credentials are given.
    ///
    /// # Errors
    /// See [`GuankeConfigError`].
    pub fn client(&self) -> Result<Option<ClientConfig>, GuankeConfigError> {
        let Some(credentials) = self.credentials()? else {
            return Ok(None);
        };
        let url = &self.guanke_base_url;
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(GuankeConfigError::BaseUrl);
        }
        let config = ClientConfig {
            cdr_api: self.guanke_cdr_api,
            page_size: self.guanke_page_size,
            request_timeout: self.guanke_timeout,
            max_concurrency: self.guanke_max_concurrency,
            max_requests_per_second: self.guanke_max_requests_per_second,
            non_seat_names: self.non_seats.names(),
            ..ClientConfig::new(self.guanke_base_url.clone(), credentials)
        };
        config
            .validate()
            .map_err(|error| GuankeConfigError::Invalid(error.to_string()))?;
        Ok(Some(config))
    }

    /// Who logs in, what tells one account from another: the secret, which is preferred, or the
    /// user name.
    #[must_use]
    pub fn login(&self) -> SecretString {
        self.guanke_api_secret
            .as_deref()
            .and_then(given)
            .or_else(|| self.guanke_username.as_deref().and_then(given))
            .unwrap_or_default()
            .into()
    }

    fn credentials(&self) -> Result<Option<Credentials>, GuankeConfigError> {
        if let Some(secret) = self.guanke_api_secret.as_deref().and_then(given) {
            return Ok(Some(Credentials::Secret(secret.into())));
        }
        let half = |given, missing| Err(GuankeConfigError::HalfLogin { given, missing });
        match (
            self.guanke_username.as_deref().and_then(given),
            self.guanke_password.as_deref().and_then(given),
        ) {
            (None, None) => Ok(None),
            (Some(_), None) => half("GUANKE_USERNAME", "GUANKE_PASSWORD"),
            (None, Some(_)) => half("GUANKE_PASSWORD", "GUANKE_USERNAME"),
            (Some(username), Some(password)) => Ok(Some(Credentials::Password {
                username: username.to_owned(),
                password: SecretString::from(password),
            })),
        }
    }
}
