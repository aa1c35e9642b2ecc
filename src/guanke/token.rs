//! Where the platform's token is kept between requests, restarts and instances.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::clock::CLOCK_MARGIN;

/// Tokens live 30 days and say nothing of it (guanke-api.md): one is renewed a day early.
const RENEW_AFTER: TimeDelta = TimeDelta::days(29);

/// A token that the platform gave out.
#[derive(Debug, Clone)]
pub struct StoredToken {
    /// What is sent as `Authorization`.
    pub value: SecretString,
    /// When it was given out, by our clock.
    pub fetched_at: DateTime<Utc>,
}

impl StoredToken {
    /// Whether it is young enough to be used at `now`.
    pub(super) fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        let age = now.signed_duration_since(self.fetched_at);
        // Nobody knows how old one is that a clock dated ahead.
        -CLOCK_MARGIN <= age && age < RENEW_AFTER
    }

    /// Whether it is the same token as `other`, whenever each was fetched.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.value.expose_secret() == other.value.expose_secret()
    }
}

/// The token could not be read or kept. The text must hold nothing secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Guanke token could not be read or kept: {0}")]
pub struct TokenStoreError(pub String);

/// Keeps one token, for all instances that log in as the same account: a login elsewhere may
/// revoke the token of everyone else.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// The token kept last, if any.
    ///
    /// # Errors
    /// [`TokenStoreError`] when it cannot be read.
    async fn load(&self) -> Result<Option<StoredToken>, TokenStoreError>;

    /// Keeps `token` in place of any other.
    ///
    /// # Errors
    /// [`TokenStoreError`] when it cannot be kept.
    async fn save(&self, token: &StoredToken) -> Result<(), TokenStoreError>;

    /// Drops `token` if it is still the one kept; a newer one stays.
    ///
    /// # Errors
    /// [`TokenStoreError`] when it cannot be dropped.
    async fn forget(&self, token: &StoredToken) -> Result<(), TokenStoreError>;

    /// Takes the right to log in, which one at a time has over all instances. `None`: somebody else
    /// is logging in. It lasts [`LOGIN_CLAIM`], unless it is kept longer or released. A store of one
    /// process always gives it.
    ///
    /// # Errors
    /// [`TokenStoreError`] when nobody can say who has it.
    async fn claim_login(&self) -> Result<Option<LoginClaim>, TokenStoreError> {
        Ok(Some(LoginClaim(0)))
    }

    /// Holds the right on for another [`LOGIN_CLAIM`], unless it is somebody else's by now.
    ///
    /// # Errors
    /// [`TokenStoreError`] when that cannot be noted.
    async fn keep_login(&self, _claim: &LoginClaim) -> Result<(), TokenStoreError> {
        Ok(())
    }

    /// Gives the right back.
    ///
    /// # Errors
    /// [`TokenStoreError`] when that cannot be noted; it expires by itself then.
    async fn release_login(&self, _claim: LoginClaim) -> Result<(), TokenStoreError> {
        Ok(())
    }
}

/// How long the right to log in lasts: an instance that died in the middle of a login holds the
/// others up for so long.
pub const LOGIN_CLAIM: Duration = Duration::from_secs(30);

/// The right to log in, as its store knows it.
#[derive(Debug, PartialEq, Eq)]
pub struct LoginClaim(pub i64);

/// Keeps the token in memory only.
#[derive(Default)]
pub struct MemoryTokenStore(Mutex<Option<StoredToken>>);

impl MemoryTokenStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, change: impl FnOnce(&mut Option<StoredToken>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for MemoryTokenStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MemoryTokenStore")
    }
}

#[async_trait]
impl TokenStore for MemoryTokenStore {
    async fn load(&self) -> Result<Option<StoredToken>, TokenStoreError> {
        Ok(self.with(|kept| kept.clone()))
    }

    async fn save(&self, token: &StoredToken) -> Result<(), TokenStoreError> {
        self.with(|kept| *kept = Some(token.clone()));
        Ok(())
    }

    async fn forget(&self, token: &StoredToken) -> Result<(), TokenStoreError> {
        self.with(|kept| {
            if kept.as_ref().is_some_and(|kept| kept.is(token)) {
                *kept = None;
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(value: &str) -> StoredToken {
        StoredToken {
            value: value.into(),
            fetched_at: "2026-11-01T00:00:00Z".parse().unwrap(),
        }
    }

    #[tokio::test]
    async fn a_newer_token_is_not_forgotten_with_an_older_one() {
        let store = MemoryTokenStore::new();
        store.save(&token("new")).await.unwrap();
        store.forget(&token("old")).await.unwrap();
        assert!(store.load().await.unwrap().unwrap().is(&token("new")));
        store.forget(&token("new")).await.unwrap();
        assert!(store.load().await.unwrap().is_none());
    }

    #[test]
    fn a_token_is_renewed_after_29_days_and_never_printed() {
        let token = token("hidden");
        assert!(token.is_fresh("2026-11-29T23:59:59Z".parse().unwrap()));
        assert!(!token.is_fresh("2026-11-30T00:00:00Z".parse().unwrap()));
        assert!(token.is_fresh("2026-10-31T23:55:00Z".parse().unwrap()));
        assert!(!token.is_fresh("2026-10-31T23:54:59Z".parse().unwrap()));
        assert!(!format!("{token:?}").contains("hidden"));
    }
}
