//! Who comes in with what this service gave out: sessions of users, and access tokens. What was
//! looked up counts for a few seconds, so that most requests ask the database nothing.

use std::{net::IpAddr, pin::pin, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use secrecy::SecretString;
use tokio::sync::Notify;

use crate::{
    clock::Clock,
    domain::{
        access::Access,
        hidden::Hidden,
        viewer::{Role, Viewer},
    },
    random::Entropy,
    service::{
        passwords::{HashError, PasswordCost, Passwords},
        recent::Recent,
        secrets::{Successors, hash_of},
        throttle::{Pace, Throttle},
        watchers::Watchers,
    },
    store::{
        self, Database, StoreError,
        access_tokens::{self, AccessTokenRow},
        sessions,
        users::UserRow,
    },
};

/// How users come in, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct AccountOptions {
    /// How hard passwords are hashed.
    pub cost: PasswordCost,
    /// How long a token (JWT) is good for.
    pub access_lifetime: TimeDelta,
    /// How long a refresh token is.
    pub refresh_lifetime: TimeDelta,
    /// How long an access token lasts at most that somebody made whom another service knows.
    pub foreign_token_lifetime: TimeDelta,
    /// How long a refresh token that was used gives the same successor again.
    pub refresh_grace: TimeDelta,
}

impl Default for AccountOptions {
    fn default() -> Self {
        Self {
            cost: PasswordCost::default(),
            access_lifetime: TimeDelta::hours(24),
            refresh_lifetime: TimeDelta::days(30),
            foreign_token_lifetime: TimeDelta::days(30),
            refresh_grace: TimeDelta::seconds(10),
        }
    }
}

/// Users and tokens, with what is remembered of them.
#[derive(Debug, Clone)]
pub struct Accounts(pub(in crate::service) Arc<Inner>);

#[derive(Debug)]
pub(in crate::service) struct Inner {
    pub db: Database,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub options: AccountOptions,
    pub passwords: Passwords,
    pub successors: Successors,
    pub by_account: Throttle<Account>,
    pub by_address: Throttle<IpAddr>,
    sessions: Recent<i64, Option<Viewer>>,
    tokens: Recent<String, TokenHolder>,
    watchers: Watchers,
}

/// Whose password is tried.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::service) enum Account {
    /// That of a user, by whatever name.
    User(i64),
    /// That of nobody, by a name in its one form.
    Nobody(String),
}

/// Who comes in with an access token.
#[derive(Debug, Clone)]
pub struct TokenHolder {
    /// Who.
    pub viewer: Viewer,
    /// When the token ends, if it does by itself.
    pub expires_at: Option<DateTime<Utc>>,
    id: i64,
    /// The user of ours who made it.
    maker: Option<i64>,
}

/// How often the last use of an access token is noted at most.
const USE_NOTED: TimeDelta = TimeDelta::minutes(1);

impl Accounts {
    /// Nobody has come in yet. `secret` is the service's own.
    ///
    /// # Errors
    /// [`HashError`] for a cost that cannot be.
    pub fn new(
        db: Database,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        secret: &SecretString,
        options: AccountOptions,
    ) -> Result<Self, HashError> {
        Ok(Self(Arc::new(Inner {
            passwords: Passwords::new(options.cost, entropy.clone())?,
            db,
            clock,
            entropy,
            options,
            successors: Successors::new(secret),
            by_account: Throttle::new(Pace::ACCOUNT),
            by_address: Throttle::new(Pace::ADDRESS),
            sessions: Recent::new(),
            tokens: Recent::new(),
            watchers: Watchers::default(),
        })))
    }

    /// How long a token (JWT) of a session is good for.
    #[must_use]
    pub fn access_lifetime(&self) -> TimeDelta {
        self.0.options.access_lifetime
    }

