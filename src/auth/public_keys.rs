//! The public keys that tokens of other services are checked with, kept up to date.
//!
//! They are asked for again when they are old, and when a token names one that is not known: not
//! more often than the source's pause, and once for all who wait. While the source cannot be
//! reached, the last keys go on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use jsonwebtoken::Algorithm;

use super::{
    TokenError,
    key_set::{Found, KeySet, PublicKey},
    key_source::{KeySource, KeySourceError},
};
use crate::{clock::Clock, telemetry::with_sources};

/// Keys of other services.
#[derive(Debug, Clone)]
pub struct PublicKeys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: KeySource,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: Option<Known>,
    /// When they were last asked for, whether they came or not.
    asked_at: Option<DateTime<Utc>>,
    asking: Option<Asking>,
}

#[derive(Debug, Clone)]
struct Known {
    keys: Arc<KeySet>,
    /// Until when they need not be asked for again.
    fresh_until: DateTime<Utc>,
    /// Until when they count while they are asked for.
    good_until: DateTime<Utc>,
}

/// Keys that are being read, for everybody who waits for them.
type Asking = Shared<BoxFuture<'static, ()>>;

impl PublicKeys {
    /// Keys of `source`, which was not read yet.
    #[must_use]
    pub fn new(source: KeySource, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            source,
            clock,
            state: Mutex::default(),
        }))
    }

    /// Reads the keys now.
    ///
    /// # Errors
    /// [`KeySourceError`] when they cannot be read; they are tried again when somebody needs them.
    pub async fn load(&self) -> Result<(), KeySourceError> {
        self.0.state().asked_at = Some(self.0.clock.now());
        self.0.load().await
    }

    /// The key of a token with this `kid` and `alg`.
    pub(super) async fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<PublicKey, TokenError> {
        let keys = self.current().await.ok_or(TokenError::Unavailable)?;
        match keys.find(id, algorithm) {
            Found::Key(key) => return Ok(key.clone()),
            Found::Nothing => return Err(TokenError::Invalid),
            Found::Unknown => {}
        }
        if let Some(asking) = self.ask() {
            asking.await;
        }
        // They may have come meanwhile, for somebody else.
        let keys = self.known().map(|known| known.keys);
        match keys.as_deref().map(|keys| keys.find(id, algorithm)) {
            Some(Found::Key(key)) => Ok(key.clone()),
            _ => Err(TokenError::Invalid),
        }
    }

    /// The keys, which are asked for again when they are old. Only when they are very old, because
    /// nobody came for long, or when there are none yet, somebody waits for that.
    async fn current(&self) -> Option<Arc<KeySet>> {
        let known = self.known();
        let now = self.0.clock.now();
        if known.as_ref().is_none_or(|known| known.fresh_until <= now)
            && let Some(asking) = self.ask()
            && known.as_ref().is_none_or(|known| known.good_until <= now)
        {
            asking.await;
            return self.known().map(|known| known.keys);
        }
        known.map(|known| known.keys)
    }

    fn known(&self) -> Option<Known> {
        self.0.state().known.clone()
    }

    /// Asks for the keys, or joins those who do already; none when they were asked for just now.
    fn ask(&self) -> Option<Asking> {
        let mut state = self.0.state();
        if let Some(asking) = state
            .asking
            .as_ref()
            .filter(|asking| asking.peek().is_none())
        {
            return Some(asking.clone());
        }
        let now = self.0.clock.now();
        let pause = self.0.source.pause();
        if state
            .asked_at
            .is_some_and(|asked_at| now < asked_at + pause)
        {
            return None;
        }
        state.asked_at = Some(now);
        let inner = self.0.clone();
        // On its own: it goes on when the request that began it is given up.
        let reading = tokio::spawn(async move {
            if let Err(error) = inner.load().await {
                let error = with_sources(&error);
                tracing::warn!(
                    error,
                    "the keys of tokens could not be read; the last ones go on"
                );
            }
        });
        let asking = reading.map(drop).boxed().shared();
        state.asking = Some(asking.clone());
        Some(asking)
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(&self) -> Result<(), KeySourceError> {
        let published = self.source.read().await?;
        let now = self.clock.now();
        self.state().known = Some(Known {
            keys: Arc::new(published.keys),
            fresh_until: now + published.good_for,
            good_until: now + published.good_for + published.good_for,
        });
        Ok(())
    }
}
