use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::fields::given;

/// Fewest characters of the token.
const SHORTEST: usize = 16;

/// Who may read the metrics.
#[derive(Clone, Args)]
#[command(next_help_heading = "Metrics")]
pub struct MetricsArgs {
    /// Token that lets Prometheus read /metrics (Authorization: Bearer); at least 16 characters.
    /// Tokens of the role ADMIN do, too; nobody else may
    #[arg(long, env = "METRICS_TOKEN", hide_env_values = true)]
    metrics_token: Option<String>,
}

/// The token can be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "METRICS_TOKEN: at least {SHORTEST} characters are needed; make one with: openssl rand -hex 32"
)]
pub struct ShortMetricsToken;

impl std::fmt::Debug for MetricsArgs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("MetricsArgs")
    }
}

impl MetricsArgs {
    /// The token, if there is one.
    ///
    /// # Errors
    /// [`ShortMetricsToken`] for one that is too short.
    pub fn token(&self) -> Result<Option<SecretString>, ShortMetricsToken> {
        let token = self.metrics_token.as_deref().and_then(given).map(str::trim);
        let token = token.map(SecretString::from);
        match &token {
            Some(token) if token.expose_secret().chars().count() < SHORTEST => {
                Err(ShortMetricsToken)
            }
            _ => Ok(token),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_sixteen_characters_or_there_is_none() {
        let token = |text: Option<&str>| {
            let arguments = MetricsArgs {
                metrics_token: text.map(str::to_owned),
            };
            arguments.token().map(|token| token.is_some())
        };
        assert_eq!(token(None), Ok(false));
        assert_eq!(token(Some(" ")), Ok(false));
        assert_eq!(token(Some("0123456789abcde")), Err(ShortMetricsToken));
        assert_eq!(token(Some("0123456789abcdef")), Ok(true));
    }
}
