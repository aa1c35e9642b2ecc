//! Signing in with a password.

use std::borrow::Cow;

use chrono::TimeDelta;
use secrecy::SecretString;

use crate::{
    domain::{
        audit::Origin, hidden::Hidden, network::network, privacy::hidden, user::name_key,
        viewer::Viewer,
    },
    service::{
        accounts::{Account, Accounts, viewer_of},
        passwords::{HashError, Match},
        throttle::TooSoon,
    },
    store::{
        StoreError, lock_row, sessions,
        users::{self, UserRow, Users},
    },
};

/// Longest name that anybody is looked up by.
const LONGEST_LOGIN: usize = 200;
/// How often a password is compared whose hash is another one each time when the session is opened.
const ATTEMPTS: u32 = 5;

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

/// What became of a session that was to be opened.
enum Opening {
    Done(SignedIn),
    /// The password is not known by the hash that it was compared with any more.
    Rehashed(UserRow),
    /// The user may not come in, or is not there.
    Refused,
}

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
        let name = name_key(&login);
        let from = origin.address().map(network);
        if let Some(from) = &from
            && let Err(early) = self.0.by_address.attempt(from, self.0.clock.now())
        {
            return self.too_soon(&name, early, origin).await;
        }
        let mut user = users::find_by_login(self.0.db.read(), &login).await?;
        // By whatever name somebody is meant, it is their password that is tried.
        let account = match &user {
            Some(user) => Account::User(user.id),
            None => Account::Nobody(name.clone()),
        };
        if let Err(early) = self.0.by_account.attempt(&account, self.0.clock.now()) {
            return self.too_soon(&name, early, origin).await;
        }
        for _ in 0..ATTEMPTS {
            let known = user.as_ref().map(|user| &user.password_hash);
            let compared = self.0.passwords.compare(password, known).await?;
            let reason = match &user {
                None => "no such user",
                Some(_) if compared == Match::No => "wrong password",
                Some(found) => {
                    let renewed = match compared {
                        Match::Outdated => Some(self.0.passwords.hash(password).await?),
                        _ => None,
                    };
                    match self.open_session(found, renewed, origin).await? {
                        Opening::Done(signed_in) => {
                            self.0.by_account.forget(&account);
                            if let Some(from) = &from {
                                self.0.by_address.forgive(from);
                            }
                            return Ok(signed_in);
                        }
                        Opening::Rehashed(now) => {
                            user = Some(now);
                            continue;
                        }
                        Opening::Refused => "the user may not come in",
                    }
                }
            };
            log_failed(&name, origin, reason);
            self.record_failed(&name, user.as_ref(), origin).await?;
            return Err(SignInError::Refused);
        }
        log_failed(&name, origin, "the password changes all the time");
        Err(SignInError::Refused)
    }

    /// Refuses an attempt that comes too soon.
    async fn too_soon(&self, name: &str, early: TooSoon, origin: &Origin) -> Result<SignedIn> {
        // Once for each wait: nobody fills the log by trying.
        if early.is_first {
            log_failed(name, origin, "too many attempts");
            self.record_throttled(name, early.wait, origin).await?;
        }
        Err(SignInError::TooOften(early.wait))
    }

    /// Counts an attempt at the present password of a user who is signed in.
    pub(in crate::service) fn attempt_of_user(
        &self,
        id: i64,
        origin: &Origin,
    ) -> Result<(), TooSoon> {
        let now = self.0.clock.now();
        if let Some(from) = origin.address().map(network) {
            self.0.by_address.attempt(&from, now)?;
        }
        self.0.by_account.attempt(&Account::User(id), now)
    }

    /// The last attempt at the present password of a user was a good one.
    pub(in crate::service) fn forget_attempts(&self, id: i64, origin: &Origin) {
        self.0.by_account.forget(&Account::User(id));
        if let Some(from) = origin.address().map(network) {
            self.0.by_address.forgive(&from);
        }
    }

    /// Opens a session of a user whose password was right when it had the hash of `compared`. Whoever
    /// changes the password, or keeps the user out, at the same time is waited for, or ends this session
    /// too.
    async fn open_session(
        &self,
        compared: &UserRow,
        renewed: Option<Hidden>,
        origin: &Origin,
    ) -> Result<Opening> {
        let now = self.0.clock.now();
        let renewed = &renewed;
        let opened = self.0.db.transaction(async |tx| {
            let Some(user) = lock_row::<Users>(tx, compared.id).await? else {
                return Ok(Opening::Refused);
            };
            if user.password_hash != compared.password_hash {
                return Ok(Opening::Rehashed(user));
            }
            let Some(viewer) = viewer_of(&user) else {
                return Ok(Opening::Refused);
            };
            if let Some(hash) = renewed {
                users::renew_hash(tx, user.id, hash.clone()).await?;
            }
            let session = sessions::open(tx, user.id, now, self.end_of_session(now)).await?;
            let refresh_token = self.new_refresh_token(tx, session, now).await?;
            self.record_session(tx, "signIn", &viewer, session, origin)
                .await?;
            Ok(Opening::Done(SignedIn {
                viewer,
                session,
                refresh_token,
            }))
        });
        let opened = opened.await?;
        if let Opening::Done(signed_in) = &opened {
            tracing::info!(user = compared.id, session = signed_in.session, "signed in");
            self.prune_sessions(now).await;
        }
        Ok(opened)
    }
}

/// Says in the log who could not sign in, from where, and why. Clients are not answered why.
fn log_failed(account: &str, origin: &Origin, reason: &'static str) {
    let address = origin.recorded();
    let address = address.as_deref().unwrap_or("unknown");
    let name = masked(account);
    tracing::warn!(name, address, reason, "sign-in failed");
}

/// The same of whoever could not go on with a session.
pub(super) fn log_refused(session: Option<i64>, origin: &Origin, reason: &'static str) {
    let address = origin.recorded();
    let address = address.as_deref().unwrap_or("unknown");
    tracing::warn!(session, address, reason, "sign-in failed");
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