    /// The user whose session this is, as they are now; none when it has ended, or is not that of
    /// `claimed`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn holder_of_session(
        &self,
        id: i64,
        claimed: &Viewer,
    ) -> store::Result<Option<Viewer>> {
        let look_up = async {
            let found = sessions::find_open(self.0.db.read(), id).await?;
            // That it has ended is known as well.
            Ok::<_, StoreError>(Some(found.and_then(|(session, user)| {
                viewer_of(&user).map(|viewer| viewer.in_session(session.id))
            })))
        };
        let now = self.0.clock.now();
        let holder = self.0.sessions.get(&id, now, look_up).await?.flatten();
        Ok(holder.filter(|holder| holder.principal == claimed.principal))
    }

    /// Who comes in with an access token; none when it is not known or has ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn holder_of_token(
        &self,
        secret: &SecretString,
    ) -> store::Result<Option<TokenHolder>> {
        let now = self.0.clock.now();
        let hash = hash_of(secret);
        let key = hash.expose().to_owned();
        let look_up = self.look_up_token(&hash, now);
        let holder = self.0.tokens.get(&key, now, look_up).await?;
        Ok(holder.and_then(|holder| holder.at(now)))
    }

    async fn look_up_token(
        &self,
        hash: &Hidden,
        now: DateTime<Utc>,
    ) -> store::Result<Option<TokenHolder>> {
        let Some((row, user)) = access_tokens::find_by_hash(self.0.db.read(), hash).await? else {
            return Ok(None);
        };
        let Some(role) = role_of(&row, user.as_ref()) else {
            return Ok(None);
        };
        let holder = TokenHolder {
            viewer: Viewer::access_token(row.id, role, &row.created_by),
            expires_at: row.expires_at,
            id: row.id,
            maker: row.user_id,
        };
        let Some(holder) = holder.at(now) else {
            return Ok(None);
        };
        self.note_use(&row, now).await;
        Ok(Some(holder))
    }

    /// Whoever comes next with this access is looked up again: it was changed, and that counts at
    /// once. All are when nobody knows what was changed.
    pub fn look_again(&self, changed: Option<Access>) {
        self.0.tokens.forget(|_, holder| {
            changed.is_none_or(|changed| holder.depends_on().contains(&changed))
        });
        self.0.sessions.forget(|id, holder| match changed {
            None => true,
            Some(Access::Session(changed)) => *id == changed,
            Some(Access::User(changed)) => {
                let user = holder.as_ref().and_then(Viewer::user_id);
                user.is_none_or(|user| user == changed)
            }
            Some(Access::Token(_)) => false,
        });
    }

    /// How often somebody had to be looked up again.
    #[must_use]
    pub fn changes_so_far(&self) -> u64 {
        self.0.sessions.epoch()
    }

    /// Is notified when one of these accesses has changed, or may have since there were so many
    /// changes; as long as it exists.
    #[must_use]
    pub fn watch(&self, accesses: &[Access], since: u64) -> Arc<Notify> {
        let told = self.0.watchers.watch(accesses);
        if self.changes_so_far() != since && !accesses.is_empty() {
            told.notify_one();
        }
        told
    }

    /// Looks those up again whose access is changed, here or by another instance, and tells who goes
    /// on with it; for ever.
    pub async fn follow_changes(&self) {
        let mut changes = pin!(self.0.db.changes().access());
        while let Some(told) = changes.next().await {
            self.look_again(told.what);
            self.0.watchers.tell(told.what);
        }
    }

    /// A token works whether its use can be noted or not.
    async fn note_use(&self, row: &AccessTokenRow, now: DateTime<Utc>) {
        let since = now - USE_NOTED;
        if row.last_used_at.is_some_and(|last| last >= since) {
            return;
        }
        let noted = self
            .0
            .db
            .transaction(async |tx| access_tokens::used(tx, row.id, now, since).await);
        if let Err(error) = noted.await {
            tracing::warn!(%error, "the use of an access token could not be noted");
        }
    }
}

impl TokenHolder {
    /// What ends the token, or changes what it may do, when it is changed.
    #[must_use]
    pub fn depends_on(&self) -> Vec<Access> {
        let maker = self.maker.map(Access::User);
        std::iter::once(Access::Token(self.id))
            .chain(maker)
            .collect()
    }

    fn at(self, now: DateTime<Utc>) -> Option<Self> {
        let goes_on = self.expires_at.is_none_or(|end| now < end);
        goes_on.then_some(self)
    }
}

/// A user who may come in.
pub(in crate::service) fn viewer_of(user: &UserRow) -> Option<Viewer> {
    user.is_active
        .then(|| Viewer::user(user.id, user.role, user.email.clone()))
}

/// What the token may do now: no more than its maker. None when it was revoked, or its maker may
/// not come in any more.
pub(in crate::service) fn role_of(token: &AccessTokenRow, maker: Option<&UserRow>) -> Option<Role> {
    if token.revoked_at.is_some() {
        return None;
    }
    match maker {
        None => Some(token.role),
        Some(maker) if !maker.is_active => None,
        Some(maker) if maker.role.covers(token.role) => Some(token.role),
        Some(maker) => Some(maker.role),
    }
}
