//! Signing in with a password, going on with a refresh token, and signing out.

use std::{borrow::Cow, net::IpAddr};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use super::{
    accounts::{Accounts, viewer_of},
    passwords::HashError,
    secrets::{hash_of, new_secret},
    throttle::TooSoon,
};
use crate::{
    domain::{
        access::Access, audit::Origin, network::network, privacy::hidden, user::name_key,
        viewer::Viewer,
    },
    store::{self, StoreError, Transaction, sessions, users},
};

/// How refresh tokens begin.
const PREFIX: &str = "dgr_";
/// Longest name that anybody is looked up by.
const LONGEST_LOGIN: usize = 200;

/// Somebody who has come in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub viewer: Viewer,
    /// Their session.
    pub session: i64,
    /// What it goes on with, once.
    pub refresh_token: SecretString,
}

/// Why nobody has come in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such user, a wrong password, a user who may not come in, or a refresh token that is not
    /// good any more: which of these, nobody is told.
    #[error("the name or the password is wrong, or the token is not good any more")]
    Refused,
    /// Too many attempts: the next one has to wait.
    #[error("too many attempts")]
    TooOften(TimeDelta),
    /// Passwords cannot be compared.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The result of signing in.
pub type Result<T, E = SignInError> = std::result::Result<T, E>;

