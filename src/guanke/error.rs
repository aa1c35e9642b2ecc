//! What can go wrong between us and the platform.

use std::time::Duration;

use super::token::TokenStoreError;

/// The most characters of the platform's own words that an error repeats.
const MESSAGE_LIMIT: usize = 200;
/// The longest `Retry-After` that a request waits out: its caller should rather be told, and say so
/// itself.
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// A run of digits this long could be a phone number.
const PHONE_DIGITS: usize = 7;
/// A word this long could be a token.
const TOKEN_LENGTH: usize = 24;

/// Why the platform's answer could not be had. Holds no token, password, secret, address or body.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client was configured in a way that cannot work.
    #[error("the Guanke client is misconfigured: {0}")]
    Config(String),
    /// No whole answer came in time.
    #[error("Guanke did not answer in time")]
    Timeout,
    /// The connection could not be made or broke.
    #[error("Guanke could not be reached: {0}")]
    Transport(String),
    /// An HTTP status other than 200, 401 and 429.
    #[error("Guanke answered with HTTP status {0}")]
    Status(u16),
    /// The envelope's `code` says that it failed.
    #[error("Guanke answered with code {code}: {message}")]
    Platform {
        /// The envelope's `code`.
        code: i64,
        /// The envelope's `message`: at most 200 characters, without anything secret.
        message: String,
    },
    /// The answer is not what the protocol says; the text tells where, never what was there.
    #[error("Guanke's answer makes no sense: {0}")]
    Malformed(String),
    /// The platform refuses our credentials, or a token that it has only just given out.
    #[error("Guanke does not accept our credentials, or refused a token it had just given out")]
    Unauthorised,
    /// The platform asks us to slow down.
    #[error("Guanke asks us to slow down{}", told_wait(*retry_after))]
    RateLimited {
        /// How long it wants us to wait, if it said so.
        retry_after: Option<Duration>,
    },
    /// A window of more than 7 days, which the platform refuses (guanke-api.md).
    #[error("a window of more than 7 days cannot be asked for")]
    WindowTooLong,
    /// A window that ends before it begins.
    #[error("a window that ends before it begins cannot be asked for")]
    EmptyWindow,
    /// The token could not be read or kept.
    #[error(transparent)]
    TokenStore(#[from] TokenStoreError),
}

impl Error {
    /// In one word, to be counted by.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Transport(_) => "unreachable",
            Self::Status(400..=499) => "http_4xx",
            Self::Status(_) => "http_5xx",
            Self::Platform { .. } => "refused",
            Self::Malformed(_) => "malformed",
            Self::Unauthorised => "unauthorised",
            Self::RateLimited { .. } => "rate_limited",
            Self::Config(_) | Self::WindowTooLong | Self::EmptyWindow | Self::TokenStore(_) => {
                "not_asked"
            }
        }
    }

    /// Whether the same request may well succeed a little later.
    ///
    /// A malformed answer counts: the gateway's HTML pages and answers that break off pass. A
    /// platform that asks for more than five minutes of peace is not waited for.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Timeout | Self::Transport(_) | Self::Malformed(_) => true,
            Self::RateLimited { retry_after } => match retry_after {
                Some(wait) => wait.as_secs() <= LONGEST_WAIT.as_secs(),
                None => true,
            },
            Self::Status(status) => *status >= 500,
            Self::Platform { code, .. } => 500 <= *code && *code <= 599,
            Self::Config(_)
            | Self::Unauthorised
            | Self::WindowTooLong
            | Self::EmptyWindow
            | Self::TokenStore(_) => false,
        }
    }

    /// The same error without anything of `private`, fit to be shown.
    pub(super) fn without(self, private: &[&str]) -> Self {
        match self {
            Self::Transport(cause) => Self::Transport(sanitised(&cause, private)),
            other => other,
        }
    }
}

impl From<reqwest::Error> for Error {
    /// A failed exchange, told without the address, because that may hold a password.
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        Self::Transport(root_cause(&error.without_url()))
    }
}

/// How long, where that was said and is worth saying.
fn told_wait(wait: Option<Duration>) -> String {
    match wait.map(|wait| wait.as_secs()) {
        None | Some(0) => String::new(),
        Some(seconds) => format!(", and to ask again in {seconds} s at the earliest"),
    }
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Foreign words made fit to be shown: no control characters, nothing of `private`, no long run
/// of digits or letters that could be a phone number or a token, at most 200 characters.
pub(super) fn sanitised(words: &str, private: &[&str]) -> String {
    let mut words = words.to_owned();
    for secret in private.iter().filter(|secret| !secret.is_empty()) {
        words = words.replace(secret, "…");
    }
    let mut clean = String::new();
    let mut run = String::new();
    for character in words.chars().chain(std::iter::once(' ')) {
        if character.is_ascii_alphanumeric() || matches!(character, '_' | '-') {
            run.push(character);
            continue;
        }
        clean.push_str(if looks_private(&run) { "…" } else { &run });
        run.clear();
        clean.push(if character.is_control() {
            ' '
        } else {
            character
        });
    }
    clean.trim().chars().take(MESSAGE_LIMIT).collect()
}

fn looks_private(run: &str) -> bool {
    let longest_number = run
        .split(|character: char| !character.is_ascii_digit())
        .map(str::len)
        .max();
    run.len() >= TOKEN_LENGTH || longest_number >= Some(PHONE_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_words_are_shortened_and_lose_what_could_be_private() {
        let words = "用户 13812345678 的密码 demo#密码 错误\r\n(0123456789abcdef0123456789abcdef)";
        assert_eq!(
            sanitised(words, &["demo#密码", ""]),
            "用户 … 的密码 … 错误  (…)"
        );
        assert_eq!(sanitised(&"长".repeat(999), &[]).chars().count(), 200);
    }

    #[test]
    fn a_wish_for_peace_is_told_with_its_length() {
        let told = |retry_after| Error::RateLimited { retry_after }.to_string();
        assert_eq!(told(None), "Guanke asks us to slow down");
        assert_eq!(
            told(Some(Duration::from_mins(15))),
            "Guanke asks us to slow down, and to ask again in 900 s at the earliest"
        );
    }

    #[test]
    fn faults_that_pass_are_worth_another_attempt_and_others_not() {
        let platform = |code| Error::Platform {
            code,
            message: String::new(),
        };
        for error in [
            Error::Timeout,
            Error::Status(503),
            platform(500),
            Error::Malformed(String::new()),
            Error::RateLimited { retry_after: None },
            Error::RateLimited {
                retry_after: Some(Duration::from_mins(5)),
            },
        ] {
            assert!(error.is_retryable(), "{error}");
        }
        for error in [
            Error::Status(404),
            platform(400),
            platform(600),
            Error::Unauthorised,
            Error::WindowTooLong,
            Error::RateLimited {
                retry_after: Some(Duration::from_secs(301)),
            },
        ] {
            assert!(!error.is_retryable(), "{error}");
        }
    }
}
