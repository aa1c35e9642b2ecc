//! Our login with the platform: one token, renewed early, one login at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::clock::Clock;

use super::config::Credentials;
use super::error::Error;
use super::token::{StoredToken, TokenStore};
use super::transport::{Ask, Transport};
use super::wire;

/// A token in use.
#[derive(Clone)]
pub(super) struct Held {
    token: StoredToken,
    /// We fetched it ourselves, so that its refusal means that logging in again will not help. A
    /// token from the store may simply be out of date.
    fetched: bool,
}

impl Held {
    pub(super) fn value(&self) -> &SecretString {
        &self.token.value
    }

    pub(super) fn was_fetched(&self) -> bool {
        self.fetched
    }
}

pub(super) struct Session {
    credentials: Credentials,
    clock: Arc<dyn Clock>,
    store: Arc<dyn TokenStore>,
    /// Locked across a login, so that everyone else waits for its token.
    current: Mutex<Option<Held>>,
    /// Logins refused so far. Those who waited for one that was refused do not try again
    /// themselves: a row of wrong passwords may lock the account.
    refusals: AtomicU64,
}

impl Session {
    pub(super) fn new(
        credentials: Credentials,
        clock: Arc<dyn Clock>,
        store: Arc<dyn TokenStore>,
    ) -> Self {
        Self {
            credentials,
            clock,
            store,
            current: Mutex::new(None),
            refusals: AtomicU64::new(0),
        }
    }

    /// A token young enough to be used: the one in memory, else the stored one, else a new one.
    pub(super) async fn token(&self, transport: &Transport) -> Result<Held, Error> {
        let refusals = self.refusals.load(Ordering::SeqCst);
        let mut current = self.current.lock().await;
        if let Some(held) = current.as_ref().filter(|held| self.is_usable(&held.token)) {
            return Ok(held.clone());
        }
        let held = match self.stored(None).await? {
            Some(held) => held,
            None => self.log_in(transport, refusals).await?,
        };
        *current = Some(held.clone());
        Ok(held)
    }

    /// Another token than `rejected`: the one that somebody fetched meanwhile, here or in another
    /// instance, else a new one.
    pub(super) async fn replace(
        &self,
        rejected: &Held,
        transport: &Transport,
    ) -> Result<Held, Error> {
        let refusals = self.refusals.load(Ordering::SeqCst);
        let mut current = self.current.lock().await;
        if let Some(held) = current
            .as_ref()
            .filter(|held| self.is_usable(&held.token) && !held.token.is(&rejected.token))
        {
            return Ok(held.clone());
        }
        *current = None;
        let held = if let Some(held) = self.stored(Some(&rejected.token)).await? {
            held
        } else {
            self.store.forget(&rejected.token).await?;
            self.log_in(transport, refusals).await?
        };
        *current = Some(held.clone());
        Ok(held)
    }

    fn is_usable(&self, token: &StoredToken) -> bool {
        token.is_fresh(self.clock.now())
    }

    async fn stored(&self, except: Option<&StoredToken>) -> Result<Option<Held>, Error> {
        let stored = self.store.load().await?;
        Ok(stored
            .filter(|token| self.is_usable(token))
            .filter(|token| except.is_none_or(|except| !token.is(except)))
            .map(|token| Held {
                token,
                fetched: false,
            }))
    }

    /// Logs in, unless a login was refused since there were `refusals`.
    async fn log_in(&self, transport: &Transport, refusals: u64) -> Result<Held, Error> {
        if self.refusals.load(Ordering::SeqCst) != refusals {
            return Err(Error::Unauthorised);
        }
        // Taken before the request: the token may be a little older than its answer.
        let fetched_at = self.clock.now();
        let answer = transport.ask(&self.login(), None).await;
        if matches!(answer, Err(Error::Unauthorised)) {
            self.refusals.fetch_add(1, Ordering::SeqCst);
        }
        let data = answer?;
        let value = data
            .get("token")
            .and_then(wire::identifier)
            .ok_or_else(|| Error::Malformed("data.token: missing".to_owned()))?;
        let token = StoredToken {
            value: value.into(),
            fetched_at,
        };
        if let Err(error) = self.store.save(&token).await {
            // The token is good all the same; the next start logs in again.
            tracing::warn!(%error, "the new Guanke token was not kept");
        }
        tracing::info!("logged in to Guanke");
        Ok(Held {
            token,
            fetched: true,
        })
    }

    fn login(&self) -> Ask {
        match &self.credentials {
            Credentials::Password { username, password } => Ask::get(
                "/token",
                vec![
                    ("username", username.clone()),
                    ("password", password.expose_secret().to_owned()),
                ],
            ),
            Credentials::Secret(secret) => Ask::get(
                "/token/secret",
                vec![("secret", secret.expose_secret().to_owned())],
            ),
        }
    }
}