impl Accounts {
    /// Opens a session for whoever has this name, or e-mail address, and password.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub async fn sign_in(
        &self,
        login: &str,
        password: &SecretString,
        origin: &Origin,
    ) -> Result<SignedIn> {
        let login: String = login.chars().take(LONGEST_LOGIN).collect();
        let account = name_key(&login);
        let from = origin.address().map(network);
        if let Err(early) = self.attempt(&account, from) {
            // Once for each wait: nobody fills the log by trying.
            if early.is_first {
                log_failed(&account, origin, "too many attempts");
                self.record_throttled(&account, early.wait, origin).await?;
            }
            return Err(SignInError::TooOften(early.wait));
        }
        let user = users::find_by_login(self.0.db.read(), &login).await?;
        let known = user.as_ref().map(|user| &user.password_hash);
        let right = self.0.passwords.matches(password, known).await?;
        let viewer = user.as_ref().and_then(viewer_of);
        let (Some(user), Some(viewer), true) = (&user, viewer, right) else {
            let reason = match &user {
                None => "no such user",
                Some(_) if !right => "wrong password",
                Some(_) => "the user may not come in",
            };
            log_failed(&account, origin, reason);
            self.record_failed(&account, user.as_ref(), origin).await?;
            return Err(SignInError::Refused);
        };
        self.0.by_account.forget(&account);
        if let Some(from) = &from {
            self.0.by_address.forgive(from);
        }
        let (session, refresh_token) = self.open_session(user.id, &viewer, origin).await?;
        tracing::info!(user = user.id, session, "signed in");
        Ok(SignedIn {
            viewer,
            session,
            refresh_token,
        })
    }

    /// Counts an attempt for the account, and for the address if it is known.
    fn attempt(&self, account: &String, from: Option<IpAddr>) -> Result<(), TooSoon> {
        let now = self.0.clock.now();
        if let Some(from) = &from {
            self.0.by_address.attempt(from, now)?;
        }
        self.0.by_account.attempt(account, now)
    }

    async fn open_session(
        &self,
        user_id: i64,
        viewer: &Viewer,
        origin: &Origin,
    ) -> Result<(i64, SecretString)> {
        let now = self.0.clock.now();
        let opened = self.0.db.transaction(async |tx| {
            let session = sessions::open(tx, user_id, now, self.end_of_session(now)).await?;
            let token = self.add_refresh_token(tx, session, now).await?;
            self.record_session(tx, "signIn", viewer, session, origin)
                .await?;
            Ok((session, token))
        });
        let opened = opened.await?;
        self.prune_sessions(now).await;
        Ok(opened)
    }

    /// Deletes what has ended. Whoever signed in is signed in, if that fails.
    async fn prune_sessions(&self, now: DateTime<Utc>) {
        let pruned = self
            .0
            .db
            .transaction(async |tx| sessions::prune(tx, now).await);
        if let Err(error) = pruned.await {
            tracing::warn!(%error, "old sessions could not be deleted");
        }
    }

    async fn add_refresh_token(
        &self,
        tx: &Transaction,
        session: i64,
        now: DateTime<Utc>,
    ) -> store::Result<SecretString> {
        let token = new_secret(PREFIX, &*self.0.entropy);
        let end = now + self.0.options.refresh_lifetime;
        sessions::add_refresh_token(tx, session, hash_of(&token), end).await?;
        Ok(token)
    }

    /// When the last token ends that a session has now.
    fn end_of_session(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let options = &self.0.options;
        // A token is taken for a minute longer.
        now + options.refresh_lifetime.max(options.access_lifetime) + TimeDelta::minutes(2)
    }

    /// Goes on with a session. The refresh token is used up; whoever uses it again ends the session,
    /// because one of the two is not its owner.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub async fn refresh(&self, token: &SecretString, origin: &Origin) -> Result<SignedIn> {
        let hash = hash_of(token);
        let now = self.0.clock.now();
        let outcome = self.0.db.transaction(async |tx| {
            let Some(token) = sessions::find_refresh_token(tx, &hash).await? else {
                return Ok(Outcome::Refused);
            };
            if !sessions::use_refresh_token(tx, token.id, now).await? {
                self.end_session_in(tx, "refreshTokenReused", token.session_id, origin)
                    .await?;
                return Ok(Outcome::Reused(token.session_id));
            }
            let found = sessions::find_open(tx, token.session_id).await?;
            let viewer = found.and_then(|(_, user)| viewer_of(&user));
            let Some(viewer) = viewer.filter(|_| now < token.expires_at) else {
                return Ok(Outcome::Refused);
            };
            sessions::prolong(tx, token.session_id, self.end_of_session(now)).await?;
            Ok(Outcome::GoesOn(SignedIn {
                viewer,
                session: token.session_id,
                refresh_token: self.add_refresh_token(tx, token.session_id, now).await?,
            }))
        });
        match outcome.await? {
            Outcome::GoesOn(signed_in) => Ok(signed_in),
            Outcome::Refused => {
                let address = origin.recorded();
                tracing::info!(address, "a refresh token was refused");
                Err(SignInError::Refused)
            }
            Outcome::Reused(session) => {
                tracing::warn!(
                    session,
                    "a refresh token was used twice: its session is over"
                );
                self.look_again(Some(Access::Session(session)));
                Err(SignInError::Refused)
            }
        }
    }

    /// Ends the session that a refresh token belongs to. Says whether it is one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_refresh_token(
        &self,
        token: &SecretString,
        origin: &Origin,
    ) -> store::Result<bool> {
        let found = sessions::find_refresh_token(self.0.db.read(), &hash_of(token)).await?;
        if let Some(token) = &found {
            self.end_session(token.session_id, origin).await?;
        }
        Ok(found.is_some())
    }

    /// Ends a session, with all tokens that came of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(&self, session: i64, origin: &Origin) -> store::Result<()> {
        let ended = self
            .0
            .db
            .transaction(async |tx| self.end_session_in(tx, "signOut", session, origin).await);
        ended.await?;
        self.look_again(Some(Access::Session(session)));
        tracing::info!(session, "signed out");
        Ok(())
    }

    /// Ends a session that goes on, and records why. One that has ended stays as it is.
    async fn end_session_in(
        &self,
        tx: &Transaction,
        why: &'static str,
        session: i64,
        origin: &Origin,
    ) -> store::Result<()> {
        let Some((_, user)) = sessions::find_open(tx, session).await? else {
            return Ok(());
        };
        sessions::revoke(tx, session, self.0.clock.now()).await?;
        let viewer = Viewer::user(user.id, user.role, None);
        self.record_session(tx, why, &viewer, session, origin).await
    }
}

/// Says in the log who could not sign in, from where, and why. Clients are not answered why.
fn log_failed(account: &str, origin: &Origin, reason: &'static str) {
    let address = origin.recorded();
    let address = address.as_deref().unwrap_or("unknown");
    let name = masked(account);
    tracing::warn!(name, address, reason, "sign-in failed");
}

/// Enough of a name to recognise it by, and not all: people type passwords into the wrong field.
fn masked(name: &str) -> String {
    match hidden(name) {
        Cow::Owned(hidden) => hidden,
        Cow::Borrowed(name) => {
            let first: String = name.chars().take(1).collect();
            format!("{first}***")
        }
    }
}

enum Outcome {
    GoesOn(SignedIn),
    Refused,
    Reused(i64),
}
