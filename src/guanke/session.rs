//! Our login with the platform: one token, renewed early, one login at a time.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::clock::Clock;

use super::config::Credentials;
use super::error::Error;
use super::exchange::Ask;
use super::token::{LOGIN_CLAIM, LoginClaim, StoredToken, TokenStore};
use super::transport::Transport;
use super::wire;

/// How often to look whether another instance has logged in; a login takes about a second.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

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
            None => self.log_in(None, transport, refusals).await?,
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
            self.log_in(Some(&rejected.token), transport, refusals)
                .await?
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

    /// A token other than `except`: logs in when it is our turn among all instances, or takes what
    /// another one got meanwhile. Does neither if a login was refused since there were `refusals`.
    async fn log_in(
        &self,
        except: Option<&StoredToken>,
        transport: &Transport,
        refusals: u64,
    ) -> Result<Held, Error> {
        if self.refusals.load(Ordering::SeqCst) != refusals {
            return Err(Error::Unauthorised);
        }
        let claim = loop {
            let claim = self.store.claim_login().await?;
            // Looked for again even by the one whose turn it is: it may be so because another
            // instance has just logged in.
            let stored = match self.stored(except).await {
                Ok(None) => None,
                done => done.transpose(),
            };
            match (claim, stored) {
                (Some(claim), None) => break claim,
                (None, None) => tokio::time::sleep(LOOK_AGAIN).await,
                (claim, Some(stored)) => {
                    if let Some(claim) = claim {
                        self.release(claim).await;
                    }
                    return stored;
                }
            }
        };
        let held = self.log_in_under(&claim, transport).await;
        self.release(claim).await;
        held
    }

    /// Holds the claim for as long as the login takes, repeats included.
    async fn log_in_under(&self, claim: &LoginClaim, transport: &Transport) -> Result<Held, Error> {
        // Side by side: a login that keeps its token may have the connection that the claim waits for.
        tokio::select! {
            held = self.log_in_now(transport) => held,
            never = self.keep(claim) => match never {},
        }
    }

    /// Holds the claim on until it is dropped.
    async fn keep(&self, claim: &LoginClaim) -> Infallible {
        loop {
            tokio::time::sleep(LOGIN_CLAIM / 3).await;
            if let Err(error) = self.store.keep_login(claim).await {
                tracing::warn!(%error, "the right to log in to Guanke may run out");
            }
        }
    }

    async fn release(&self, claim: LoginClaim) {
        if let Err(error) = self.store.release_login(claim).await {
            tracing::warn!(%error, "the right to log in to Guanke was not given back; it will run out");
        }
    }

    async fn log_in_now(&self, transport: &Transport) -> Result<Held, Error> {
        // Taken before the request: the token may be a little older than its answer.
        let fetched_at = self.clock.now();
        let answer = transport.ask(&self.login(), None).await;
        let answer = answer.map_err(refused);
        if matches!(answer, Err(Error::Unauthorised)) {
            self.refusals.fetch_add(1, Ordering::SeqCst);
        }
        let value = wire::json(answer?.value.get())
            .ok()
            .and_then(|data| wire::identifier(data.get("token")?))
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

/// A login that the platform understood and did not grant, with whatever code: it will not the next
/// time either. Only that of a revoked token is told (guanke-api.md).
fn refused(error: Error) -> Error {
    match error {
        Error::Platform { .. } | Error::Status(400 | 403) if !error.is_retryable() => {
            tracing::warn!(%error, "Guanke refused the login");
            Error::Unauthorised
        }
        error => error,
    }
}
