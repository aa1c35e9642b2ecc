//! Going on with a session by a refresh token, and signing out.
//!
//! A refresh token is used up by its first use. For a while it gives the same successor again, to two
//! tabs that go on at once and to whoever lost the answer; after that its use ends the session, because
//! one of the two is not its owner.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use crate::{
    clock::CLOCK_MARGIN,
    domain::{access::Access, audit::Origin, viewer::Viewer},
    service::{
        accounts::{Accounts, viewer_of},
        secrets::{hash_of, new_secret},
        sign_in::{Result, SignInError, SignedIn, log_refused},
    },
    store::{
        self, Transaction,
        sessions::{self, RefreshTokenRow},
    },
};

/// How refresh tokens begin.
const PREFIX: &str = "dgr_";
/// Most successors of one token within its grace that are followed.
const MOST_FOLLOWED: usize = 100;

/// What becomes of a refresh token.
enum Outcome {
    GoesOn(SignedIn),
    /// Why, and of which session it is, if that is known.
    Refused(Option<i64>, &'static str),
    Reused(i64),
}

impl Accounts {
    /// Goes on with a session. The refresh token is used up; within the grace it gives its successor
    /// again, or the one that is not used yet of those that followed. Whoever uses it later ends the
    /// session.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub async fn refresh(&self, token: &SecretString, origin: &Origin) -> Result<SignedIn> {
        let now = self.0.clock.now();
        let outcome = self.0.db.transaction(async |tx| {
            let Some(found) = sessions::find_refresh_token(tx, &hash_of(token)).await? else {
                return Ok(Outcome::Refused(None, "no such refresh token"));
            };
            let session = found.session_id;
            // Others who go on with it, end it or change its user's password meanwhile are waited for.
            let open = sessions::lock_open(tx, session).await?;
            let Some((_, user)) = open else {
                return Ok(Outcome::Refused(Some(session), "the session is over"));
            };
            let Some(viewer) = viewer_of(&user) else {
                let reason = "the user may not come in";
                return Ok(Outcome::Refused(Some(session), reason));
            };
            let Some(newest) = self.follow(tx, token, now).await? else {
                self.end_session_in(tx, "refreshTokenReused", session, origin)
                    .await?;
                return Ok(Outcome::Reused(session));
            };
            let refresh_token = match newest {
                Newest::Given(_, row) if row.expires_at <= now => {
                    let reason = "the refresh token has expired";
                    return Ok(Outcome::Refused(Some(session), reason));
                }
                Newest::Successor(token) => token,
                Newest::Given(token, row) => {
                    sessions::use_refresh_token(tx, row.id, now).await?;
                    sessions::prolong(tx, session, self.end_of_session(now)).await?;
                    let successor = self.0.successors.of(token, PREFIX);
                    self.add_refresh_token(tx, session, &successor, now).await?;
                    successor
                }
            };
            Ok(Outcome::GoesOn(SignedIn {
                viewer,
                session,
                refresh_token,
            }))
        });
        match outcome.await? {
            Outcome::GoesOn(signed_in) => Ok(signed_in),
            Outcome::Refused(session, reason) => {
                log_refused(session, origin, reason);
                Err(SignInError::Refused)
            }
            Outcome::Reused(session) => {
                let reason = "the refresh token was used twice: its session is over";
                log_refused(Some(session), origin, reason);
                self.look_again(Some(Access::Session(session)));
                Err(SignInError::Refused)
            }
        }
    }

    /// The given token if it is unused, else the unused one of its successors; none when it was used too
    /// long ago, or its successor is not known.
    async fn follow<'t>(
        &self,
        tx: &Transaction,
        given: &'t SecretString,
        now: DateTime<Utc>,
    ) -> store::Result<Option<Newest<'t>>> {
        let Some(row) = sessions::find_refresh_token(tx, &hash_of(given)).await? else {
            return Ok(None);
        };
        let Some(used_at) = row.used_at else {
            return Ok(Some(Newest::Given(given, row)));
        };
        if !self.is_in_grace(used_at, now) {
            return Ok(None);
        }
        let mut token = self.0.successors.of(given, PREFIX);
        for _ in 0..MOST_FOLLOWED {
            match sessions::find_refresh_token(tx, &hash_of(&token)).await? {
                None => break,
                Some(row) if row.used_at.is_none() => return Ok(Some(Newest::Successor(token))),
                Some(_) => token = self.0.successors.of(&token, PREFIX),
            }
        }
        Ok(None)
    }

    fn is_in_grace(&self, used_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let grace = self.0.options.refresh_grace;
        // Or the clock of the instance that noted it goes ahead.
        grace > TimeDelta::zero() && now - used_at < grace && -CLOCK_MARGIN <= now - used_at
    }

    /// Gives a new session its first refresh token.
    pub(in crate::service) async fn new_refresh_token(
        &self,
        tx: &Transaction,
        session: i64,
        now: DateTime<Utc>,
    ) -> store::Result<SecretString> {
        let token = new_secret(PREFIX, &*self.0.entropy);
        self.add_refresh_token(tx, session, &token, now).await?;
        Ok(token)
    }

    async fn add_refresh_token(
        &self,
        tx: &Transaction,
        session: i64,
        token: &SecretString,
        now: DateTime<Utc>,
    ) -> store::Result<()> {
        let end = now + self.0.options.refresh_lifetime;
        sessions::add_refresh_token(tx, session, hash_of(token), end).await
    }

    /// When the last token ends that a session has now.
    pub(in crate::service) fn end_of_session(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let options = &self.0.options;
        // A token is taken for a minute longer.
        now + options.refresh_lifetime.max(options.access_lifetime) + TimeDelta::minutes(2)
    }

    /// Deletes what has ended. Whoever signed in is signed in, if that fails.
    pub(in crate::service) async fn prune_sessions(&self, now: DateTime<Utc>) {
        // One that was used just before its end is known as long as it gives its successor.
        let before = now - self.0.options.refresh_grace;
        let pruned = self
            .0
            .db
            .transaction(async |tx| sessions::prune(tx, before).await);
        if let Err(error) = pruned.await {
            tracing::warn!(%error, "old sessions could not be deleted");
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
        let Some((_, user)) = sessions::lock_open(tx, session).await? else {
            return Ok(());
        };
        sessions::revoke(tx, session, self.0.clock.now()).await?;
        let viewer = Viewer::user(user.id, user.role, None);
        self.record_session(tx, why, &viewer, session, origin).await
    }
}

/// Where the successors of a refresh token end.
enum Newest<'t> {
    /// With itself: it is unused.
    Given(&'t SecretString, RefreshTokenRow),
    /// With this one, which is unused.
    Successor(SecretString),
}
