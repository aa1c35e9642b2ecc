use chrono::TimeDelta;
use clap::Args;
use secrecy::SecretString;

use super::{Environment, whole};
use crate::{
    auth::{WeakSecret, check_secret},
    domain::fields::given,
};

/// Who may come in.
#[derive(Clone, Args)]
#[command(next_help_heading = "Sign-in")]
pub struct AuthArgs {
    /// Secret that signs tokens (HS256), shared with the services that mint them; at least 32
    /// bytes. The platform's token is encrypted, and cursors are sealed, with keys derived from it: all
    /// instances have the same. `SECRET_KEY` is read where this is not set
    #[arg(long, env = "JWT_SECRET_KEY", hide_env_values = true)]
    jwt_secret_key: Option<String>,

    #[arg(long, env = "SECRET_KEY", hide = true, hide_env_values = true)]
    secret_key: Option<String>,

    /// How long a token (JWT) that this service makes is good for, in minutes (1-525600)
    #[arg(long, env = "ACCESS_TOKEN_EXPIRE_MINUTES", default_value_t = 1440,
        value_parser = whole::<i64>(1..=525_600))]
    access_token_expire_minutes: i64,
}

/// How long users stay signed in.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sign-in")]
pub struct SessionArgs {
    /// How long a user stays signed in who does nothing, in days (1-366): the life of a refresh token
    #[arg(long, env = "REFRESH_TOKEN_EXPIRE_DAYS", default_value_t = 30,
        value_parser = whole::<i64>(1..=366))]
    refresh_token_expire_days: i64,

    /// How long an access token (dg_…) lasts at most, in days (1-366), that was made by somebody whom
    /// another service knows: nobody tells this one when they may not come in any more. Those of users
    /// of this service end with them
    #[arg(long, env = "FOREIGN_ACCESS_TOKEN_MAX_DAYS", default_value_t = 30,
        value_parser = whole::<i64>(1..=366))]
    foreign_access_token_max_days: i64,

    /// How long a refresh token that was used gives the same successor again, in seconds (0-300): to two
    /// tabs that go on at once, or after an answer that was lost. Later the session ends
    #[arg(long, env = "REFRESH_TOKEN_GRACE_SECONDS", default_value_t = 10,
        value_parser = whole::<i64>(0..=300))]
    refresh_token_grace_seconds: i64,
}

impl SessionArgs {
    /// How long a refresh token is good for.
    #[must_use]
    pub fn refresh_lifetime(&self) -> TimeDelta {
        TimeDelta::days(self.refresh_token_expire_days)
    }

    /// How long an access token of somebody lasts at most whom another service knows.
    #[must_use]
    pub fn foreign_token_lifetime(&self) -> TimeDelta {
        TimeDelta::days(self.foreign_access_token_max_days)
    }

    /// How long one that was used gives the same successor.
    #[must_use]
    pub fn refresh_grace(&self) -> TimeDelta {
        TimeDelta::seconds(self.refresh_token_grace_seconds)
    }
}

/// There is no secret that tokens can be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// None was given.
    #[error(
        "JWT_SECRET_KEY is not set. It signs and checks tokens and must have at least 32 bytes; make one with: openssl rand -base64 48"
    )]
    Missing,
    /// It keeps nobody out.
    #[error("{variable}: {weakness}. On your own machine DIALGRAPH_ENV=development takes it")]
    Weak {
        /// The variable that it is in.
        variable: &'static str,
        /// Why not.
        weakness: WeakSecret,
    },
}

impl std::fmt::Debug for AuthArgs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AuthArgs")
    }
}

impl AuthArgs {
    /// The secret. In development a weak one is warned of and taken.
    ///
    /// # Errors
    /// [`SecretError`] when neither name has one that can be taken.
    pub fn secret(&self, environment: Environment) -> Result<SecretString, SecretError> {
        let places = [
            ("JWT_SECRET_KEY", &self.jwt_secret_key),
            ("SECRET_KEY", &self.secret_key),
        ];
        let (variable, secret) = places
            .into_iter()
            .find_map(|(variable, secret)| Some((variable, secret.as_deref().and_then(given)?)))
            .ok_or(SecretError::Missing)?;
        let secret = SecretString::from(secret);
        match (check_secret(&secret), environment) {
            (Err(weakness), Environment::Production) => {
                return Err(SecretError::Weak { variable, weakness });
            }
            (Err(weakness), Environment::Development) => {
                tracing::warn!(%weakness, "{variable} is weak: fit for development only");
            }
            (Ok(()), _) => {}
        }
        Ok(secret)
    }

    /// How long a token is good for.
    #[must_use]
    pub fn lifetime(&self) -> TimeDelta {
        TimeDelta::minutes(self.access_token_expire_minutes)
    }
}
