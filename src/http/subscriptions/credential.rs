//! The token that a stream goes on with: when it ends, so does the stream.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Notify;

use crate::{
    domain::viewer::Viewer,
    http::{
        AppState,
        auth::{Holder, NotAuthenticated, holder},
    },
};

/// A token that was good, and whose it is.
pub(super) struct Credential {
    token: SecretString,
    holder: Holder,
    /// Is told when the token or its holder was changed.
    changed: Arc<Notify>,
}

impl Credential {
    /// Of a token that is good now.
    pub async fn check(state: &AppState, token: SecretString) -> Result<Self, NotAuthenticated> {
        // Before the token is looked at: nothing may happen to it unheard.
        let since = state.accounts.changes_so_far();
        let holder = holder(state, token.expose_secret()).await?;
        let changed = state.accounts.watch(&holder.depends_on, since);
        Ok(Self {
            token,
            holder,
            changed,
        })
    }

    /// Whose token it is.
    pub const fn viewer(&self) -> &Viewer {
        &self.holder.viewer
    }

    /// Returns when the token is good no more, and says why. Asks the database when it or its holder
    /// was changed, and never else.
    pub async fn ended(self, state: AppState) -> &'static str {
        let step = state.options.streams.clock_step;
        let mut is_unsure = false;
        loop {
            let Some(left) = self.left(&state) else {
                return "the token has expired";
            };
            let has_changed = tokio::select! {
                () = tokio::time::sleep(left.min(step)) => false,
                () = self.changed.notified() => true,
            };
            if !(has_changed || is_unsure) || self.left(&state).is_none() {
                continue;
            }
            // On its own, so that its memory is taken for as long as it asks only.
            let asked = Box::pin(holder(&state, self.token.expose_secret()));
            is_unsure = match asked.await {
                Ok(now) if now.viewer == self.holder.viewer => false,
                Ok(_) => return "what the token lets you do has changed",
                // The database cannot tell now, and is asked again.
                Err(NotAuthenticated::Unavailable(_)) => true,
                Err(_) => return "the token was revoked",
            };
        }
    }

    /// How long the token is good yet, if it is.
    fn left(&self, state: &AppState) -> Option<Duration> {
        let Some(ends_at) = self.holder.ends_at else {
            return Some(Duration::MAX);
        };
        let left = (ends_at - state.clock.now()).to_std().ok()?;
        (!left.is_zero()).then_some(left)
    }
}
